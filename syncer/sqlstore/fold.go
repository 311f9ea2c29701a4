package sqlstore

import (
	"context"

	"github.com/contactlink/contactlink/syncer"
)

// Fold implements syncer.MarkStore.
func (s *Store) Fold(ctx context.Context, request syncer.FoldRequest) (folded int, err error) {
	err = s.write(ctx, "fold marks", func(t *tx) error {
		var total int
		err := t.one(ctx, &total, `SELECT COUNT(*) FROM {p}marks WHERE tenant = ?`, request.Tenant)
		if err != nil || total <= request.Most || len(request.Flows) == 0 {
			return err
		}
		ofFlows, flows := in("flow", request.Flows)
		n, err := t.changed(ctx, `DELETE FROM {p}marks WHERE tenant = ?`+ofFlows+`
			AND status = 0 AND fence = 0 AND doubt = 0 AND released = 0
			AND NOT EXISTS (SELECT 1 FROM {p}intents i WHERE i.tenant = {p}marks.tenant AND i.flow = {p}marks.flow AND i.id = {p}marks.id)
			AND NOT EXISTS (SELECT 1 FROM {p}links l WHERE l.tenant = {p}marks.tenant AND l.flow = {p}marks.flow AND l.id = {p}marks.id
				AND l.state IN (?, ?))`,
			append(append([]any{request.Tenant}, flows...), string(syncer.Held), string(syncer.Leaving))...)
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
