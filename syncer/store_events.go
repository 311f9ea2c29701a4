package syncer

import (
	"context"
	"encoding/json"
	"time"
)

// Event is a row of the log: one attempt at one key.
type Event struct {
	Key
	// Number is the row's place in the log. The store sets it, and Time.
	Number int64
	Time   time.Time
	// Trigger and EventID are the mark's. A mark that several events asked for has
	// the last one's.
	Trigger string
	EventID string
	// Action is what was done.
	Action Action
	// Attempt counts from 1.
	Attempt  int
	Duration time.Duration
	// Kind and Error say why it failed; empty if it did not.
	Kind  string
	Error string
	// Fields are the names of the fields that were sent.
	Fields []string
	// Values are what the fields held before and were sent, by the field's name. Nil
	// unless Config.LogValues asks for them: they are personal.
	Values map[string]FieldValues
	// Warnings are what the mapping warned of.
	Warnings []string
	// Correlation is the same for all attempts at the same change of a key; see
	// CorrelationID.
	Correlation string
	// TraceID is what a service calls the request that failed, or the last one that
	// it named; empty if none did. Its support asks for it.
	TraceID string
}

// FieldValues are a field's values, as JSON; nil if unknown, null if there was
// none.
type FieldValues struct {
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// EventQuery chooses rows of the log. Empty fields choose everything.
type EventQuery struct {
	Tenant, Flow, ID string
	Action           Action
	// Kind is that of the error: "row". See Kind.String.
	Kind string
	// EventID is the id of the delivery that brought the change.
	EventID string
	// Since and Until bound Event.Time: Since is in it, Until is not.
	Since, Until time.Time
	// After is the number of the last row that was read.
	After int64
	// Limit is how many rows are wanted. 0 means 100 for a Store, and all for
	// Engine.Events.
	Limit int
}

// EventStore keeps the log. Rows are written by Commit.
type EventStore interface {
	// Events returns rows in the order in which they were written.
	Events(ctx context.Context, query EventQuery) ([]Event, error)
	// KnownEvents returns those of the given ids of deliveries that were captured: a
	// row of the log has the id, a mark has it, or it is remembered (48 hours) because
	// it came. An empty tenant means all.
	KnownEvents(ctx context.Context, tenant string, ids []string) (map[string]bool, error)
	// EventsBeyond returns the number of the newest row that a log needn't keep: it
	// is older than the age, or more than so many rows are newer. 0 if there is none.
	// A zero age or number of rows is no bound.
	EventsBeyond(ctx context.Context, age time.Duration, rows int) (int64, error)
	// TrimEvents drops up to n rows, the oldest first, with numbers up to the given
	// one. It returns how many; fewer than n only if none is left.
	TrimEvents(ctx context.Context, upTo int64, n int) (int, error)
}

// Pause says that a person stopped the work of a tenant, or of one of its flows.
type Pause struct {
	Tenant string
	// Flow is empty if the whole tenant pauses.
	Flow   string
	Reason string
	// Time is since when. The store sets it.
	Time time.Time
}

// PauseStore keeps the pauses that persons asked for: they hold over restarts,
// and in all processes.
type PauseStore interface {
	// Pause stores a pause, or a new reason for it. Marks of a flow that pauses are
	// not claimed any more; those of a tenant that does are, unless ClaimRequest.Skip
	// names it.
	Pause(ctx context.Context, pause Pause) error
	// Resume ends a pause. It reports whether there was one.
	Resume(ctx context.Context, tenant, flow string) (bool, error)
	// Pauses returns all of them, by tenant and flow.
	Pauses(ctx context.Context) ([]Pause, error)
}
