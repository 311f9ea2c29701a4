package syncer

import "encoding/json"

// State says what a key's record is at the target.
type State string

const (
	// Unlinked: the record is known but has no counterpart, because it was never
	// created (it failed, is parked, or its mapping refused it) or because its
	// counterpart went with its parent.
	Unlinked State = "unlinked"
	// Linked: the record has a counterpart, which the engine keeps in step.
	Linked State = "linked"
	// Filtered: the mapping leaves the record out, or its parent is left out.
	Filtered State = "filtered"
	// Leaving: the counterpart is being deleted. It is set before the delete is
	// sent, so that a crash in between is seen.
	Leaving State = "leaving"
	// Held: the record is gone, but the guard keeps the counterpart until a person
	// releases it.
	Held State = "held"
	// Detached: the record is gone or left out, and by policy the counterpart stays
	// as it is.
	Detached State = "detached"
	// GoneAtTarget: somebody deleted the counterpart, and by policy that is
	// respected.
	GoneAtTarget State = "gone"
)

// HasTarget reports whether a key in this state holds a record of the target.
func (s State) HasTarget() bool {
	switch s {
	case Linked, Leaving, Held, Detached:
		return true
	default:
		return false
	}
}

// Link is what the store knows of a key: which record of the target is its
// counterpart, and what both sides agreed on last.
type Link struct {
	Key
	State State
	// Parent is the source id of the record that this one belongs to; empty for a
	// flow without a parent.
	Parent string
	// Target is the counterpart. It is empty unless State.HasTarget.
	Target Ref
	// Base is what was agreed on last.
	Base Base
	// Refused is the source's record when its key became a dead letter, as JSON:
	// sweeps leave it alone until it changes. Nil if it did not.
	Refused json.RawMessage
	// RefusedBy is the version of the mapping that was in force then.
	RefusedBy string
	// Touched is the number of the key's last claim or commit, see Store.Draw. The
	// store sets it.
	Touched int64
}

// Base is what both sides agreed on last. A field has changed when its mapping
// differs from Sent; it has drifted when the target differs from Answered. The
// two are never compared with each other: targets trim, lower-case and round.
type Base struct {
	// Source is the source's record as it was read, as JSON.
	Source json.RawMessage
	// Sent is what the mapping made of it.
	Sent Fields
	// Answered is what the target said that it holds.
	Answered Fields
	// Version is the target's version of the record, if it has versions.
	Version string
	// Restored are values of others that were written over. If one comes back, it
	// is left: somebody insists on it.
	Restored Fields
	// Mapping is the version of the mapping that made Sent. A later one that makes
	// the same of Source leaves it. Store.Rules has the fingerprints.
	Mapping string
}
