package messaging

import (
	"errors"
	"log/slog"

	"github.com/contactlink/contactlink/internal/rest"
)

// Observer is told of each attempt of each request: for spans, metrics, logs. A
// message has one attempt.
type Observer = rest.Observer

// Attempt is one sending of a request, as an Observer sees it: nothing of the
// message, and no words of the service.
type Attempt = rest.Attempt

// WithObserver adds an observer to those that the sender has. It may be given
// several times: the first one's spans are around those of the next.
func WithObserver(observer Observer) Option {
	return func(s *settings) error {
		if observer == nil {
			return errors.New("WithObserver: the observer is nil")
		}
		s.config.Observers = append(s.config.Observers, observer)
		return nil
	}
}

// WithLogger logs each attempt at the level Debug, and each repetition, which only
// what sends no message has, at Info: the operation's name, number of the attempt,
// priority, waits, duration, status, and what an error means. Nothing else is ever
// logged: no recipient, text, URL, header, body or words of the service. The
// default is no log.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		s.config.Logger = logger
		return nil
	}
}
