package sendapp

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/contactlink/contactlink/internal/rest"
)

// ClientOption is an option of NewClient. The order of options does not matter.
type ClientOption interface{ apply(*settings) error }

type clientOption func(*settings) error

func (o clientOption) apply(s *settings) error { return o(s) }

// Limiter spaces requests.
type Limiter = rest.Limiter

// RetryPolicy bounds how requests are repeated.
type RetryPolicy = rest.RetryPolicy

// settings collects options.
type settings struct {
	config        rest.Config
	credentialsBy string // the option that gave the credentials
}

// setCredentials refuses two kinds of credentials, for which the order of the
// options would decide.
func (s *settings) setCredentials(option string, credentials rest.Credentials) error {
	if s.credentialsBy != "" {
		return fmt.Errorf("%s: %s was given already", option, s.credentialsBy)
	}
	s.credentialsBy, s.config.Credentials = option, credentials
	return nil
}

// WithBaseURL sets where the server is. It must be HTTPS, except on loopback; a
// path prefix is kept.
func WithBaseURL(url string) ClientOption {
	return clientOption(func(s *settings) error {
		s.config.BaseURL = url
		return nil
	})
}

// WithAPIKey sends a key as X-API-Key.
func WithAPIKey(key string) ClientOption {
	return clientOption(func(s *settings) error {
		if key == "" {
			return errors.New("WithAPIKey: the key is empty")
		}
		return s.setCredentials("WithAPIKey", rest.Header("X-API-Key", key))
	})
}

// WithToken sends an OAuth access token as Authorization: Bearer.
func WithToken(token string) ClientOption {
	return clientOption(func(s *settings) error {
		if token == "" {
			return errors.New("WithToken: the token is empty")
		}
		return s.setCredentials("WithToken", rest.Bearer(token))
	})
}

// WithTokenSource uses the source's token, asked for each attempt of each
// request: a token that rotates needs no new client.
func WithTokenSource(source oauth2.TokenSource) ClientOption {
	return clientOption(func(s *settings) error {
		if source == nil {
			return errors.New("WithTokenSource: the source is nil")
		}
		return s.setCredentials("WithTokenSource", rest.TokenSource(source))
	})
}

// WithHTTPClient sets the HTTP client, which is copied: its transport is used,
// its time-out is not (see WithTimeout).
func WithHTTPClient(client *http.Client) ClientOption {
	return clientOption(func(s *settings) error {
		if client == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		s.config.HTTP = client
		return nil
	})
}

// WithTimeout bounds each attempt of a request. The default is 30 seconds.
func WithTimeout(d time.Duration) ClientOption {
	return clientOption(func(s *settings) error {
		if d <= 0 {
			return errors.New("WithTimeout: the time-out must be positive")
		}
		s.config.Timeout = d
		return nil
	})
}

// WithRetry sets how requests are repeated.
func WithRetry(policy RetryPolicy) ClientOption {
	return clientOption(func(s *settings) error {
		if policy.Retries < 0 || policy.Min < 0 || policy.Max < policy.Min || policy.MaxRetryAfter < 0 {
			return errors.New("WithRetry: the policy has a negative value, or Max is less than Min")
		}
		s.config.Retry = policy
		return nil
	})
}

// WithLimiter sets a limiter; nil means none.
func WithLimiter(limiter Limiter) ClientOption {
	return clientOption(func(s *settings) error {
		s.config.Limiter = limiter
		return nil
	})
}

// WithUserAgent names the application to the server.
func WithUserAgent(name string) ClientOption {
	return clientOption(func(s *settings) error {
		s.config.UserAgent = name
		return nil
	})
}
