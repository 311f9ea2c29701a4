package sqlstore

import (
	"context"
	"time"

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

// Sweep implements syncer.SweepStore.
func (s *Store) Sweep(ctx context.Context, id syncer.SweepID) (state syncer.SweepState, err error) {
	var leased int64
	err = s.read(ctx, "read a sweep's state", scanSweep(&state, &leased), sweepOf, id.Tenant, id.Flow, id.Name)
	return state, err
}

// sweep reads a sweep, and until when it is reserved, within the transaction.
func (t *tx) sweep(ctx context.Context, id syncer.SweepID) (state syncer.SweepState, leased int64, err error) {
	err = t.each(ctx, scanSweep(&state, &leased), sweepOf, id.Tenant, id.Flow, id.Name)
	return state, leased, err
}

const sweepOf = `SELECT generation, previous, fence, leased, position, complete, watermark, started, completed
	FROM {p}sweeps WHERE tenant = ? AND flow = ? AND name = ?`

func scanSweep(state *syncer.SweepState, leased *int64) func(scanner) error {
	return func(rows scanner) error {
		var started, completed int64
		err := rows.Scan(&state.Generation, &state.Previous, &state.Fence, leased, &state.Cursor, &state.Complete,
			&state.Watermark, &started, &completed)
		state.Started, state.Completed = moment(started), moment(completed)
		return err
	}
}

func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}

// BeginSweep implements syncer.SweepStore.
func (s *Store) BeginSweep(ctx context.Context, id syncer.SweepID, lease time.Duration) (state syncer.SweepState, err error) {
	err = s.write(ctx, "begin a sweep", func(t *tx) error {
		var leased int64
		if state, leased, err = t.sweep(ctx, id); err != nil {
			return err
		}
		if leased > t.now {
			return syncer.ErrSweeping
		}
		if state.Generation == 0 || state.Complete {
			if state, err = t.begin(ctx, id, state); err != nil {
				return err
			}
		}
		state.Fence = t.next()
		return t.putSweep(ctx, id, state, t.now+lease.Microseconds())
	})
	return state, err
}

// begin starts a new generation.
func (t *tx) begin(ctx context.Context, id syncer.SweepID, state syncer.SweepState) (syncer.SweepState, error) {
	if state.Complete {
		state.Previous = state.Generation
	}
	state.Generation, state.Cursor, state.Complete, state.Started = t.next(), "", false, moment(t.now)
	return state, t.do(ctx, `DELETE FROM {p}seen WHERE tenant = ? AND flow = ? AND name = ?`, id.Tenant, id.Flow, id.Name)
}

func (t *tx) putSweep(ctx context.Context, id syncer.SweepID, state syncer.SweepState, leased int64) error {
	var completed int64
	if !state.Completed.IsZero() {
		completed = state.Completed.UnixMicro()
	}
	return t.do(ctx, `INSERT INTO {p}sweeps (tenant, flow, name, generation, previous, fence, leased, position, complete, watermark, started, completed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, flow, name) DO UPDATE SET generation = excluded.generation, previous = excluded.previous,
			fence = excluded.fence, leased = excluded.leased, position = excluded.position, complete = excluded.complete,
			watermark = excluded.watermark, started = excluded.started, completed = excluded.completed`,
		id.Tenant, id.Flow, id.Name, state.Generation, state.Previous, state.Fence, leased, state.Cursor,
		flag(state.Complete), state.Watermark, state.Started.UnixMicro(), completed)
}

// Observe implements syncer.SweepStore. P10: marks and cursor are stored together.
func (s *Store) Observe(ctx context.Context, o syncer.Observation) error {
	return s.write(ctx, "store a page", func(t *tx) error {
		if err := t.advance(ctx, o); err != nil {
			return err
		}
		for _, id := range o.Seen {
			err := t.do(ctx, `INSERT INTO {p}seen (tenant, flow, name, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, o.Tenant, o.Flow, o.Name, id)
			if err != nil {
				return err
			}
		}
		if len(o.Marks) == 0 {
			return nil
		}
		logged, err := t.logged(ctx, o.Since)
		if err != nil {
			return err
		}
		for _, mark := range o.Marks {
			if err := t.observe(ctx, mark, o.Since, logged); err != nil {
				return err
			}
		}
		return nil
	})
}

// logged are the keys that the log has rows of that are newer than a number:
// what is forgotten by now was still known then.
func (t *tx) logged(ctx context.Context, since int64) (map[syncer.Key]bool, error) {
	keys := map[syncer.Key]bool{}
	err := t.each(ctx, func(rows scanner) error {
		var key syncer.Key
		err := rows.Scan(&key.Tenant, &key.Flow, &key.ID)
		keys[key] = true
		return err
	}, `SELECT tenant, flow, id FROM {p}events WHERE number > ?`, since)
	return keys, err
}

// advance stores how far a sweep has come, if it is still the caller's.
func (t *tx) advance(ctx context.Context, o syncer.Observation) error {
	if o.Name == "" {
		return nil
	}
	before, _, err := t.sweep(ctx, o.SweepID)
	if err != nil {
		return err
	}
	if before.Fence != o.State.Fence || before.Generation != o.State.Generation {
		return syncer.ErrFenced
	}
	state := o.State
	state.Previous, state.Started, state.Completed = before.Previous, before.Started, before.Completed
	if state.Complete && !before.Complete {
		state.Completed = moment(t.now)
	}
	return t.putSweep(ctx, o.SweepID, state, t.now+o.Lease.Microseconds())
}

// observe marks a row of a page. The row is kept only if nothing happened to
// the key since the page was requested.
func (t *tx) observe(ctx context.Context, mark syncer.Mark, since int64, logged map[syncer.Key]bool) error {
	var newer int
	err := t.one(ctx, &newer, `SELECT (SELECT COUNT(*) FROM {p}marks WHERE tenant = ? AND flow = ? AND id = ?)
		+ (SELECT COUNT(*) FROM {p}links WHERE tenant = ? AND flow = ? AND id = ? AND touched > ?)`,
		mark.Tenant, mark.Flow, mark.ID, mark.Tenant, mark.Flow, mark.ID, since)
	if err != nil {
		return err
	}
	fresh := newer == 0 && !logged[mark.Key]
	if !fresh {
		mark.Row, mark.RowGone = nil, false
	}
	return t.mark(ctx, mark, int64(flag(fresh)))
}
