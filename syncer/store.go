package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Errors of a Store.
var (
	// ErrFenced: the lease is not held any more; somebody else may have the key.
	// Nothing was written for it, and it is marked anew.
	ErrFenced = errors.New("syncer: the lease was lost")
	// ErrTargetTaken: another key of the flow is linked with this record of the
	// target. Nothing was written.
	ErrTargetTaken = errors.New("syncer: the target record is linked with another key")
	// ErrStoreVersion: the store was written by a newer version of this library.
	ErrStoreVersion = errors.New("syncer: the store was written by a newer version")
	// ErrStoreClosed: the store was closed.
	ErrStoreClosed = errors.New("syncer: the store is closed")
)

// Store keeps the engine's state. NewMemoryStore and the packages syncer/sqlite
// and syncer/sqlstore have implementations; syncer/storetest checks any.
//
// A Store is safe for concurrent use by many goroutines and, if it says so, by
// many processes. Every method is one transaction: it happens whole or not at
// all, and when it has returned without an error it survives a crash of the
// process (except in the memory store). A method that fails with anything else
// than the errors above may have happened or not; every method can be called
// again.
//
// Time is the store's: durations are passed in, never times of the caller's
// clock. Numbers (of marks, fences and touches) come from one sequence for the
// whole store, which only grows, and which starts past the clock's microseconds
// since 1970 each time the store is opened, so that a restored backup repeats
// none.
type Store interface {
	MarkStore
	LinkStore
	SweepStore
	EventStore
	// Close frees what the store holds. Later calls fail with ErrStoreClosed.
	Close() error
}

// Mark is a note that a key may have changed.
type Mark struct {
	Key
	// Parent is the source id of the parent, as far as known. A mark without one
	// leaves the parent of a waiting mark as it is.
	Parent string
	Lane   Lane
	// Gone says that there is evidence of a deletion: an event, or absence from a
	// complete sweep. The last notification wins.
	Gone bool
	// Released says that a person released a held removal: the guard lets it pass.
	// It stays until the mark is done.
	Released bool
	// EventID is remembered in the same transaction as the mark. A mark whose
	// EventID is remembered already is dropped. Ids are kept for at least 48 hours.
	EventID string
	// Trigger says in a word what caused the mark: "webhook", "sweep", "sync".
	Trigger  string
	Evidence []byte
	// Row is the whole record as a scan saw it, as JSON, or nil. It stands in for
	// the read by id when the mark is claimed, if nothing else happened to the key
	// since; see Observe.
	Row json.RawMessage
	// RowGone says that a read by id of the scan did not find the record. It stands
	// in for the read like Row, which is nil then.
	RowGone bool
}

// Claim is a mark that was leased to the caller.
type Claim struct {
	Mark
	// Number is the mark's, Fence the lease's.
	Number, Fence int64
	// Attempt is how often the mark failed before, 0 at first.
	Attempt int
	// Doubt says that an earlier holder may have created a record at the target
	// that no link knows: its lease ran out unreleased, or it said so.
	Doubt bool
	// Link is what is known of the key, nil if nothing.
	Link *Link
	// ParentLink is what is known of the record under Mark.Parent in the flow that
	// ClaimRequest.Parents names, nil if nothing. Its Base is empty.
	ParentLink *Link
}

// ClaimRequest asks for work.
type ClaimRequest struct {
	// N is how many claims are wanted at most.
	N int
	// Lease is how long a claim is held before others may take it.
	Lease time.Duration
	// Parents names for each flow that has a parent the flow of the parent.
	Parents map[string]string
	// Skip are tenants that are paused.
	Skip []string
}

// Lease names a claim that its holder wants to keep.
type Lease struct {
	Key
	Fence int64
}

// Next says what becomes of a claimed mark.
type Next uint8

const (
	// Done: the mark goes, unless the key was marked again while it was claimed;
	// then it is due now.
	Done Next = iota
	// Again: the mark is due after Result.After, in the lane Retry.
	// Result.Attempt says how often it failed.
	Again
	// Parked: the mark waits until its parent's result releases it. It does not
	// wait if the parent's link is Linked, Filtered, Detached or GoneAtTarget when
	// the result is committed: then it is due now.
	Parked
	// Dead: the mark stays as a dead letter until the key is marked again.
	Dead
)

// Result is what a worker made of a claim.
type Result struct {
	Key
	Number, Fence int64
	// Link is the new state of the key. Nil leaves it as it is.
	Link *Link
	// Forget removes everything known of the key, after a deletion.
	Forget bool
	Next   Next
	// After is the delay of Again.
	After time.Duration
	// Attempt is stored with Again and Dead.
	Attempt int
	// Doubt is stored with Again and Dead: the next claim has it.
	Doubt bool
	// Park is the key of the parent that a Parked mark waits for.
	Park Key
	// Children are the flows whose records belong to this one. If set, the marks
	// parked under this key are released, and the children's links that are
	// Filtered, or Unlinked, are marked (lane Sweep, trigger "parent").
	Children []string
	// Cascade says that the target deleted the children's records together with
	// this one: before they are marked, their links become Unlinked.
	Cascade bool
	// Event is the row for the log.
	Event Event
}

// LeaveRequest asks to remove a record of the target.
type LeaveRequest struct {
	Key
	Fence int64
	// Guard is the rule. The zero Guard lets everything pass and counts nothing.
	Guard Guard
}

// Guard is the brake on removals per tenant and flow: within Window at most the
// larger of Min and Share of the links that there were when it began.
type Guard struct {
	Min    int
	Share  float64
	Window time.Duration
}

