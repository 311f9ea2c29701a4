package webhook

import (
	"log/slog"
	"time"
)

// Option is an option of a receiver.
type Option func(*settings)

type settings struct {
	replays   ReplayStore
	tolerance time.Duration
	timeout   time.Duration
	logger    *slog.Logger
}

func newSettings(opts []Option) settings {
	s := settings{
		replays: NewMemoryReplayStore(remembered), tolerance: 7 * 24 * time.Hour, timeout: 10 * time.Second,
		logger: slog.New(slog.DiscardHandler),
	}
	for _, option := range opts {
		if option != nil {
			option(&s)
		}
	}
	return s
}

// WithReplayStore remembers elsewhere what was kept; nil remembers nothing.
func WithReplayStore(store ReplayStore) Option { return func(s *settings) { s.replays = store } }

// WithTolerance refuses deliveries that are older. Seven days is the default, and
// what a duration that is not positive means.
func WithTolerance(d time.Duration) Option {
	return func(s *settings) {
		if d > 0 {
			s.tolerance = d
		}
	}
}

// WithCallbackTimeout ends the callback's context. Ten seconds is the default, and
// what a duration that is not positive means.
func WithCallbackTimeout(d time.Duration) Option {
	return func(s *settings) {
		if d > 0 {
			s.timeout = d
		}
	}
}

// WithLogger logs what was refused or not kept; nil logs nothing.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) {
		if logger != nil {
			s.logger = logger
		}
	}
}
