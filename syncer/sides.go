package syncer

import (
	"context"
	"time"
)

// Record is one record of a side.
type Record[R any] struct {
	Ref
	Value R
	// Version is the side's version of the record, for conditional writes; empty
	// if it has none.
	Version string
	// ExternalID is the external id that a record of a target holds; empty if it
	// holds none. Get must tell it as well as List: a record with the id of somebody
	// else is never adopted.
	ExternalID string
	// Partial says that Value is not exactly what Get would return: a search that
	// lower-cases names. A partial record can show that nothing changed (see
	// PartialSource), but it never supplies a value.
	Partial bool
	// Updated is when the source says that the record changed last; zero if it
	// does not say.
	Updated time.Time
}

// Page is one page of a listing. Next is where the next one begins; empty at
// the end.
type Page[R any] struct {
	Records []Record[R]
	Next    string
	// Date is when the side answered, by its own clock; zero if it does not say.
	Date time.Time
	// Total is how many records there are in all pages, 0 if unknown.
	Total int
}

// Query chooses what a listing returns.
type Query struct {
	// Parent lists only what belongs to this record. It is set for a source that
	// can list by parent only.
	Parent Ref
	// Since lists only what changed at this time or later, in the order of
	// Record.Updated and the ids. It is set for a source that can do that.
	Since time.Time
	// LatestFirst lists what changed last first. It is set for a source that can do
	// that.
	LatestFirst bool
	// Slice lists only what was added in it. It is set for a SlicedSource.
	Slice Slice
}

// Slice is a span of time: From is in it, To is not. A zero time is no bound.
type Slice struct{ From, To time.Time }

// SlicedSource is a Source whose listing can be cut by the time at which
// records were added, so that the slices are read side by side.
type SlicedSource interface {
	// Slices cuts everything into n slices or fewer.
	Slices(ctx context.Context, n int) ([]Slice, error)
}

// Source is where records are true. Its methods return errors of type *Error
// where they know the kind; any other error is taken to be transient.
//
// R is a plain value that encoding/json can encode and decode without loss:
// the engine keeps it between runs.
type Source[R any] interface {
	// Capabilities says what the source can do. It is asked once.
	Capabilities(ctx context.Context) (SourceCapabilities, error)
	// Get reads one record. An error of kind KindGone is authoritative: the record
	// isn't there (under ref.Parent, for a source whose records can move).
	Get(ctx context.Context, ref Ref) (Record[R], error)
	// List returns one page. Records that change while a listing goes on may be
	// missed or seen twice; a later listing sees them.
	List(ctx context.Context, query Query, cursor string) (Page[R], error)
}

// PartialSource is a Source whose listing returns partial records.
type PartialSource[R any] interface {
	// Unchanged reports whether the row of a listing proves that the record is
	// still what it was when it was read by id.
	Unchanged(row, read R) bool
}

// EvidenceSource is a Source that finds a record more easily with what an event
// said of it.
type EvidenceSource[R any] interface {
	// GetBy is Get, for a record of whose parent nothing is known. The evidence is
	// Change.Evidence, which may be cut off.
	GetBy(ctx context.Context, ref Ref, evidence []byte) (Record[R], error)
}

// BoundedSource is a Source whose listing does not show all that it has: only
// what is within a span of time, for one. What the listing would not show in any
// case is not taken to be gone because it is absent there.
type BoundedSource[R any] interface {
	// Lists reports whether a record would be listed as it was read last.
	Lists(read R) bool
}

// SourceCapabilities is what a source can do.
type SourceCapabilities struct {
	// ListsByParent: List wants a parent; there is no listing of everything.
	ListsByParent bool
	// Moves: a record can move to another parent, so that its absence under one
	// does not mean that it is gone.
	Moves bool
	// Since: List can list what changed since a time.
	Since bool
	// LatestFirst: List can list what changed last first. When many marks wait, such
	// a listing shows for a page at a time which records need not be read.
	LatestFirst bool
	// Lag is how long a change may take until listings show it.
	Lag time.Duration
}

// Draft is a record to be created at the target.
type Draft[R any] struct {
	// ExternalID is the source's id.
	ExternalID string
	// Parent is the target's id of the parent; empty if there is none.
	Parent string
	Value  R
	// IdempotencyKey is set if the target has them: it answers a second create with
	// the same key and body as it did the first.
	IdempotencyKey string
}

// Patch is a change of a record at the target. Value holds only the fields
// that are to be changed.
type Patch[R any] struct {
	// Parent is the target's id of the new parent, if the record moves.
	Parent string
	// ExternalID is set when a record is adopted.
	ExternalID string
	Value      R
	// Version is what the record must still have, if the target has versions.
	Version string
}

// Target is where records are mirrored. Its methods return errors of type
// *Error where they know the kind; any other error is taken to be transient,
// and as ambiguous for Create.
//
// R is a plain value with the fields that can be written. JSON must tell an
// unset field (absent) from a cleared one (null): see mapping/opt.
type Target[R any] interface {
	// Capabilities says what the target can do. It is asked once.
	Capabilities(ctx context.Context) (TargetCapabilities, error)
	// Get reads one record. KindGone: it isn't there.
	Get(ctx context.Context, ref Ref) (Record[R], error)
	// Find returns the record that holds an external id, or nil. It sees what was
	// created a moment ago. It is called only if the target has external ids.
	Find(ctx context.Context, externalID string) (*Record[R], error)
	// List returns one page of all records.
	List(ctx context.Context, cursor string) (Page[R], error)
	// Create creates a record and returns it as the target holds it. KindTaken
	// means that the external id exists; Error.Conflict is the id of its holder.
	Create(ctx context.Context, draft Draft[R]) (Record[R], error)
	// Update changes a record and returns it as the target holds it then.
	// KindVersion: it changed meanwhile. KindGone: it isn't there.
	Update(ctx context.Context, ref Ref, patch Patch[R]) (Record[R], error)
	// Delete deletes a record. KindGone: it isn't there.
	Delete(ctx context.Context, ref Ref, version string) error
}

// AccountTarget is a Target of which several values write to the same records. Two
// flows of a tenant must not: they are refused if their targets are of one type and
// name one account.
type AccountTarget interface {
	// Account names it, by any value that can be compared.
	Account() any
}

// CandidateTarget is a Target without external ids. After a create whose outcome
// is unknown, the engine looks for the record by what was sent.
type CandidateTarget[R any] interface {
	// Candidates returns the records under a parent (or all, without one) that were
	// created since a time, by the target's clock. More records than that do no
	// harm.
	Candidates(ctx context.Context, parent string, since time.Time) ([]Record[R], error)
}

// TargetCapabilities is what a target can do.
type TargetCapabilities struct {
	// ExternalIDs: external ids are unique, and found at once.
	ExternalIDs bool
	// Versions: updates and deletes can be conditional.
	Versions bool
	// Cascades: deleting a record deletes its children.
	Cascades bool
	// IdempotencyKeys: a create can be repeated with its key for 24 hours.
	IdempotencyKeys bool
	// Lag is how long a created record may take until Candidates returns it.
	Lag time.Duration
}
