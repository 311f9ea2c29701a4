package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind says what an error means for the key at hand. A Source or Target
// chooses it; the engine acts on it.
type Kind uint8

// The kinds of error.
const (
	// KindTransient: a 5xx, a time-out, a broken connection. It is tried again,
	// later and later, and becomes a dead letter in the end.
	KindTransient Kind = iota
	// KindRow: this record was refused. It becomes a dead letter with the words of
	// the service; others go on.
	KindRow
	// KindAmbiguous: a create that may have happened.
	KindAmbiguous
	// KindPace: the limit is used up, or the engine is stopping. It is not an
	// attempt.
	KindPace
	// KindAccount: the credentials, the plan. The tenant pauses; nothing becomes a
	// dead letter.
	KindAccount
	// KindIdentity: another record claims the same counterpart.
	KindIdentity
	// KindGone: the record isn't there.
	KindGone
	// KindVersion: the record changed since it was read.
	KindVersion
	// KindTaken: the external id exists already.
	KindTaken
	// KindMapping: the mapper failed, for this record.
	KindMapping
	// KindQuota: the plan takes no more records. Creates pause; the rest goes on.
	KindQuota
	// KindStale: a read contradicts the event that caused it: an index or a replica
	// lags behind. It is read again a little later; not an attempt.
	KindStale
	// KindLacks: a side can't do what the flow needs. A Capabilities method returns
	// it.
	KindLacks
	// KindScope: the credentials lack what this call needs, and may have what others
	// do. The flow pauses; nothing becomes a dead letter.
	KindScope
)

var kindNames = [...]string{
	KindTransient: "transient", KindRow: "row", KindAmbiguous: "ambiguous", KindPace: "pace",
	KindAccount: "account", KindIdentity: "identity", KindGone: "gone", KindVersion: "version",
	KindTaken: "taken", KindMapping: "mapping",
	KindQuota: "quota", KindStale: "stale", KindLacks: "lacks", KindScope: "scope",
}

// String is the kind's name, as it stands in the log.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error is an error with its kind.
type Error struct {
	Kind Kind
	// Wait is how long the service asked to wait, 0 if it did not say.
	Wait time.Duration
	// Conflict is the target's id of the record that is in the way, and Field the
	// name of the field that it holds.
	Conflict string
	Field    string
	// TraceID is what the service calls the request; empty if it does not say.
	TraceID string
	Err     error
}

// Error is the text of Err.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// kindOf is the kind of an error that a source or target returned.
func kindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return KindPace
	default:
		return KindTransient
	}
}

// ErrPaused is what an operation returns when a tenant or a flow can't go on: wrong
// credentials, a missing scope, an inactive location. The reason is wrapped.
var ErrPaused = errors.New("syncer: the tenant is paused")

// ErrNoTenant is what Tenants.Open returns for an id that it does not know.
var ErrNoTenant = errors.New("syncer: there is no such tenant")

// ErrExisting is what an operation returns when the target of a flow with
// natural keys holds records that nobody here made, and FlowConfig.Existing does
// not say what to do with them.
var ErrExisting = errors.New("syncer: the target holds records already")

// ErrNotInForce is what an operation returns when another mapping is in force:
// this process writes nothing.
var ErrNotInForce = errors.New("syncer: another mapping is in force")

// ErrRunning is what Run returns when the engine runs already.
var ErrRunning = errors.New("syncer: the engine runs already")
