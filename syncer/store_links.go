package syncer

import "context"

// LinkStore answers what is known of keys.
type LinkStore interface {
	// Links returns what is known of the given ids of a flow, by id.
	Links(ctx context.Context, tenant, flow string, ids []string) (map[string]Link, error)
	// LinksOf returns the links that hold the given records of the target, by the
	// target's id.
	LinksOf(ctx context.Context, tenant, flow string, targetIDs []string) (map[string]Link, error)
	// Walk returns up to n links of a flow in the order of their ids, those after
	// the given id; "" begins. An empty state means all. It returns fewer than n
	// only at the end.
	Walk(ctx context.Context, tenant, flow string, state State, after string, n int) ([]Link, error)
	// Recent returns up to n links that are Linked, with Touched above and below
	// the given numbers (not equal to either), the one that was touched last
	// first, without their bases. It returns fewer than n only at the end.
	Recent(ctx context.Context, tenant, flow string, above, below int64, n int) ([]Link, error)
	// CountLinks says how many links of a flow there are, by state.
	CountLinks(ctx context.Context, tenant, flow string) (map[State]int, error)
	// NoteTargets notes records of the target that no link holds, and that others may
	// have made or changed: all processes that match records have to know. A note is
	// kept for 48 hours; a newer one of the same record takes its place.
	NoteTargets(ctx context.Context, tenant, flow string, targetIDs []string) error
	// NotedTargets returns the records that were noted after a number, in the order of
	// their notes, and the number of the last note: the one given if there is none.
	NotedTargets(ctx context.Context, tenant, flow string, after int64) (targetIDs []string, last int64, err error)
}
