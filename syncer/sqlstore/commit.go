package sqlstore

import (
	"context"
	"errors"

	"github.com/contactlink/contactlink/syncer"
)

// Commit implements syncer.MarkStore.
func (s *Store) Commit(ctx context.Context, results []syncer.Result) []error {
	errs := make([]error, len(results))
	err := s.write(ctx, "store results", func(t *tx) error {
		for i, result := range results {
			errs[i] = t.commit(ctx, result)
			if err := errs[i]; err != nil && !errors.Is(err, syncer.ErrFenced) && !errors.Is(err, syncer.ErrTargetTaken) {
				return err
			}
		}
		return nil
	})
	return allOr(errs, err)
}

// commit writes one result. What it refuses, it refuses before it writes.
func (t *tx) commit(ctx context.Context, result syncer.Result) error {
	number, held, err := t.holder(ctx, result.Key, result.Fence)
	if err != nil {
		return err
	}
	if !held {
		if err := t.mark(ctx, syncer.Mark{Key: result.Key, Lane: syncer.Retry, Trigger: "fence"}, 0); err != nil {
			return err
		}
		return syncer.ErrFenced
	}
	switch {
	case result.Forget:
		err = t.do(ctx, `DELETE FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, result.Tenant, result.Flow, result.ID)
	case result.Link != nil:
		link := *result.Link
		link.Key = result.Key
		err = t.putLink(ctx, link)
	default:
		err = t.do(ctx, `UPDATE {p}links SET touched = ? WHERE tenant = ? AND flow = ? AND id = ?`,
			t.next(), result.Tenant, result.Flow, result.ID)
	}
	if err != nil {
		return err
	}
	if err := t.settle(ctx, result, number); err != nil {
		return err
	}
	if err := t.release(ctx, result); err != nil {
		return err
	}
	return t.log(ctx, result.Event)
}

// settle says what becomes of the mark.
func (t *tx) settle(ctx context.Context, result syncer.Result, number int64) error {
	key := []any{result.Tenant, result.Flow, result.ID}
	const where = ` WHERE tenant = ? AND flow = ? AND id = ?`
	switch {
	case number != result.Number: // marked again meanwhile
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = 0, doubt = ?`+where,
			append([]any{t.now, flag(result.Doubt)}, key...)...)
	case result.Next == syncer.Done:
		return t.do(ctx, `DELETE FROM {p}marks`+where, key...)
	case result.Next == syncer.Again:
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = ?, doubt = ?,
			lane = CASE WHEN lane < ? THEN ? ELSE lane END`+where,
			append([]any{t.now + result.After.Microseconds(), result.Attempt, flag(result.Doubt), syncer.Retry, syncer.Retry}, key...)...)
	case result.Next == syncer.Dead:
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, status = 2, attempt = ?, doubt = ?`+where,
			append([]any{result.Attempt, flag(result.Doubt)}, key...)...)
	}
	status, err := t.parkStatus(ctx, result.Park)
	if err != nil {
		return err
	}
	return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = ?, doubt = ?, status = ?, park_flow = ?, park_id = ?`+where,
		append([]any{t.now, result.Attempt, flag(result.Doubt), status, result.Park.Flow, result.Park.ID}, key...)...)
}

// parkStatus is alive if the parent is there, or at its end, by now: no wake-up
// would come any more.
func (t *tx) parkStatus(ctx context.Context, parent syncer.Key) (int, error) {
	var state string
	err := t.one(ctx, &state, `SELECT state FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, parent.Tenant, parent.Flow, parent.ID)
	switch syncer.State(state) {
	case "", syncer.Unlinked, syncer.Leaving:
		return parked, err
	default:
		return alive, err
	}
}

// release lets go what waits for this key, and marks the children that the
// key's new state may concern.
func (t *tx) release(ctx context.Context, result syncer.Result) error {
	if len(result.Children) == 0 {
		return nil
	}
	err := t.do(ctx, `UPDATE {p}marks SET status = 0, due = ?, park_flow = '', park_id = ''
		WHERE status = 1 AND tenant = ? AND park_flow = ? AND park_id = ?`, t.now, result.Tenant, result.Flow, result.ID)
	if err != nil {
		return err
	}
	ofChildren, flows := in("flow", result.Children)
	args := append([]any{result.Tenant, result.ID}, flows...)
	if result.Cascade {
		err := t.do(ctx, `UPDATE {p}links SET state = ?, target_id = '', target_parent = ''
			WHERE tenant = ? AND parent = ? AND parent <> ''`+ofChildren+holding, append([]any{string(syncer.Unlinked)}, args...)...)
		if err != nil {
			return err
		}
	}
	ended := result.Forget || result.Link != nil && result.Link.State != syncer.Linked
	var keys []syncer.Key
	err = t.each(ctx, func(rows scanner) error {
		key := syncer.Key{Tenant: result.Tenant}
		err := rows.Scan(&key.Flow, &key.ID)
		keys = append(keys, key)
		return err
	}, `SELECT flow, id FROM {p}links WHERE tenant = ? AND parent = ? AND parent <> ''`+ofChildren+`
		AND (? = 1 OR state IN (?, ?)) ORDER BY flow, id`,
		append(args, flag(ended), string(syncer.Filtered), string(syncer.Unlinked))...)
	if err != nil {
		return err
	}
	for _, key := range keys {
		mark := syncer.Mark{Key: key, Parent: result.ID, Lane: syncer.Sweep, Trigger: "parent"}
		if err := t.mark(ctx, mark, 0); err != nil {
			return err
		}
	}
	return nil
}
