package sqlstore

import (
	"context"
	"fmt"

	"github.com/contactlink/contactlink/syncer"
)

// Counts implements syncer.MarkStore.
func (s *Store) Counts(ctx context.Context, tenant, flow string) (map[string]syncer.MarkCounts, error) {
	var chosen where
	chosen.equal("tenant", tenant)
	chosen.equal("flow", flow)
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
		WHERE `+chosen.String()+` GROUP BY 1, 2, 3`, chosen.args...)
	return counts, err
}

// Marks implements syncer.MarkStore.
func (s *Store) Marks(ctx context.Context, query syncer.MarkQuery) ([]syncer.StoredMark, error) {
	limit := query.N
	if limit <= 0 {
		limit = defaultEvents
	}
	const status = `CASE WHEN status = 2 THEN 4 WHEN fence <> 0 THEN 2 WHEN status = 1 THEN 3 ELSE 1 END`
	var chosen where
	chosen.add("tenant = ? AND flow = ? AND id > ?", query.Tenant, query.Flow, query.After)
	if query.Status != syncer.MarkAny {
		chosen.add(status+" = ?", query.Status)
	}
	if len(query.IDs) > 0 {
		among, ids := in("id", query.IDs)
		chosen.add("1 = 1"+among, ids...)
	}
	var marks []syncer.StoredMark
	err := s.read(ctx, "list marks", func(rows scanner) error {
		m := syncer.StoredMark{Mark: syncer.Mark{Key: syncer.Key{Tenant: query.Tenant, Flow: query.Flow}}}
		var evidence []byte
		err := rows.Scan(&m.ID, &m.Parent, &m.Lane, &m.Gone, &m.Drift, &m.Released, &m.EventID, &m.Trigger, &evidence,
			&m.Number, &m.Status, &m.Attempt, &m.Kind, &m.Error, &m.Park.Parent.Flow, &m.Park.Parent.ID, &m.Park.Target, &m.Park.Field)
		m.Evidence = evidence
		if m.Park.Parent.ID != "" {
			m.Park.Parent.Tenant = query.Tenant
		}
		marks = append(marks, m)
		return err
	}, `SELECT id, parent, lane, gone, drift, released, event_id, cause, evidence, number, `+status+`, attempt, kind, error,
			park_flow, park_id, park_target, park_field
		FROM {p}marks WHERE `+chosen.String()+` ORDER BY id LIMIT ?`, append(chosen.args, limit)...)
	return marks, err
}
