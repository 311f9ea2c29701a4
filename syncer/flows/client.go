package flows

import (
	"context"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// tracer tells the engine's log what the services call the requests.
type tracer struct{}

// StartAttempt implements the clients' Observer.
func (tracer) StartAttempt(ctx context.Context, _ contacts.Attempt) context.Context { return ctx }

// EndAttempt implements the clients' Observer.
func (tracer) EndAttempt(ctx context.Context, attempt contacts.Attempt) {
	syncer.NoteTrace(ctx, attempt.TraceID)
}

// traced derives clients that do so. One that can't be derived is used as it is.
func traced(source *contacts.Client, target *sendapp.Client) (*contacts.Client, *sendapp.Client) {
	if source != nil {
		if derived, err := source.With(contacts.WithObserver(tracer{})); err == nil {
			source = derived
		}
	}
	if target != nil {
		if derived, err := target.With(sendapp.WithObserver(tracer{})); err == nil {
			target = derived
		}
	}
	return source, target
}

// limits says how the clients' limiters stand.
func limits(source *contacts.Client, target *sendapp.Client) []syncer.LimitState {
	var all []syncer.LimitState
	add := func(side string, state contacts.LimiterState, told bool) {
		if !told {
			return
		}
		all = append(all, syncer.LimitState{Label: side, Limit: state.Limit, Left: state.Free})
		if state.Daily >= 0 {
			all = append(all, syncer.LimitState{Label: side + ", daily", Limit: state.Daily, Left: state.LeftToday})
		}
	}
	state, told := source.LimiterState()
	add("source", state, told)
	state, told = target.LimiterState()
	add("target", state, told)
	return all
}
