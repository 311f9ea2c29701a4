package syncer

import (
	"context"
	"encoding/json"
)

// listingOf is how the id of a key begins that is no record: it stands for the
// listing of a parent's children, in their flow.
const listingOf = "children of "

// listings are the keys of the listings that a parent needs that comes back, or
// that was refused until now: what its children did meanwhile was not looked at.
func (j *job) listings(ctx context.Context, result Result) []Mark {
	if result.Link == nil || result.Link.State != Linked || j.claim.Link == nil {
		return nil // of a new parent, events and the children's own sweep tell
	}
	switch j.claim.Link.State {
	case Linked, Leaving, Held:
		return nil
	case Unlinked, Filtered, Detached, GoneAtTarget:
	}
	var marks []Mark
	for _, f := range j.tenant.flows {
		if f.parent != j.flow.name {
			continue
		}
		if can, err := j.capable(ctx, j.tenant, f); err != nil || !can.source.ListsByParent {
			continue // the next sweep sees them
		}
		marks = append(marks, Mark{
			Key:    Key{Tenant: j.claim.Tenant, Flow: f.name, ID: listingOf + j.claim.ID},
			Parent: j.claim.ID, Lane: max(j.claim.Lane, Retry), Trigger: "parent",
		})
	}
	return marks
}

// listChildren marks the children of a parent.
func (j *job) listChildren(ctx context.Context, parent string) Result {
	since, err := j.store.Draw(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	var marks []Mark
	for cursor := ""; ; {
		var page Page[json.RawMessage]
		err := j.callSource(ctx, func(ctx context.Context) (err error) {
			page, err = j.flow.sides.scan(ctx, Query{Parent: Ref{ID: parent}}, cursor)
			return err
		})
		if err != nil && kindOf(err) == KindGone {
			break // the parent's own key finds out
		}
		if err != nil {
			return j.failed(ctx, err)
		}
		for _, row := range page.Records {
			marks = append(marks, markOf(j.tenant, j.flow, row, "parent"))
		}
		if page.Next == "" || page.Next == cursor {
			break
		}
		cursor = page.Next
	}
	if err := j.store.Observe(ctx, Observation{Since: since, Marks: marks}); err != nil {
		return j.failed(ctx, err)
	}
	return j.result(ListedAction)
}

// parents are what is known of the parent which the record has, and of the one
// under which it was written.
func (j *job) parents(ctx context.Context) ([]Link, error) {
	if j.flow.parent == "" {
		return nil, nil
	}
	ids := []string{j.source.Parent}
	if j.link.Parent != "" && j.link.Parent != j.source.Parent {
		ids = append(ids, j.link.Parent)
	}
	known, err := j.store.Links(ctx, j.claim.Tenant, j.flow.parent, ids)
	if err != nil {
		return nil, err
	}
	links := make([]Link, len(ids))
	for i, id := range ids {
		links[i] = known[id]
	}
	return links, nil
}

// tookAlong reports whether a parent's counterpart is gone, or going, or is
// another one than that under which this record was written.
func (j *job) tookAlong(parent Link) bool {
	replaced := parent.ID == j.link.Parent && j.link.Target.Parent != "" && j.link.Target.Parent != parent.Target.ID
	return replaced || parent.State == Leaving || !parent.State.HasTarget()
}

// thereAsParent asks the target for a parent's counterpart.
func (j *job) thereAsParent(ctx context.Context, parent Link) error {
	return j.callTarget(ctx, func(ctx context.Context) error {
		_, err := j.tenant.named[j.flow.parent].sides.held(ctx, parent.Target)
		return err
	})
}
