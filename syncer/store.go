package syncer

import (
	"context"
	"errors"
	"time"
)

// Errors of a Store.
var (
	// ErrFenced: the lease is not held any more; somebody else may have the key, or
	// the sweep. Nothing was written for it. A key is marked anew.
	ErrFenced = errors.New("syncer: the lease was lost")
	// ErrTargetTaken: another key of the flow is linked with this record of the
	// target. Nothing was written.
	ErrTargetTaken = errors.New("syncer: the target record is linked with another key")
	// ErrSweeping: another process is at this sweep.
	ErrSweeping = errors.New("syncer: another process sweeps")
	// ErrSpecMoved: another mapping came into force meanwhile. Nothing was written.
	ErrSpecMoved = errors.New("syncer: another mapping is in force")
	// ErrStoreVersion: the store was written by a newer version of this library.
	ErrStoreVersion = errors.New("syncer: the store was written by a newer version")
	// ErrStoreClosed: the store was closed.
	ErrStoreClosed = errors.New("syncer: the store is closed")
	// ErrStoreAway: the store can't be used for now: its server restarts, or another
	// process holds it. Errors of a Store that are so in the sense of errors.Is are
	// waited for, without end. Any other that is not named here ends Run.
	ErrStoreAway = errors.New("syncer: the store can't be used for now")
)

// Store keeps the engine's state. NewMemoryStore and the packages syncer/sqlite,
// syncer/postgres and syncer/sqlstore have implementations; syncer/storetest
// checks any.
//
// A Store is safe for concurrent use by many goroutines and, if it says so, by
// many processes. Every method is one transaction: it happens whole or not at
// all, and when it has returned without an error it survives a crash of the
// process (except in the memory store). A method that fails with anything else
// than the errors above may have happened or not; every method can be called
// again.
//
// Time is the store's: durations are passed in, never times of the caller's
// clock. Numbers (of marks, fences, generations, specs, loans and touches) come from one
// sequence for the whole store, which only grows, and which starts past the
// clock's microseconds since 1970 each time the store is opened, so that a
// restored backup repeats none.
type Store interface {
	MarkStore
	IntentStore
	LinkStore
	SweepStore
	SpecStore
	EventStore
	BudgetStore
	PauseStore
	// Close frees what the store holds. Later calls fail with ErrStoreClosed.
	Close() error
}

// Spec is the mapping that is in force for a tenant's flow.
type Spec struct {
	// Number grows with each mapping that comes into force; 0 if none ever did.
	Number int64
	// Version is the mapping's.
	Version string
}

// SpecStore says which mapping is in force, so that a process with another one
// writes nothing.
type SpecStore interface {
	// Spec returns what is in force; the zero value if nothing is.
	Spec(ctx context.Context, tenant, flow string) (Spec, error)
	// Enforce puts a version into force under a new number, if the number that is
	// in force is still expected (0: none). If not, it fails with ErrSpecMoved.
	// Claims that are granted from then on say so. The rules are kept for good, as
	// those of the version.
	Enforce(ctx context.Context, tenant, flow, version string, rules Rules, expected int64) (Spec, error)
	// Rules returns the rules of a version as Enforce kept them last, the zero value
	// if it did not.
	Rules(ctx context.Context, tenant, flow, version string) (Rules, error)
}

// Intent is the note that a record is about to be created in a target that
// can't find it by an external id. It is stored before the request is sent, so
// that a worker that takes the key over knows what to look for (P2).
type Intent struct {
	Key
	// Fence is the lease's, under which the intent is stored.
	Fence int64
	// Parent is the target's id of the parent under which the record is created.
	Parent string
	// Sent is what is sent.
	Sent Fields
	// IdempotencyKey is random; empty if the target has none. Body is a hash of the
	// bytes that it was made for.
	IdempotencyKey string
	Body           string
	// First is when the key's first intent was stored since it last had none, and
	// Age how long ago the latest one was, both by the store's clock. The store
	// sets them.
	First time.Time
	Age   time.Duration
}

// IntentStore keeps intents: one a key at most.
type IntentStore interface {
	// Intend stores intents, each under its own fence, in one transaction. An older
	// intent of the key is replaced; First stays. The error at i is ErrFenced if
	// the lease of intents[i] is not held any more.
	Intend(ctx context.Context, intents []Intent) []error
}
