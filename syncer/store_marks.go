package syncer

import (
	"context"
	"encoding/json"
	"time"
)

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
	// Drift says that the target's record may have been changed or deleted by
	// others, and is to be read. It stays until the mark is done.
	Drift bool
	// Released says that a person released a held removal: the guard lets it pass.
	// It stays until the mark is done.
	Released bool
	// EventID is remembered in the same transaction as the mark. A mark whose
	// EventID is remembered already is dropped. Ids are kept for 48 hours.
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
	// Age is how long ago the key was marked last.
	Age time.Duration
	// Attempt is how often the mark failed before, 0 at first. Snoozes is how often
	// it was put off because a read contradicted it.
	Attempt, Snoozes int
	// Doubt says that an earlier holder may have created a record at the target
	// that no link knows: its lease ran out unreleased, or it said so.
	Doubt bool
	// Intent is what an earlier holder was about to create, nil if nothing.
	Intent *Intent
	// Spec is the mapping that is in force for the flow.
	Spec Spec
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
	// PerTenant is how many of them may be of one tenant; 0 means all.
	PerTenant int
	// First is the lane whose marks go first; the others follow, the most urgent
	// first. Its zero value is RealTime. A caller that names another lane now and
	// then starves none.
	First Lane
	// Lease is how long a claim is held before others may take it.
	Lease time.Duration
	// Parents names for each flow that has a parent the flow of the parent.
	Parents map[string]string
	// Skip is what is not wanted: what pauses.
	Skip []Skip
}

// Skip names marks that are not to be claimed. Empty fields mean all.
type Skip struct {
	Tenant, Flow string
	// Sweeps: only those in the lane Sweep.
	Sweeps bool
}

// holds reports whether a mark is one of those.
func (s Skip) holds(mark Mark) bool {
	return Scope{s.Tenant, s.Flow}.holds(mark.Tenant, mark.Flow) && (!s.Sweeps || mark.Lane == Sweep)
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
	// Again: the mark is due after Result.After, in the lane Retry (a mark in the
	// lane Sweep stays there). Result.Attempt says how often it failed.
	Again
	// Parked: the mark waits until what Result.Park names is out of the way.
	Parked
	// Dead: the mark stays as a dead letter until the key is marked again.
	Dead
)

// Park names what a parked mark waits for: Parent, or Target and Field.
type Park struct {
	// Parent is the key of the parent, whose result with Children releases the
	// mark. It does not wait if the parent's link is neither Unlinked nor Leaving
	// when the result is committed: then it is due now.
	Parent Key
	// Target is the id of a record of the flow's target that is in the way, and
	// Field the name of the field that it holds. It is released when the link that
	// holds Target lets it go or gets another Answered[Field], when a link takes
	// Target, and by Unpark. Seen is the Touched of the link that held Target when
	// its holder was looked at, 0 if there was none: if the link was touched since,
	// or there is another one, or none any more, the mark is due now.
	Target string
	Field  string
	Seen   int64
}

