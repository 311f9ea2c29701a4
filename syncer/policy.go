package syncer

import "time"

// LeavePolicy says what becomes of the counterpart of a record that is gone at
// the source, or that the mapping leaves out now.
type LeavePolicy uint8

const (
	// LeaveDelete deletes the counterpart, behind the guard.
	LeaveDelete LeavePolicy = iota
	// LeaveDetach keeps it as it is. If the record comes back, it is the
	// counterpart again. Another record may adopt it meanwhile.
	LeaveDetach
	// LeaveTag keeps it, with the tag FlowConfig.LeftTag in the first of
	// FlowConfig.Sets. For the rest it is like LeaveDetach.
	LeaveTag
	// LeaveIgnore is like LeaveDetach, but it is not counted as detached.
	LeaveIgnore
)

// GonePolicy says what to do when somebody deleted the counterpart.
type GonePolicy uint8

const (
	// GoneRespect leaves it deleted.
	GoneRespect GonePolicy = iota
	// GoneRecreate creates it again.
	GoneRecreate
)

// DriftPolicy says what to do when somebody changed a mapped field of the
// counterpart. A field that changed at the source too is written in any case.
type DriftPolicy uint8

const (
	// DriftRestore writes what the mapping says. The log names the field, and has
	// the value that was there with Config.LogValues.
	DriftRestore DriftPolicy = iota
	// DriftKeep leaves the other value until the source's changes.
	DriftKeep
	// DriftReport is like DriftKeep, with a warning in the log.
	DriftReport
)

// ExistingPolicy says what a first backfill does with records that the target
// holds already and that nobody here made.
type ExistingPolicy uint8

const (
	// ExistingAsk stops with ErrExisting if there are any: whether to match them is
	// for a person to say.
	ExistingAsk ExistingPolicy = iota
	// ExistingMatch adopts a record whose natural keys belong to one record of the
	// source and to no other record of the target. What is ambiguous is parked. What
	// it knows of both sides is read once by each process, and kept current by the
	// webhooks and sweeps of that process: let one process do the first backfill.
	ExistingMatch
	// ExistingLeave leaves them alone.
	ExistingLeave
)

// DefaultGuard holds removals beyond 20 or 5 % of a flow's records, whichever
// is more, within 24 hours.
var DefaultGuard = Guard{Min: 20, Share: 0.05, Window: 24 * time.Hour}
