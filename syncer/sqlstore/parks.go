package sqlstore

import (
	"context"
	"slices"

	"github.com/contactlink/contactlink/syncer"
)

// letGo releases what waits for a record of the target that a link lets go or
// takes, or for a field of it that changed.
func (t *tx) letGo(ctx context.Context, old, now *syncer.Link) error {
	if parked, err := t.anyParked(ctx); err != nil || !parked {
		return err
	}
	holds := func(link *syncer.Link) bool {
		return link != nil && link.State.HasTarget() && link.Target.ID != ""
	}
	same := holds(old) && holds(now) && old.Target.ID == now.Target.ID
	if holds(now) && !same {
		if err := t.unpark(ctx, now, nil); err != nil {
			return err
		}
	}
	if !holds(old) {
		return nil
	}
	if !same || now.State == syncer.Detached {
		return t.unpark(ctx, old, nil)
	}
	var changed []string
	for name, value := range old.Base.Answered {
		if other, known := now.Base.Answered[name]; !known && string(value) != "null" || known && string(other) != string(value) {
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	return t.unpark(ctx, old, changed)
}

const unparked = `UPDATE {p}marks SET status = 0, due = ?, park_flow = '', park_id = '', park_target = '', park_field = '' WHERE status = 1 AND tenant = ? AND flow = ?`

// unpark releases what is parked under the record of a link: all of it, or what
// waits for these fields.
func (t *tx) unpark(ctx context.Context, link *syncer.Link, fields []string) error {
	query, args := unparked+` AND park_target = ? AND park_target <> ''`, []any{t.now, link.Tenant, link.Flow, link.Target.ID}
	if fields != nil {
		among, names := in("park_field", fields)
		query, args = query+among, append(args, names...)
	}
	return t.do(ctx, query, args...)
}

// Unpark implements syncer.MarkStore.
func (s *Store) Unpark(ctx context.Context, request syncer.UnparkRequest) error {
	return s.write(ctx, "release parked marks", func(t *tx) error {
		all := []any{t.now, request.Tenant, request.Flow}
		if len(request.IDs)+len(request.Targets) == 0 {
			return t.do(ctx, unparked+` AND park_target <> ''`, all...)
		}
		for column, values := range map[string][]string{"id": request.IDs, "park_target": request.Targets} {
			if len(values) == 0 {
				continue
			}
			among, args := in(column, values)
			if err := t.do(ctx, unparked+` AND park_target <> ''`+among, append(slices.Clone(all), args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}
