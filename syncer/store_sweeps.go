package syncer

import (
	"context"
	"time"
)

// SweepID names a sweep: several of a flow may go on side by side.
type SweepID struct {
	Tenant, Flow string
	// Name is the sort of sweep: SweepFull and so on.
	Name string
}

// The names of sweeps.
const (
	// SweepFull walks everything that the source has.
	SweepFull = "full"
	// SweepChanges walks what changed at the source since the last time.
	SweepChanges = "changes"
	// SweepTarget walks everything that the target has.
	SweepTarget = "target"
	// SweepCrawl walks the children, parent by parent.
	SweepCrawl = "crawl"
	// SweepOwed is no walk: it says that a tenant's marks were folded, and that
	// full sweeps of every kind are owed. Its flow is empty.
	SweepOwed = "owed"
)

// SweepState is how far a sweep has come.
type SweepState struct {
	// Generation is the number that was drawn when the sweep began, 0 if it never
	// did. Previous is the generation of the sweep before that was complete.
	Generation, Previous int64
	// Fence is the lease's.
	Fence int64
	// Cursor is where it goes on, in the form of the sweep's own choice.
	Cursor string
	// Complete says that nothing is left to do.
	Complete bool
	// Watermark is what the sweep leaves to the next one: it survives Begin.
	Watermark string
	// Started is when the generation began, Completed when the sweep was complete
	// last; zero if never. The store sets both, by its clock.
	Started, Completed time.Time
}

// Observation is what a scan saw on one page.
type Observation struct {
	SweepID
	// Since is a number that was drawn before the page was requested. A row is
	// kept only if the key has no mark waiting and no claim or commit of it came
	// after that number: otherwise what the page says may be older than what was
	// done.
	Since int64
	// Marks are the records that may have changed. Those that did not change are
	// not among them, and cost nothing. They may be of other flows.
	Marks []Mark
	// Seen are the source ids of all records on the page. They are kept until the
	// next generation of this sweep, for Unseen.
	Seen []string
	// State is the sweep's new state. Its Generation and Fence are those of
	// BeginSweep.
	State SweepState
	// Lease is how long the sweep stays reserved for the caller from now on; 0
	// gives it back.
	Lease time.Duration
}

// UnseenRequest asks which links a sweep did not see.
type UnseenRequest struct {
	SweepID
	Generation int64
	// Lag is how long before the sweep began a link must have been touched last.
	Lag time.Duration
	// After is the last id that was read, N how many are wanted at most.
	After string
	N     int
}

// SweepStore keeps the state of sweeps.
type SweepStore interface {
	// Draw returns the next number of the sequence.
	Draw(ctx context.Context) (int64, error)
	// Sweep returns the state of a sweep; the zero value if there was none.
	Sweep(ctx context.Context, id SweepID) (SweepState, error)
	// BeginSweep reserves a sweep for the lease and returns its state. If it was
	// cut short, it goes on where it was. If it was complete, or never begun, a new
	// generation begins: the cursor is empty, and the ids that were seen are
	// forgotten. If somebody else has it reserved, it fails with ErrSweeping.
	BeginSweep(ctx context.Context, id SweepID, lease time.Duration) (SweepState, error)
	// Observe writes what a page showed: marks as Notify does (with lane and rows),
	// the ids that were seen, and the sweep's state, in one transaction (P10: the
	// cursor never goes ahead of the marks). It fails with ErrFenced, and writes
	// nothing, if somebody else has reserved the sweep since. Without a Name it
	// writes marks alone, and needs no reservation.
	Observe(ctx context.Context, observation Observation) error
	// Unseen returns up to n links that hold a record of the target (Linked only),
	// whose id the sweep with this generation did not see, that have no mark but one
	// that nobody works on (it is parked, or a dead letter), and that were last
	// touched before the generation began, by Lag at least; in the order of their
	// ids, after the given one.
	Unseen(ctx context.Context, request UnseenRequest) ([]Link, error)
}
