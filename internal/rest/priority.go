package rest

import "context"

// Priority says which requests take the next slot of a Limiter.
type Priority int

const (
	// RealTime takes the next slot. It is what a request has by default.
	RealTime Priority = iota
	// Sweep is for work that can wait: its requests are spaced evenly, leave the
	// next slot to RealTime, and leave a share of the day's budget.
	Sweep
)

// String is "real-time" or "sweep".
func (p Priority) String() string {
	if p == Sweep {
		return "sweep"
	}
	return "real-time"
}

type priorityKey struct{}

// ContextWithPriority gives all requests under a context a priority. It is a
// context's value and no option, because it belongs to the work, however many
// calls deep: an iterator, a lookup in a mapper.
func ContextWithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf is the priority of requests under a context. A Limiter reads it.
func PriorityOf(ctx context.Context) Priority {
	p, _ := ctx.Value(priorityKey{}).(Priority)
	return p
}
