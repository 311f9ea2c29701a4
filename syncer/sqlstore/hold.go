package sqlstore

import (
	"context"
	"slices"

	"github.com/contactlink/contactlink/syncer"
)

// holding is what Commit knows of a key's mark and intent. It is kept in step
// with what the transaction writes.
type holding struct {
	number, fence int64
	intent        bool
}

// hold reads the marks of all results at once: a query for each would be most of
// what a transaction on a server takes.
func (t *tx) hold(ctx context.Context, results []syncer.Result) error {
	t.held = make(map[syncer.Key]*holding, len(results))
	keys := make([]syncer.Key, 0, len(results))
	for _, result := range results {
		if t.held[result.Key] == nil {
			t.held[result.Key] = &holding{}
			keys = append(keys, result.Key)
		}
	}
	for some := range slices.Chunk(keys, maxIDs) {
		among, args := amongKeys(some)
		err := t.each(ctx, func(rows scanner) error {
			var key syncer.Key
			var h holding
			err := rows.Scan(&key.Tenant, &key.Flow, &key.ID, &h.number, &h.fence, &h.intent)
			*t.held[key] = h
			return err
		}, `SELECT m.tenant, m.flow, m.id, m.number, m.fence,
				EXISTS (SELECT 1 FROM {p}intents i WHERE i.tenant = m.tenant AND i.flow = m.flow AND i.id = m.id)
			FROM {p}marks m WHERE (m.tenant, m.flow, m.id) IN `+among, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// holder says whether the fence is the key's lease, and the mark's number.
func (t *tx) holder(ctx context.Context, key syncer.Key, fence int64) (number int64, held bool, err error) {
	if h := t.held[key]; h != nil {
		return h.number, fence != 0 && h.fence == fence, nil
	}
	err = t.one(ctx, &number, `SELECT number FROM {p}marks WHERE tenant = ? AND flow = ? AND id = ? AND fence = ? AND fence <> 0`,
		key.Tenant, key.Flow, key.ID, fence)
	return number, number != 0, err
}

// anyParked reports whether any mark is parked under a record of the target:
// mostly there is none, and nothing to release.
func (t *tx) anyParked(ctx context.Context) (bool, error) {
	if t.parked == nil {
		found := 0
		if err := t.one(ctx, &found, `SELECT 1 FROM {p}marks WHERE park_target <> '' LIMIT 1`); err != nil {
			return false, err
		}
		parked := found == 1
		t.parked = &parked
	}
	return *t.parked, nil
}
