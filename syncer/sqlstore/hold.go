package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/contactlink/contactlink/syncer"
)

// holding is what Commit knows of a key's mark and intent. It is kept in step
// with what the transaction writes.
type holding struct {
	number, fence int64
	intent        bool
}

// hold reads at once what the results are about: a query for each would be most
// of what a transaction on a server takes.
func (t *tx) hold(ctx context.Context, results []syncer.Result) error {
	t.held = make(map[syncer.Key]*holding, len(results))
	t.known, t.holders = map[syncer.Key]*syncer.Link{}, map[syncer.Key]string{}
	var keys, targets []syncer.Key
	for _, result := range results {
		if t.held[result.Key] == nil {
			t.held[result.Key] = &holding{}
			t.known[result.Key] = nil
			keys = append(keys, result.Key)
		}
		if result.Link == nil || !result.Link.State.HasTarget() || result.Link.Target.ID == "" {
			continue
		}
		target := syncer.Key{Tenant: result.Tenant, Flow: result.Flow, ID: result.Link.Target.ID}
		if _, asked := t.holders[target]; !asked {
			t.holders[target] = ""
			targets = append(targets, target)
		}
	}
	for some := range slices.Chunk(keys, maxIDs) {
		if err := errors.Join(t.holdMarks(ctx, some), t.holdLinks(ctx, some)); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(targets, maxIDs) {
		if err := t.holdTargets(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) holdMarks(ctx context.Context, keys []syncer.Key) error {
	among, args := amongKeys(keys)
	return t.each(ctx, func(rows scanner) error {
		var key syncer.Key
		var h holding
		err := rows.Scan(&key.Tenant, &key.Flow, &key.ID, &h.number, &h.fence, &h.intent)
		*t.held[key] = h
		return err
	}, `SELECT m.tenant, m.flow, m.id, m.number, m.fence,
			EXISTS (SELECT 1 FROM {p}intents i WHERE i.tenant = m.tenant AND i.flow = m.flow AND i.id = m.id)
		FROM {p}marks m WHERE (m.tenant, m.flow, m.id) IN `+among, args...)
}

func (t *tx) holdLinks(ctx context.Context, keys []syncer.Key) error {
	among, args := amongKeys(keys)
	links, err := t.links(ctx, `(l.tenant, l.flow, l.id) IN `+among, args...)
	for i := range links {
		t.known[links[i].Key] = &links[i]
	}
	return err
}

func (t *tx) holdTargets(ctx context.Context, targets []syncer.Key) error {
	among, args := amongKeys(targets)
	return t.each(ctx, func(rows scanner) error {
		var target syncer.Key
		var id string
		err := rows.Scan(&target.Tenant, &target.Flow, &target.ID, &id)
		t.holders[target] = id
		return err
	}, `SELECT l.tenant, l.flow, l.target_id, l.id FROM {p}links l
		WHERE l.target_id <> '' AND (l.tenant, l.flow, l.target_id) IN `+among, args...)
}

// learn keeps what is known in step with a link that is written, or goes (nil).
func (t *tx) learn(key syncer.Key, old, now *syncer.Link) {
	if t.known == nil {
		return
	}
	t.known[key] = now
	target := syncer.Key{Tenant: key.Tenant, Flow: key.Flow}
	if old != nil && old.Target.ID != "" {
		target.ID = old.Target.ID
		if t.holders[target] == key.ID {
			t.holders[target] = ""
		}
	}
	if now != nil && now.Target.ID != "" {
		target.ID = now.Target.ID
		t.holders[target] = key.ID
	}
}

// dropDone deletes the marks that are done. It comes before whatever looks at
// marks again.
func (t *tx) dropDone(ctx context.Context) error {
	for some := range slices.Chunk(t.done, maxIDs) {
		among, args := amongKeys(some)
		if err := t.do(ctx, `DELETE FROM {p}marks WHERE (tenant, flow, id) IN `+among, args...); err != nil {
			return err
		}
	}
	t.done = nil
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
