package messaging

import (
	"errors"
	"fmt"
	"log/slog"
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
	key          func() string // functions, so that no verb shows what they return
	accountToken func() string
}

// WithAPIKey gives the key of the account. Both interfaces have one.
func WithAPIKey(key string) Option {
	return func(s *settings) error {
		if err := rest.CheckSecret(key); err != nil {
			return fmt.Errorf("WithAPIKey: the key: %w", err)
		}
		s.key = func() string { return key }
		return nil
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

// WithLogger logs each request: operation, status, how long it took, and nothing
// of what it held. By default nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		s.config.Logger = logger
		return nil
	}
}
