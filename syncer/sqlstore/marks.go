package sqlstore

import (
	"context"
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
		return t.forgetEventIDs(ctx)
	})
}

func (t *tx) forgetEventIDs(ctx context.Context) error {
	return t.do(ctx, `DELETE FROM {p}event_ids WHERE at < ?`, t.now-keepEventIDs.Microseconds())
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
	n, err := t.changed(ctx, `INSERT INTO {p}event_ids (tenant, id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, tenant, id, t.now)
	return n > 0, err
}

// freed is whether a mark that is parked under a parent is marked with evidence
// that it waits for the wrong one, or for none any more.
const freed = `m.status = 1 AND m.park_id <> '' AND (excluded.gone = 1 OR excluded.parent <> '' AND excluded.parent <> m.park_id)`

// mark marks a key, or renews its mark. scan is 0, or 1 if the mark's row stands
// in for a read.
func (t *tx) mark(ctx context.Context, mark syncer.Mark, scan int64) error {
	if err := t.dropDone(ctx); err != nil {
		return err
	}
	number := t.next()
	if h := t.held[mark.Key]; h != nil {
		h.number = number
	}
	return t.do(ctx, `
		INSERT INTO {p}marks AS m (tenant, flow, id, parent, lane, gone, drift, released, event_id, cause, evidence,
			scanned, scanned_gone, scan_number, number, fence, made, marked, due, attempt, snoozes, doubt, kind, error, status, park_flow, park_id, park_target, park_field)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, 0, 0, '', '', 0, '', '', '', '')
		ON CONFLICT (tenant, flow, id) DO UPDATE SET
			parent       = CASE WHEN excluded.parent = '' THEN m.parent ELSE excluded.parent END,
			lane         = CASE WHEN excluded.lane < m.lane THEN excluded.lane ELSE m.lane END,
			gone         = excluded.gone,
			drift        = CASE WHEN excluded.drift = 1 THEN 1 ELSE m.drift END,
			released     = CASE WHEN excluded.released = 1 THEN 1 ELSE m.released END,
			event_id     = excluded.event_id,
			cause        = excluded.cause,
			evidence     = COALESCE(excluded.evidence, m.evidence),
			scanned      = excluded.scanned,
			scanned_gone = excluded.scanned_gone,
			scan_number  = excluded.scan_number,
			number       = excluded.number,
			marked       = excluded.marked,
			due          = CASE WHEN m.fence <> 0 THEN m.due ELSE excluded.due END,
			snoozes      = 0,
			attempt      = CASE WHEN m.status = 2 THEN 0 ELSE m.attempt END,
			status       = CASE WHEN m.status = 2 OR `+freed+` THEN 0 ELSE m.status END,
			park_flow    = CASE WHEN `+freed+` THEN '' ELSE m.park_flow END,
			park_id      = CASE WHEN `+freed+` THEN '' ELSE m.park_id END`,
		mark.Tenant, mark.Flow, mark.ID, mark.Parent, mark.Lane, flag(mark.Gone), flag(mark.Drift), flag(mark.Released),
		mark.EventID, mark.Trigger, blob(mark.Evidence), blob(mark.Row), flag(mark.RowGone), scan*number, number, t.now, t.now, t.now)
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
