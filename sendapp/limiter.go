package sendapp

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// Limiter spaces requests.
type Limiter = rest.Limiter

// WithLimiter sets a limiter; nil means none.
func WithLimiter(limiter Limiter) ClientOption {
	return clientOption(func(s *settings) error {
		s.config.Limiter = limiter
		return nil
	})
}

// Priority says which requests take the next slot of a Limiter.
type Priority = rest.Priority

const (
	// RealTime takes the next slot. It is what a request has by default.
	RealTime = rest.RealTime
	// Sweep is for work that can wait: its requests are spaced evenly, leave the
	// next slot to RealTime, and leave a share of the day's budget.
	Sweep = rest.Sweep
)

// ContextWithPriority gives all requests under a context a priority. Both
// clients of this module understand what either of them sets.
func ContextWithPriority(ctx context.Context, p Priority) context.Context {
	return rest.ContextWithPriority(ctx, p)
}

// PriorityOf is the priority of requests under a context. A Limiter of your own
// reads it.
func PriorityOf(ctx context.Context) Priority { return rest.PriorityOf(ctx) }

// NewWindow returns a Limiter for WithLimiter that never has more than n
// requests counted in any window of the given length, wherever the server's
// window begins.
func NewWindow(n int, length time.Duration) Limiter { return rest.NewWindow(n, length) }
