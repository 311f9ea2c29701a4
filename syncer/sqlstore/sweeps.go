package sqlstore

import (
	"context"

	"github.com/contactlink/contactlink/syncer"
)

// Draw implements syncer.SweepStore.
func (s *Store) Draw(ctx context.Context) (number int64, err error) {
	err = s.write(ctx, "draw a number", func(t *tx) error {
		number = t.next()
		return nil
	})
	return number, err
}

// SweepState implements syncer.SweepStore.
func (s *Store) SweepState(ctx context.Context, tenant, flow string) (syncer.SweepState, error) {
	var state syncer.SweepState
	err := s.read(ctx, "read a sweep's state", func(rows scanner) error {
		return rows.Scan(&state.Generation, &state.Cursor, &state.Complete, &state.Watermark)
	}, `SELECT generation, position, complete, watermark FROM {p}sweeps WHERE tenant = ? AND flow = ?`, tenant, flow)
	return state, err
}

// Observe implements syncer.SweepStore.
func (s *Store) Observe(ctx context.Context, o syncer.Observation) error {
	return s.write(ctx, "store a page", func(t *tx) error {
		var generation int64
		err := t.one(ctx, &generation, `SELECT generation FROM {p}sweeps WHERE tenant = ? AND flow = ?`, o.Tenant, o.Flow)
		if err != nil {
			return err
		}
		if generation != o.Sweep.Generation {
			if err := t.do(ctx, `DELETE FROM {p}seen WHERE tenant = ? AND flow = ?`, o.Tenant, o.Flow); err != nil {
				return err
			}
		}
		for _, id := range o.Seen {
			err := t.do(ctx, `INSERT INTO {p}seen (tenant, flow, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, o.Tenant, o.Flow, id)
			if err != nil {
				return err
			}
		}
		for _, mark := range o.Marks {
			if err := t.observe(ctx, mark, o.Since); err != nil {
				return err
			}
		}
		return t.do(ctx, `INSERT INTO {p}sweeps (tenant, flow, generation, position, complete, watermark) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, flow) DO UPDATE SET generation = excluded.generation, position = excluded.position,
				complete = excluded.complete, watermark = excluded.watermark`,
			o.Tenant, o.Flow, o.Sweep.Generation, o.Sweep.Cursor, flag(o.Sweep.Complete), o.Sweep.Watermark)
	})
}

// observe marks a row of a page. The row is kept only if nothing happened to
// the key since the page was requested.
func (t *tx) observe(ctx context.Context, mark syncer.Mark, since int64) error {
	var newer int
	err := t.one(ctx, &newer, `SELECT (SELECT COUNT(*) FROM {p}marks WHERE tenant = ? AND flow = ? AND id = ?)
		+ (SELECT COUNT(*) FROM {p}links WHERE tenant = ? AND flow = ? AND id = ? AND touched > ?)`,
		mark.Tenant, mark.Flow, mark.ID, mark.Tenant, mark.Flow, mark.ID, since)
	if err != nil {
		return err
	}
	if newer > 0 {
		mark.Row, mark.RowGone = nil, false
	}
	return t.mark(ctx, mark, int64(flag(newer == 0)))
}
