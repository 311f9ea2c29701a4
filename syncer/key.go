package syncer

import (
	"fmt"
	"time"
)

// Ref names a record on one side. Its identity is ID alone; Parent is a
// routing hint, the id of the record that it belongs to on the same side (a
// task's contact), and may be empty or out of date: a task can move.
type Ref struct {
	ID     string
	Parent string
}

// Key names one record of a source for one tenant and flow. Everything that
// the engine knows and does is by key.
type Key struct {
	Tenant string
	Flow   string
	ID     string
}

// String is tenant/flow/id.
func (k Key) String() string { return fmt.Sprintf("%s/%s/%s", k.Tenant, k.Flow, k.ID) }

// Change says that a record of the source may have changed. It is a hint: the
// engine reads the record before it acts, so a change that is repeated, late,
// out of order or wrong does no harm.
type Change struct {
	Tenant string
	Flow   string
	Ref    Ref
	// Gone says that the record was deleted. A read confirms it.
	Gone bool
	// At is when the source says that it happened; zero if unknown.
	At time.Time
	// EventID is the id of the delivery that brought the change. An id that the
	// store knows already is not marked again. Empty: always marked. A change that has
	// one, and ids longer than MaxID, is taken and ignored: it would come again.
	EventID string
	// Evidence is the event's payload, kept for the log; at most MaxEvidence bytes
	// are stored.
	Evidence []byte
}

// TargetChange says that a record of the target may have been changed or deleted
// by others. It is a hint like Change.
type TargetChange struct {
	Tenant string
	Flow   string
	// Ref is the record's, with the ids of the target.
	Ref Ref
	// ExternalID is the record's external id, as far as known: the source's id.
	ExternalID string
	// EventID is the id of the delivery that brought the change.
	EventID  string
	Evidence []byte
}

const (
	// MaxID is how long an id may be, in bytes: of a record, or of an event. No store
	// has to keep longer ones, and of one that did not, no other tenant has to suffer.
	MaxID = 512
	// MaxEvidence is how many bytes of a change's evidence are kept with its mark.
	MaxEvidence = 4 << 10
	// MaxRow is how many bytes of a scanned row are kept with its mark. A larger
	// row is dropped and the record read by id instead.
	MaxRow = 64 << 10
)

// checkIDs refuses ids that are too long. Its error does not show them.
func checkIDs(ids ...string) error {
	for _, id := range ids {
		if len(id) > MaxID {
			return fmt.Errorf("an id has %d bytes: it can have %d", len(id), MaxID)
		}
	}
	return nil
}

// Lane orders the work: a mark in a lower lane is claimed first.
type Lane uint8

// The lanes, the most urgent first.
const (
	RealTime Lane = iota // webhooks and calls on demand
	Retry                // what failed and is due again
	Sweep                // what a scan found
)

var laneNames = [...]string{RealTime: "real-time", Retry: "retry", Sweep: "sweep"}

// String is the lane's name, as it stands in the log.
func (l Lane) String() string {
	if int(l) < len(laneNames) {
		return laneNames[l]
	}
	return fmt.Sprintf("lane %d", uint8(l))
}