// Result is what a worker made of a claim.
type Result struct {
	Key
	Number, Fence int64
	// Link is the new state of the key. Nil leaves it as it is.
	Link *Link
	// Forget removes everything known of the key, after a deletion.
	Forget bool
	// Inherits is the id of the key of this flow whose record of the target Link
	// takes over, because its source's record is gone: its link goes, and the links
	// of Children that belong to it are marked (lane Sweep, trigger "parent"). If
	// that key is leased or Leaving, the result is refused with ErrTargetTaken.
	Inherits string
	Next     Next
	// After is the delay of Again.
	After time.Duration
	// Attempt and Snoozes are stored with Again, Parked and Dead.
	Attempt, Snoozes int
	// Doubt is stored with Again, Parked and Dead: the next claim has it, and the
	// intent stays. Without it, the intent goes.
	Doubt bool
	// Park is what a Parked mark waits for. With Done, Park.Parent is the parent by
	// whose link the result was decided, and Park.Seen its Touched, 0 if there was
	// none: if it was touched since, the mark is due now instead.
	Park Park
	// Children are the flows whose records belong to this one. If set, the marks
	// parked under this key are released, and the children's links that are not
	// Linked, Held or Leaving are marked (lane Sweep, trigger "parent"); all of them
	// are, if Link's state is not Linked, or with Forget.
	Children []string
	// Cascade says that the target deleted the children's records together with
	// this one: before they are marked, their links become Unlinked. Those of keys
	// that are, or were, leased and not released, or that have doubt, stay: their
	// records may have moved away before, which their claims find out.
	Cascade bool
	// Replaced says that Link's record of the target is another one than before: all
	// links of Children that belong to it are marked.
	Replaced bool
	// Marks are further keys to be marked, as Notify does.
	Marks []Mark
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
	// parked, except that a mark that is parked under a parent is released by one
	// that is Gone, or that names another parent. EventIDs are remembered in the
	// same transaction.
	//
	// P3: when Notify has returned nil, the marks survive a crash.
	Notify(ctx context.Context, marks []Mark) error

	// Claim leases up to N marks that are due, not held, not parked, not dead, not
	// skipped, not of a flow that pauses (see PauseStore), and whose
	// parent's link is not Leaving. Within a lane
	// the tenants take turns: each gets its first before any gets its second. A
	// tenant's own go by their numbers, the oldest first. A mark whose lease ran
	// out is due, and its claim has Doubt. The row is in the claim only if the
	// mark's number is still the scan's and this is its first claim: a later one
	// reads. idle is how long it takes until a mark may
	// become due, when none was claimed; negative if there is none at all.
	Claim(ctx context.Context, request ClaimRequest) (claims []Claim, idle time.Duration, err error)

	// Extend prolongs leases by d from now, under the same fence. The error at i is
	// ErrFenced if leases[i] is not held any more.
	Extend(ctx context.Context, leases []Lease, d time.Duration) []error

	// Commit writes results, each under its own fence: one that is refused with
	// ErrFenced or ErrTargetTaken undoes no neighbour. With ErrFenced the key is
	// marked anew (lane Retry). A result that is refused with ErrTargetTaken leaves
	// its lease held: the caller commits another result. A committed result
	// releases its lease and sets the link's Touched.
	//
	// A link that is Detached yields: a result whose Link has its record of the
	// target is not refused, and the detached link is dropped.
	Commit(ctx context.Context, results []Result) []error

	// Leave counts a removal and sets the link Leaving, or, if the guard forbids
	// it, counts nothing and says so. A removal without a link, of a record that was
	// found by its external id, is counted as well. What counts as a link is Linked or
	// Held. The last link of a tenant and flow that had more than three when the window began
	// is always forbidden. A key that is Leaving already was counted: it passes. It
	// fails with ErrFenced like Commit.
	Leave(ctx context.Context, request LeaveRequest) (allowed bool, err error)

	// Unpark releases marks that are parked under a record of the target: those
	// that the request names.
	Unpark(ctx context.Context, request UnparkRequest) error

	// Marks lists marks in the order of their ids.
	Marks(ctx context.Context, query MarkQuery) ([]StoredMark, error)

	// Fold drops a tenant's waiting marks of the flows that the request names, if
	// the tenant has more than Most marks: together they become one sweep of
	// everything, see SweepOwed, that is begun in the same transaction. Marks stay
	// if they are leased, were leased and not released, are parked or dead, have
	// doubt or an intent, or have a link that is Held or Leaving. It returns how
	// many were dropped.
	Fold(ctx context.Context, request FoldRequest) (int, error)

	// Counts says how many marks there are, by flow. An empty tenant or flow means
	// all of them.
	Counts(ctx context.Context, tenant, flow string) (map[string]MarkCounts, error)

	// Oldest says how long ago the first of a flow's marks was made that wait or are
	// leased; 0 if there is none. To mark a key again changes nothing.
	Oldest(ctx context.Context, tenant, flow string) (time.Duration, error)
}

// UnparkRequest says which marks of a flow are released.
type UnparkRequest struct {
	Tenant, Flow string
	// IDs are source ids, Targets ids of the target. Without either, all marks of
	// the flow that are parked under a record of the target are meant.
	IDs, Targets []string
}

// FoldRequest says when marks fold, and which.
type FoldRequest struct {
	Tenant string
	// Most is how many marks the tenant may have.
	Most int
	// Flows are those whose sources can list everything.
	Flows []string
}

// MarkStatus is what a mark is doing.
type MarkStatus uint8

const (
	// MarkAny is all of them.
	MarkAny MarkStatus = iota
	// MarkWaiting is due now or later, MarkClaimed is leased, MarkParked waits for
	// something, MarkDead is a dead letter.
	MarkWaiting
	MarkClaimed
	MarkParked
	MarkDead
)

// MarkQuery chooses marks of a tenant's flow.
type MarkQuery struct {
	Tenant, Flow string
	// IDs are the ids that are wanted; empty means all.
	IDs    []string
	Status MarkStatus
	// After is the last id that was read, N how many are wanted at most; 0 means
	// 100.
	After string
	N     int
}

// StoredMark is a mark as it stands, without its row.
type StoredMark struct {
	Mark
	Number  int64
	Status  MarkStatus
	Attempt int
	// Kind and Error are those of the last result's event.
	Kind, Error string
	// Park is what it waits for if it is parked. Its Seen says nothing.
	Park Park
}

// MarkCounts are the marks of a flow. Each mark is counted once.
type MarkCounts struct {
	Waiting int `json:"waiting"` // due now or later
	Claimed int `json:"claimed"` // leased
	Parked  int `json:"parked"`  // waiting for their parent, or for a record of the target
	Dead    int `json:"dead"`    // dead letters
}
