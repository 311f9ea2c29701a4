package contacts

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/contactlink/contactlink/internal/rest"
)

// Limiter spaces requests. See NewClient for the one that is used by default.
type Limiter = rest.Limiter

// WithLimiter sets another limiter than the default, which is one for each location;
// nil means none. Clients that With derives share it: give it again with another
// location.
func WithLimiter(limiter Limiter) ClientOption {
	return clientOption(func(s *settings) error {
		s.limiters, s.config.Limiter = nil, limiter
		return nil
	})
}

// limiters are the default limiters of a client and of all that With derives of it,
// by location: the API counts each location by itself.
type limiters struct {
	mu         sync.Mutex
	byLocation map[string]*SlidingWindow
}

func newLimiters() *limiters { return &limiters{byLocation: map[string]*SlidingWindow{}} }

// of is the limiter of a location.
func (l *limiters) of(location string) (*SlidingWindow, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limiter := l.byLocation[location]; limiter != nil {
		return limiter, nil
	}
	limiter, err := NewLimiter(RateLimits{})
	if err == nil {
		l.byLocation[location] = limiter
	}
	return limiter, err
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

// RateLimits are what a limiter of NewLimiter keeps to. Its zero value is the API's
// limit: 100 requests per 10 seconds, 200,000 a day, for each app and location.
// A negative Daily is no limit of the day.
type RateLimits = rest.Limits

// SlidingWindow is the Limiter that NewLimiter makes. Its State is for metrics.
type SlidingWindow = rest.SlidingWindow

// LimiterState is what a SlidingWindow has left at a moment, for metrics.
type LimiterState = rest.LimiterState

// Budget is a rate limit that several processes share, in a store of theirs:
// NewBudget of package syncer makes one.
type Budget = rest.Budget

// NewLimiter makes a Limiter for WithLimiter: a sliding window that never has
// more requests counted in a window than are allowed, wherever the server's
// window begins. Real-time requests take the next slot, sweeps are spaced evenly.
//
// All clients of one app and location share one limiter, and clients of different
// ones do not: the API counts so. What the API tells in its rate headers lowers the
// limit where programs without this limiter use the same app and location.
func NewLimiter(limits RateLimits) (*SlidingWindow, error) {
	limits.Daily = cmp.Or(limits.Daily, 200_000)
	limiter, err := rest.NewSlidingWindow(limits)
	if err != nil {
		return nil, fmt.Errorf("contacts: make a limiter: %w", err)
	}
	return limiter, nil
}
