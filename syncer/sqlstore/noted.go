package sqlstore

import (
	"context"
	"time"
)

// keepNotes is how long a note of a record of the target is kept.
const keepNotes = 48 * time.Hour

// NoteTargets implements syncer.LinkStore.
func (s *Store) NoteTargets(ctx context.Context, tenant, flow string, targetIDs []string) error {
	return s.write(ctx, "note records of the target", func(t *tx) error {
		if err := t.do(ctx, `DELETE FROM {p}noted WHERE at < ?`, t.now-keepNotes.Microseconds()); err != nil {
			return err
		}
		for _, id := range targetIDs {
			err := t.do(ctx, `INSERT INTO {p}noted (tenant, flow, target_id, number, at) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (tenant, flow, target_id) DO UPDATE SET number = excluded.number, at = excluded.at`, tenant, flow, id, t.next(), t.now)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// NotedTargets implements syncer.LinkStore.
func (s *Store) NotedTargets(ctx context.Context, tenant, flow string, after int64) (targetIDs []string, last int64, err error) {
	last = after
	err = s.read(ctx, "read which records of the target were noted", func(rows scanner) error {
		var id string
		err := rows.Scan(&id, &last)
		targetIDs = append(targetIDs, id)
		return err
	}, `SELECT target_id, number FROM {p}noted WHERE tenant = ? AND flow = ? AND number > ? ORDER BY number`, tenant, flow, after)
	return targetIDs, last, err
}
