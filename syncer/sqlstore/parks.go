package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/syncer"
)

// letGo releases what waits for a record of the target that a link lets go or
// takes, or for a field of it that changed.
func (t *tx) letGo(ctx context.Context, old, now *syncer.Link) error {
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
	query, args := unparked+` AND park_target = ?`, []any{t.now, link.Tenant, link.Flow, link.Target.ID}
	if fields != nil {
		in, names := oneOf(fields)
		query, args = query+` AND park_field`+in, append(args, names...)
	}
	return t.do(ctx, query, args...)
}

// oneOf is a condition for one of these values.
func oneOf(values []string) (string, []any) {
	args := make([]any, len(values))
	for i, value := range values {
		args[i] = value
	}
	return ` IN (?` + strings.Repeat(", ?", len(values)-1) + `)`, args
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
			in, args := oneOf(values)
			if err := t.do(ctx, unparked+` AND park_target <> '' AND `+column+in, append(slices.Clone(all), args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Marks implements syncer.MarkStore.
func (s *Store) Marks(ctx context.Context, query syncer.MarkQuery) ([]syncer.StoredMark, error) {
	limit := query.N
	if limit <= 0 {
		limit = defaultEvents
	}
	const status = `CASE WHEN status = 2 THEN 4 WHEN fence <> 0 THEN 2 WHEN status = 1 THEN 3 ELSE 1 END`
	where, args := "", []any{query.Tenant, query.Flow, query.After, query.Status, query.Status}
	if len(query.IDs) > 0 {
		in, ids := oneOf(query.IDs)
		where, args = ` AND id`+in, append(args, ids...)
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
		FROM {p}marks WHERE tenant = ? AND flow = ? AND id > ? AND (? = 0 OR `+status+` = ?)`+where+` ORDER BY id LIMIT ?`,
		append(args, limit)...)
	return marks, err
}

// Fold implements syncer.MarkStore.
func (s *Store) Fold(ctx context.Context, request syncer.FoldRequest) (folded int, err error) {
	err = s.write(ctx, "fold marks", func(t *tx) error {
		var total int
		err := t.one(ctx, &total, `SELECT COUNT(*) FROM {p}marks WHERE tenant = ?`, request.Tenant)
		if err != nil || total <= request.Most || len(request.Flows) == 0 {
			return err
		}
		in, flows := oneOf(request.Flows)
		done, err := t.ExecContext(ctx, s.sql(`DELETE FROM {p}marks WHERE tenant = ? AND flow`+in+`
			AND status = 0 AND fence = 0 AND doubt = 0 AND released = 0
			AND NOT EXISTS (SELECT 1 FROM {p}intents i WHERE i.tenant = {p}marks.tenant AND i.flow = {p}marks.flow AND i.id = {p}marks.id)
			AND NOT EXISTS (SELECT 1 FROM {p}links l WHERE l.tenant = {p}marks.tenant AND l.flow = {p}marks.flow AND l.id = {p}marks.id
				AND l.state IN (?, ?))`),
			append(append([]any{request.Tenant}, flows...), string(syncer.Held), string(syncer.Leaving))...)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if folded = int(n); err != nil || n == 0 {
			return err
		}
		id := syncer.SweepID{Tenant: request.Tenant, Name: syncer.SweepOwed}
		state, _, err := t.sweep(ctx, id)
		if err != nil {
			return err
		}
		if state, err = t.begin(ctx, id, state); err != nil {
			return err
		}
		return t.putSweep(ctx, id, state, t.now)
	})
	return folded, err
}
