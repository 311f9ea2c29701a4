package contacts

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/contactlink/contactlink/internal/rest"
)

// Observer is told of each attempt of each request: for spans, metrics, logs.
type Observer = rest.Observer

// Attempt is one sending of a request, as an Observer sees it.
type Attempt = rest.Attempt

// WithObserver adds an observer to those that the client has. It may be given
// several times: the first one's spans are around those of the next.
func WithObserver(observer Observer) ClientOption {
	return clientOption(func(s *settings) error {
		if observer == nil {
			return errors.New("WithObserver: the observer is nil")
		}
		// A copy: clients that With makes of one another share the array.
		s.config.Observers = append(slices.Clip(s.config.Observers), observer)
		return nil
	})
}

// WithLogger logs each attempt at the level Debug, and each repetition at Info:
// the operation's name, number of the attempt, priority, waits, duration,
// status, trace id, and what an error means. Nothing else is ever logged: no
// URL, header, body or words of the service. The default is no log.
func WithLogger(logger *slog.Logger) ClientOption {
	return clientOption(func(s *settings) error {
		if logger == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		s.config.Logger = logger
		return nil
	})
}
