package sqlstore

import (
	"context"

	"github.com/contactlink/contactlink/syncer"
)

// Leave implements syncer.MarkStore.
func (s *Store) Leave(ctx context.Context, request syncer.LeaveRequest) (allowed bool, err error) {
	err = s.write(ctx, "count a removal", func(t *tx) error {
		allowed, err = t.leave(ctx, request)
		return err
	})
	return allowed && err == nil, err
}

func (t *tx) leave(ctx context.Context, request syncer.LeaveRequest) (bool, error) {
	key := request.Key
	_, held, err := t.holder(ctx, key, request.Fence)
	if err != nil {
		return false, err
	}
	if !held {
		return false, syncer.ErrFenced
	}
	var state string
	err = t.one(ctx, &state, `SELECT state FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, key.Tenant, key.Flow, key.ID)
	if err != nil || syncer.State(state) == syncer.Leaving {
		return err == nil, err
	}
	if request.Guard != (syncer.Guard{}) {
		allowed, err := t.countRemoval(ctx, request)
		if err != nil || !allowed {
			return false, err
		}
	}
	if state == "" {
		return true, nil
	}
	return true, t.do(ctx, `UPDATE {p}links SET state = ?, touched = ?, touched_at = ? WHERE tenant = ? AND flow = ? AND id = ?`,
		string(syncer.Leaving), t.next(), t.now, key.Tenant, key.Flow, key.ID)
}

func (t *tx) countRemoval(ctx context.Context, request syncer.LeaveRequest) (bool, error) {
	begin := t.now - request.Guard.Window.Microseconds()
	if err := t.do(ctx, `DELETE FROM {p}removals WHERE tenant = ? AND flow = ? AND at <= ?`, request.Tenant, request.Flow, begin); err != nil {
		return false, err
	}
	var links, removed int
	if err := t.one(ctx, &links, `SELECT COUNT(*) FROM {p}links WHERE tenant = ? AND flow = ? AND state IN (?, ?)`,
		request.Tenant, request.Flow, string(syncer.Linked), string(syncer.Held)); err != nil {
		return false, err
	}
	if err := t.one(ctx, &removed, `SELECT COUNT(*) FROM {p}removals WHERE tenant = ? AND flow = ?`, request.Tenant, request.Flow); err != nil {
		return false, err
	}
	if !request.Guard.Allows(links, removed) {
		return false, nil
	}
	return true, t.do(ctx, `INSERT INTO {p}removals (tenant, flow, at) VALUES (?, ?, ?)`, request.Tenant, request.Flow, t.now)
}
