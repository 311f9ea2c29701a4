package contacts

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// DefaultBaseURL is where the API is.
const DefaultBaseURL = "https://services.leadconnectorhq.com"

// ClientOption is an option of NewClient. The order of options does not matter.
type ClientOption interface{ apply(*settings) error }

// CallOption is an option of a single call.
type CallOption interface{ call(*rest.Call) }

type clientOption func(*settings) error

func (o clientOption) apply(s *settings) error { return o(s) }

type callOption func(*rest.Call)

func (o callOption) call(c *rest.Call) { o(c) }

// Response is what came back beside the value.
type Response = rest.Response

// RetryPolicy bounds how requests are repeated.
type RetryPolicy = rest.RetryPolicy

// settings collects options.
type settings struct {
	config        rest.Config
	location      string
	limiters      *limiters // nil: WithLimiter gave one
	v3            bool
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

// WithLocation sets the location (sub-account) that the client works on.
func WithLocation(id string) ClientOption {
	return clientOption(func(s *settings) error {
		if err := rest.CheckID(id); err != nil {
			return fmt.Errorf("WithLocation: the id %w", err)
		}
		s.location = id
		return nil
	})
}

// WithBaseURL sets another place than DefaultBaseURL. It must be HTTPS, except
// on loopback; a path prefix is kept.
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

// WithUserAgent names the application to the service, in letters of ASCII:
// "my-bridge/1.2". The default is "contactlink".
func WithUserAgent(name string) ClientOption {
	return clientOption(func(s *settings) error {
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			return errors.New("WithUserAgent: the name has a character that no header can carry")
		}
		s.config.UserAgent = name
		return nil
	})
}

// WithResponse stores what came back beside the value.
func WithResponse(into *Response) CallOption {
	return callOption(func(c *rest.Call) { c.Response = into })
}
