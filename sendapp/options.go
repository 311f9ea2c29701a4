package sendapp

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// ClientOption is an option of NewClient. The order of options does not matter.
type ClientOption interface{ apply(*settings) error }

type clientOption func(*settings) error

func (o clientOption) apply(s *settings) error { return o(s) }

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

// WithUserAgent names the application to the server.
func WithUserAgent(name string) ClientOption {
	return clientOption(func(s *settings) error {
		s.config.UserAgent = name
		return nil
	})
}
