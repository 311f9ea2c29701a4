package syncer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Retention says how much of the log is kept. Run drops what is beyond it, the
// oldest rows first, a few at a time.
type Retention struct {
	// Age is how long a row is kept. The default is 30 days; a negative one keeps
	// rows however old.
	Age time.Duration
	// Rows is how many rows are kept at most. The default is 1,000,000; a negative
	// one keeps any number.
	Rows int
}

const (
	trimEvery  = 10 * time.Minute
	trimAtOnce = 500 // rows of one transaction: it delays the work but a little
	// eventsAtOnce is how many rows of the log are read in one query.
	eventsAtOnce = 500
)

// trim drops what the log needn't keep.
func (e *Engine) trim(ctx context.Context) error {
	upTo, err := e.store.EventsBeyond(ctx, max(0, e.config.Retention.Age), max(0, e.config.Retention.Rows))
	if err != nil || upTo == 0 {
		return err
	}
	for {
		n, err := e.store.TrimEvents(ctx, upTo, trimAtOnce)
		if err != nil || n < trimAtOnce {
			return err
		}
	}
}

// Events returns the rows of the log that a query chooses, in the order in which
// they were written. It reads them in pages: what is written meanwhile comes too.
func (e *Engine) Events(ctx context.Context, query EventQuery) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		left := query.Limit
		for {
			page := query
			page.Limit = eventsAtOnce
			if query.Limit > 0 {
				page.Limit = min(left, eventsAtOnce)
			}
			events, err := e.store.Events(ctx, page)
			if err != nil {
				yield(Event{}, fmt.Errorf("syncer: read the log: %w", err))
				return
			}
			for _, event := range events {
				if !yield(event, nil) {
					return
				}
				query.After = event.Number
			}
			left -= len(events)
			if len(events) < page.Limit || query.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// MissingEvents returns those of the ids of deliveries (webhook ids, which the
// service's developer portal shows) that were not captured: no row of the log has
// them, no mark, and they are not remembered. Within 48 hours that is proof: an id
// is remembered so long. After that, an event that came while its key was marked
// already shares the row of a later one, and is reported although it came.
//
// An event of something that no flow keeps in step is never captured. The scope's
// flow is not looked at: an event that did not come has none.
func (e *Engine) MissingEvents(ctx context.Context, ids []string, scope ...Scope) ([]string, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	known, err := e.store.KnownEvents(ctx, within.Tenant, ids)
	if err != nil {
		return nil, fmt.Errorf("syncer: look for events: %w", err)
	}
	var missing []string
	for _, id := range ids {
		if !known[id] && !slices.Contains(missing, id) {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// attempt is what a source or target may say about the attempt that its call
// belongs to, and learn of it.
type attempt struct {
	correlation string

	mu    sync.Mutex
	trace string
}

type attemptKey struct{}

// CorrelationID is the id that all attempts at one change of a key share, and
// their rows of the log (Event.Correlation). A Source or Target finds it in the
// context of its calls, and may hand it on. It is empty elsewhere.
func CorrelationID(ctx context.Context) string {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a.correlation
	}
	return ""
}

// NoteTrace notes what the service calls the request that a call of a Source or
// Target made, for Event.TraceID. An Error with a TraceID notes it by itself.
func NoteTrace(ctx context.Context, id string) {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok && id != "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.trace = id
	}
}

// correlated gives the calls of a job what they may know of it.
func (j *job) correlated(ctx context.Context) context.Context {
	j.attempt = &attempt{correlation: strconv.FormatInt(j.claim.Number, 36)}
	j.event.Correlation = j.attempt.correlation
	return context.WithValue(ctx, attemptKey{}, j.attempt)
}

// traced is the trace id of the request that failed, or of the last one.
func (j *job) traced() string {
	if j.attempt == nil {
		return ""
	}
	j.attempt.mu.Lock()
	defer j.attempt.mu.Unlock()
	return j.attempt.trace
}

// noteError notes the trace id of a call's error.
func noteError(ctx context.Context, err error) {
	if detail, ok := errors.AsType[*Error](err); ok {
		NoteTrace(ctx, detail.TraceID)
	}
}

// sent notes which fields were sent, and their values if the log keeps them.
func (j *job) sent(values, before Fields) {
	j.event.Fields = append(j.event.Fields, values.names()...)
	if !j.config.LogValues {
		return
	}
	if j.event.Values == nil {
		j.event.Values = make(map[string]FieldValues, len(values))
	}
	for name, value := range values {
		j.event.Values[name] = FieldValues{Before: before[name], After: value}
	}
}
