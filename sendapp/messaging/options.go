package messaging

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// Option is an option of NewAgent and NewOfficial. The order does not matter.
type Option func(*settings) error

// Limiter spaces requests.
type Limiter = rest.Limiter

type settings struct {
	config       rest.Config
	key          rest.Source
	keyBy        string        // the option that gave it
	accountToken func() string // a function, so that no verb shows what it returns
}

// setKey refuses a second key, for which the order of the options would decide.
func (s *settings) setKey(option string, key rest.Source) error {
	if s.keyBy != "" {
		return fmt.Errorf("%s: %s was given already", option, s.keyBy)
	}
	s.keyBy, s.key = option, key
	return nil
}

// WithAPIKey gives the key of the account. Both interfaces have one.
func WithAPIKey(key string) Option {
	return func(s *settings) error {
		if err := rest.CheckSecret(key); err != nil {
			return fmt.Errorf("WithAPIKey: the key: %w", err)
		}
		return s.setKey("WithAPIKey", rest.Static(key))
	}
}

// WithAPIKeySource reads the key from a function: from a file, a vault. It is read
// once for each message, and for each attempt of what sends none, so that a key
// that rotates needs no new sender. A message that was refused with 401 is not
// sent again by itself: the next one gets the new key. The function must be quick
// and safe for concurrent use; the text of its error is not shown.
func WithAPIKeySource(read func(ctx context.Context) (string, error)) Option {
	return func(s *settings) error {
		if read == nil {
			return errors.New("WithAPIKeySource: the function is nil")
		}
		return s.setKey("WithAPIKeySource", read)
	}
}

// WithAccountToken gives Agent the token of the account, a number or a bot, that
// sends. [Agent.Tokens] lists them. Official has none.
func WithAccountToken(token string) Option {
	return func(s *settings) error {
		if err := rest.CheckSecret(token); err != nil {
			return fmt.Errorf("WithAccountToken: the token: %w", err)
		}
		s.accountToken = func() string { return token }
		return nil
	}
}

// WithBaseURL sets another place: that of an account with a domain of its own,
// "https://your-domain/api" (the guide), or of a test server. It must be HTTPS,
// except on loopback; a path prefix is kept.
func WithBaseURL(url string) Option {
	return func(s *settings) error {
		s.config.BaseURL = url
		return nil
	}
}

// WithHTTPClient sets the HTTP client, which is copied: its transport is used, its
// time-out is not (see WithTimeout). A transport that repeats requests by itself
// would send messages twice; http.Transport does not, here.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) error {
		if client == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		s.config.HTTP = client
		return nil
	}
}

// WithUserAgent names the application to the service.
func WithUserAgent(name string) Option {
	return func(s *settings) error {
		s.config.UserAgent = name
		return nil
	}
}

// WithTimeout bounds each request. The default is 30 seconds.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return errors.New("WithTimeout: the time-out must be positive")
		}
		s.config.Timeout = d
		return nil
	}
}

// WithLimiter sets a limiter; nil means none. The default is one request a second:
// no limit of SendApp's is published, so it is modest.
func WithLimiter(limiter Limiter) Option {
	return func(s *settings) error {
		s.config.Limiter = limiter
		return nil
	}
}

// RateLimits are what a limiter of NewLimiter keeps to. Its zero value is 100
// requests per 10 seconds, without a limit of the day.
type RateLimits = rest.Limits

// NewLimiter makes a Limiter for WithLimiter: a sliding window that never has
// more requests counted in a window than are allowed.
func NewLimiter(limits RateLimits) (Limiter, error) {
	limiter, err := rest.NewSlidingWindow(limits)
	if err != nil {
		return nil, fmt.Errorf("messaging: make a limiter: %w", err)
	}
	return limiter, nil
}