// MarkStore keeps the marks: which keys may have changed, and who works on
// them.
type MarkStore interface {
	// Notify marks keys. A key has one mark at most: marking a key again gives its
	// mark a new number, the most urgent of both lanes, the newer evidence and
	// trigger, drops its row, and makes it due now and alive again (attempt 0 if it
	// was dead), but neither takes it from who holds it nor releases it if it is
	// parked. EventIDs are remembered in the same transaction.
	//
	// P3: when Notify has returned nil, the marks survive a crash.
	Notify(ctx context.Context, marks []Mark) error

	// Claim leases up to N marks that are due, not held, not parked, not dead, not
	// of a skipped tenant, and whose parent's link is not Leaving; the most urgent
	// lane first, then the oldest number. A mark whose lease ran out is due, and
	// its claim has Doubt. The row is in the claim only if the mark's number is
	// still the scan's. idle is how long it takes until a mark may become due, when
	// none was claimed; negative if there is none at all.
	Claim(ctx context.Context, request ClaimRequest) (claims []Claim, idle time.Duration, err error)

	// Extend prolongs leases by d from now, under the same fence. The error at i is
	// ErrFenced if leases[i] is not held any more.
	Extend(ctx context.Context, leases []Lease, d time.Duration) []error

	// Commit writes results, each under its own fence: one that is refused with
	// ErrFenced or ErrTargetTaken undoes no neighbour. With ErrFenced the key is
	// marked anew (lane Retry). A result that is refused with ErrTargetTaken leaves
	// its lease held: the caller commits another result. A committed result
	// releases its lease and sets the link's Touched.
	Commit(ctx context.Context, results []Result) []error

	// Leave counts a removal and sets the link Leaving, or, if the guard forbids
	// it, counts nothing and says so. The last link of a tenant and flow that had
	// more than three when the window began is always forbidden. A key that is
	// Leaving already was counted: it passes. It fails with ErrFenced like Commit.
	Leave(ctx context.Context, request LeaveRequest) (allowed bool, err error)

	// Counts says how many marks there are, by flow. An empty tenant or flow means
	// all of them.
	Counts(ctx context.Context, tenant, flow string) (map[string]MarkCounts, error)
}

// MarkCounts are the marks of a flow. Each mark is counted once.
type MarkCounts struct {
	Waiting int // due now or later
	Claimed int // leased
	Parked  int // waiting for their parent
	Dead    int // dead letters
}

// LinkStore answers what is known of keys.
type LinkStore interface {
	// Links returns what is known of the given ids of a flow, by id.
	Links(ctx context.Context, tenant, flow string, ids []string) (map[string]Link, error)
	// LinkOf returns the link that holds a record of the target, or nil.
	LinkOf(ctx context.Context, tenant, flow, targetID string) (*Link, error)
	// Walk returns up to n links of a flow in the order of their ids, those after
	// the given id; "" begins. An empty state means all. It returns fewer than n
	// only at the end.
	Walk(ctx context.Context, tenant, flow string, state State, after string, n int) ([]Link, error)
}

// Observation is what a scan saw on one page.
type Observation struct {
	Tenant, Flow string
	// Since is a number that was drawn before the page was requested. A row is
	// kept only if the key has no mark waiting and no claim or commit of it came
	// after that number: otherwise what the page says may be older than what was
	// done.
	Since int64
	// Marks are the records that may have changed. Those that did not change are
	// not among them, and cost nothing.
	Marks []Mark
	// Seen are the ids of all records on the page. They are kept until the sweep
	// ends, for Unseen.
	Seen []string
	// Sweep is the sweep's new state.
	Sweep SweepState
}

// SweepState is how far a sweep of a flow has come.
type SweepState struct {
	// Generation is the number that was drawn when the sweep began.
	Generation int64
	// Cursor is where it goes on, in the form of the sweep's own choice.
	Cursor string
	// Complete says that all pages were seen.
	Complete bool
	// Watermark is the newest change that the source spoke of, for the next
	// incremental sweep.
	Watermark string
}

// SweepStore keeps the state of sweeps.
type SweepStore interface {
	// Draw returns the next number of the sequence.
	Draw(ctx context.Context) (int64, error)
	// SweepState returns the state of the flow's last sweep; the zero value if
	// there was none.
	SweepState(ctx context.Context, tenant, flow string) (SweepState, error)
	// Observe writes what a page showed: marks as Notify does (with lane and rows),
	// the ids that were seen, and the sweep's state, in one transaction (P10: the
	// cursor never goes ahead of the marks). A first observation with a new
	// Generation forgets the ids of the one before.
	Observe(ctx context.Context, observation Observation) error
	// Unseen returns up to n links that hold a record of the target (Linked only),
	// whose id the sweep with this generation did not see, that have no mark, and
	// that were last touched before the generation; in the order of their ids,
	// after the given one.
	Unseen(ctx context.Context, tenant, flow string, generation int64, after string, n int) ([]Link, error)
}

// Event is a row of the log: one attempt at one key.
type Event struct {
	Key
	// Number is the row's place in the log. The store sets it, and Time.
	Number int64
	Time   time.Time
	// Trigger and EventID are the mark's.
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
	// Fields are the names of the fields that were sent, never their values.
	Fields []string
	// Warnings are what the mapping warned of.
	Warnings []string
}

// EventQuery chooses rows of the log. Empty fields choose everything.
type EventQuery struct {
	Tenant, Flow, ID string
	Action           Action
	// After is the number of the last row that was read.
	After int64
	// Limit is how many rows are wanted; 0 means 100.
	Limit int
}

// EventStore keeps the log. Rows are written by Commit.
type EventStore interface {
	// Events returns rows in the order in which they were written.
	Events(ctx context.Context, query EventQuery) ([]Event, error)
}
