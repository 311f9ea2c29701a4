package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// The values of the column status.
const (
	alive = iota
	parked
	dead
)

// keepEventIDs is how long the id of an event is remembered.
const keepEventIDs = 48 * time.Hour

// Notify implements syncer.MarkStore.
func (s *Store) Notify(ctx context.Context, marks []syncer.Mark) error {
	return s.write(ctx, "store marks", func(t *tx) error {
		if err := t.notify(ctx, marks); err != nil {
			return err
		}
		return t.do(ctx, `DELETE FROM {p}event_ids WHERE at < ?`, t.now-keepEventIDs.Microseconds())
	})
}

func (t *tx) notify(ctx context.Context, marks []syncer.Mark) error {
	for _, mark := range marks {
		if mark.EventID != "" {
			fresh, err := t.remember(ctx, mark.Tenant, mark.EventID)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
		}
		mark.Row, mark.RowGone = nil, false
		if err := t.mark(ctx, mark, 0); err != nil {
			return err
		}
	}
	return nil
}

// remember stores the id of an event. It reports whether it is new.
func (t *tx) remember(ctx context.Context, tenant, id string) (bool, error) {
	done, err := t.ExecContext(ctx, t.store.sql(
		`INSERT INTO {p}event_ids (tenant, id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`), tenant, id, t.now)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// mark marks a key, or renews its mark. scan is 0, or 1 if the mark's row stands
// in for a read.
func (t *tx) mark(ctx context.Context, mark syncer.Mark, scan int64) error {
	number := t.next()
	return t.do(ctx, `
		INSERT INTO {p}marks (tenant, flow, id, parent, lane, gone, drift, released, event_id, cause, evidence,
			scanned, scanned_gone, scan_number, number, fence, due, attempt, snoozes, doubt, kind, error, status, park_flow, park_id, park_target, park_field)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, '', '', 0, '', '', '', '')
		ON CONFLICT (tenant, flow, id) DO UPDATE SET
			parent       = CASE WHEN excluded.parent = '' THEN parent ELSE excluded.parent END,
			lane         = CASE WHEN excluded.lane < lane THEN excluded.lane ELSE lane END,
			gone         = excluded.gone,
			drift        = CASE WHEN excluded.drift = 1 THEN 1 ELSE drift END,
			released     = CASE WHEN excluded.released = 1 THEN 1 ELSE released END,
			event_id     = excluded.event_id,
			cause        = excluded.cause,
			evidence     = COALESCE(excluded.evidence, evidence),
			scanned      = excluded.scanned,
			scanned_gone = excluded.scanned_gone,
			scan_number  = excluded.scan_number,
			number       = excluded.number,
			due          = CASE WHEN fence <> 0 THEN due ELSE excluded.due END,
			snoozes      = 0,
			attempt      = CASE WHEN status = 2 THEN 0 ELSE attempt END,
			status       = CASE WHEN status = 2 THEN 0 ELSE status END`,
		mark.Tenant, mark.Flow, mark.ID, mark.Parent, mark.Lane, flag(mark.Gone), flag(mark.Drift), flag(mark.Released),
		mark.EventID, mark.Trigger, blob(mark.Evidence), blob(mark.Row), flag(mark.RowGone), scan*number, number, t.now)
}

// blob is nil for nothing, so that the column is NULL.
func blob(data []byte) any {
	if data == nil {
		return nil
	}
	return data
}

// holder says whether the fence is the key's lease, and the mark's number.
func (t *tx) holder(ctx context.Context, key syncer.Key, fence int64) (number int64, held bool, err error) {
	err = t.one(ctx, &number, `SELECT number FROM {p}marks WHERE tenant = ? AND flow = ? AND id = ? AND fence = ? AND fence <> 0`,
		key.Tenant, key.Flow, key.ID, fence)
	return number, number != 0, err
}

// Extend implements syncer.MarkStore.
func (s *Store) Extend(ctx context.Context, leases []syncer.Lease, d time.Duration) []error {
	errs := make([]error, len(leases))
	err := s.write(ctx, "extend leases", func(t *tx) error {
		for i, lease := range leases {
			_, held, err := t.holder(ctx, lease.Key, lease.Fence)
			if err != nil {
				return err
			}
			if !held {
				errs[i] = syncer.ErrFenced
				continue
			}
			err = t.do(ctx, `UPDATE {p}marks SET due = ? WHERE tenant = ? AND flow = ? AND id = ?`,
				t.now+d.Microseconds(), lease.Tenant, lease.Flow, lease.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return allOr(errs, err)
}

// allOr is errs, or err for each of them.
func allOr(errs []error, err error) []error {
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

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

// Counts implements syncer.MarkStore.
func (s *Store) Counts(ctx context.Context, tenant, flow string) (map[string]syncer.MarkCounts, error) {
	counts := map[string]syncer.MarkCounts{}
	err := s.read(ctx, "count marks", func(rows scanner) error {
		var name string
		var status, n int
		var leased bool
		if err := rows.Scan(&name, &status, &leased, &n); err != nil {
			return err
		}
		c := counts[name]
		switch {
		case status == dead:
			c.Dead += n
		case leased:
			c.Claimed += n
		case status == parked:
			c.Parked += n
		case status == alive:
			c.Waiting += n
		default:
			return fmt.Errorf("a mark has the unknown status %d", status)
		}
		counts[name] = c
		return nil
	}, `SELECT flow, status, fence <> 0, COUNT(*) FROM {p}marks
		WHERE (? = '' OR tenant = ?) AND (? = '' OR flow = ?) GROUP BY 1, 2, 3`, tenant, tenant, flow, flow)
	return counts, err
}
