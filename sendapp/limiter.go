package sendapp

import (
	"context"
	"fmt"

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

// RateLimits are what a limiter of NewLimiter keeps to. Its zero value is 100 requests per
// 10 seconds, without a limit of the day.
type RateLimits = rest.Limits

// SlidingWindow is the Limiter that NewLimiter makes. Its State is for metrics.
type SlidingWindow = rest.SlidingWindow

// LimiterState is what a SlidingWindow has left at a moment, for metrics.
type LimiterState = rest.LimiterState

// Budget is a rate limit that several processes share, in a store of theirs.
type Budget = rest.Budget

// NewLimiter makes a Limiter for WithLimiter: a sliding window that never has
// more requests counted in a window than are allowed, wherever the server's
// window begins. Real-time requests take the next slot, sweeps are spaced evenly.
//
// The contract leaves the limit to the server: set what yours says.
func NewLimiter(limits RateLimits) (*SlidingWindow, error) {
	limiter, err := rest.NewSlidingWindow(limits)
	if err != nil {
		return nil, fmt.Errorf("sendapp: make a limiter: %w", err)
	}
	return limiter, nil
}
