package syncer

// Action says how an attempt at a key ended.
type Action string

// The actions of the log. Every change ends as one of them.
const (
	Created       Action = "created"
	Adopted       Action = "adopted" // an existing record of the target was linked
	Updated       Action = "updated"
	Deleted       Action = "deleted"
	Unchanged     Action = "unchanged"
	LeftOut       Action = "filtered"
	ParkedAction  Action = "parked"     // its parent isn't there yet
	HeldAction    Action = "held"       // the guard keeps the removal
	DetachedOnly  Action = "detached"   // the counterpart stays, by policy
	GoneRespected Action = "gone"       // the counterpart was deleted by others
	Conflict      Action = "conflict"   // another record claims the same counterpart
	DeadLetter    Action = "dead"       // failed for good, or too often
	Retried       Action = "retried"    // failed, and is tried again
	Snoozed       Action = "snoozed"    // could not be tried now; not an attempt
	ListedAction  Action = "listed"     // the children of a record were listed, and marked
	Superseded    Action = "superseded" // the lease was lost; somebody else has the key
)
