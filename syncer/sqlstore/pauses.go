package sqlstore

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Pause implements syncer.PauseStore.
func (s *Store) Pause(ctx context.Context, pause syncer.Pause) error {
	return s.write(ctx, "store a pause", func(t *tx) error {
		return t.do(ctx, `INSERT INTO {p}pauses (tenant, flow, reason, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, flow) DO UPDATE SET reason = excluded.reason`, pause.Tenant, pause.Flow, pause.Reason, t.now)
	})
}

// Resume implements syncer.PauseStore.
func (s *Store) Resume(ctx context.Context, tenant, flow string) (bool, error) {
	var ended int64
	err := s.write(ctx, "end a pause", func(t *tx) (err error) {
		ended, err = t.changed(ctx, `DELETE FROM {p}pauses WHERE tenant = ? AND flow = ?`, tenant, flow)
		return err
	})
	return ended > 0, err
}

// Pauses implements syncer.PauseStore.
func (s *Store) Pauses(ctx context.Context) ([]syncer.Pause, error) {
	var pauses []syncer.Pause
	err := s.read(ctx, "read the pauses", func(rows scanner) error {
		var pause syncer.Pause
		var at int64
		err := rows.Scan(&pause.Tenant, &pause.Flow, &pause.Reason, &at)
		pause.Time = time.UnixMicro(at).UTC()
		pauses = append(pauses, pause)
		return err
	}, `SELECT tenant, flow, reason, at FROM {p}pauses ORDER BY tenant, flow`)
	return pauses, err
}
