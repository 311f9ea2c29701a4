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
		if err := t.hold(ctx, results); err != nil {
			return err
		}
		for i, result := range results {
			errs[i] = t.commit(ctx, result)
			if err := errs[i]; err != nil && !errors.Is(err, syncer.ErrFenced) && !errors.Is(err, syncer.ErrTargetTaken) {
				return err
			}
		}
		if err := t.dropDone(ctx); err != nil {
			return err
		}
		return t.writeLog(ctx)
	})
	return allOr(errs, err)
}

// commit writes one result. What it refuses, it refuses before it writes: P6, that of
// a lease that is not held any more, and P2, a second link of a target record, which
// the index links_target forbids as well.
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
	if err := t.makeWay(ctx, result); err != nil {
		return err
	}
	switch {
	case result.Forget:
		err = t.dropLink(ctx, result.Key)
	case result.Link != nil:
		link := *result.Link
		link.Key = result.Key
		err = t.putLink(ctx, link)
	default:
		err = t.do(ctx, `UPDATE {p}links SET touched = ?, touched_at = ? WHERE tenant = ? AND flow = ? AND id = ?`,
			t.next(), t.now, result.Tenant, result.Flow, result.ID)
	}
	if err != nil {
		return err
	}
	if !result.Doubt && t.held[result.Key].intent {
		err := t.do(ctx, `DELETE FROM {p}intents WHERE tenant = ? AND flow = ? AND id = ?`, result.Tenant, result.Flow, result.ID)
		if err != nil {
			return err
		}
	}
	if err := t.settle(ctx, result, number); err != nil {
		return err
	}
	if err := t.release(ctx, result); err != nil {
		return err
	}
	if err := t.notify(ctx, result.Marks); err != nil {
		return err
	}
	t.log(result.Event)
	return nil
}

// makeWay drops the link that holds the record of the target that the result
// wants, if that one yields. It refuses before anything is written.
func (t *tx) makeWay(ctx context.Context, result syncer.Result) error {
	if result.Link == nil || !result.Link.State.HasTarget() || result.Link.Target.ID == "" {
		return nil
	}
	id := t.holders[syncer.Key{Tenant: result.Tenant, Flow: result.Flow, ID: result.Link.Target.ID}]
	if id == "" || id == result.ID {
		return nil
	}
	if err := t.dropDone(ctx); err != nil {
		return err
	}
	var state string
	var leased bool
	err := t.each(ctx, func(rows scanner) error { return rows.Scan(&state, &leased) },
		`SELECT l.state, EXISTS (SELECT 1 FROM {p}marks m WHERE m.tenant = l.tenant AND m.flow = l.flow AND m.id = l.id AND m.fence <> 0 AND m.due > ?)
		FROM {p}links l WHERE l.tenant = ? AND l.flow = ? AND l.id = ?`, t.now, result.Tenant, result.Flow, id)
	if err != nil {
		return err
	}
	key := syncer.Key{Tenant: result.Tenant, Flow: result.Flow, ID: id}
	if syncer.State(state) != syncer.Detached {
		if id != result.Inherits || leased || syncer.State(state) == syncer.Leaving {
			return syncer.ErrTargetTaken
		}
		if err := t.markFamily(ctx, key, result.Children, true); err != nil {
			return err
		}
	}
	return t.dropLink(ctx, key)
}

// settle says what becomes of the mark.
func (t *tx) settle(ctx context.Context, result syncer.Result, number int64) error {
	t.held[result.Key].fence = 0
	key := []any{result.Tenant, result.Flow, result.ID}
	const where = ` WHERE tenant = ? AND flow = ? AND id = ?`
	moved, err := t.parentMoved(ctx, result)
	switch {
	case err != nil:
		return err
	case moved || number != result.Number: // marked again meanwhile
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = 0, snoozes = 0, doubt = ?, kind = ?, error = ?`+where,
			append([]any{t.now, flag(result.Doubt), result.Event.Kind, result.Event.Error}, key...)...)
	case result.Next == syncer.Done:
		t.done = append(t.done, result.Key)
		return nil
	case result.Next == syncer.Again:
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = ?, snoozes = ?, doubt = ?, kind = ?, error = ?,
			lane = CASE WHEN lane < ? THEN ? ELSE lane END`+where,
			append([]any{t.now + result.After.Microseconds(), result.Attempt, result.Snoozes, flag(result.Doubt),
				result.Event.Kind, result.Event.Error, syncer.Retry, syncer.Retry}, key...)...)
	case result.Next == syncer.Dead:
		return t.do(ctx, `UPDATE {p}marks SET fence = 0, status = 2, attempt = ?, snoozes = ?, doubt = ?, kind = ?, error = ?`+where,
			append([]any{result.Attempt, result.Snoozes, flag(result.Doubt), result.Event.Kind, result.Event.Error}, key...)...)
	}
	park := result.Park
	status, err := t.parkStatus(ctx, result.Key, park)
	if err != nil {
		return err
	}
	if status == alive {
		park = syncer.Park{}
	}
	if park.Target != "" {
		t.parked = nil // asked anew
	}
	return t.do(ctx, `UPDATE {p}marks SET fence = 0, due = ?, attempt = ?, snoozes = ?, doubt = ?, kind = ?, error = ?,
		status = ?, park_flow = ?, park_id = ?, park_target = ?, park_field = ?`+where,
		append([]any{t.now, result.Attempt, result.Snoozes, flag(result.Doubt), result.Event.Kind, result.Event.Error,
			status, park.Parent.Flow, park.Parent.ID, park.Target, park.Field}, key...)...)
}

// parentMoved reports whether the parent's link was touched since a result was
// decided by it.
func (t *tx) parentMoved(ctx context.Context, result syncer.Result) (bool, error) {
	parent := result.Park.Parent
	if result.Next != syncer.Done || parent.ID == "" {
		return false, nil
	}
	var touched int64
	err := t.one(ctx, &touched, `SELECT touched FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, parent.Tenant, parent.Flow, parent.ID)
	return touched != result.Park.Seen, err
}

// parkStatus is alive if what the mark waits for is out of the way by now: no
// wake-up would come any more.
func (t *tx) parkStatus(ctx context.Context, key syncer.Key, park syncer.Park) (int, error) {
	if park.Target != "" {
		var touched int64
		err := t.one(ctx, &touched, `SELECT touched FROM {p}links WHERE tenant = ? AND flow = ? AND target_id = ? AND target_id <> ''`, key.Tenant, key.Flow, park.Target)
		if touched != park.Seen {
			return alive, err
		}
		return parked, err
	}
	var state string
	err := t.one(ctx, &state, `SELECT state FROM {p}links WHERE tenant = ? AND flow = ? AND id = ?`, park.Parent.Tenant, park.Parent.Flow, park.Parent.ID)
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
	if result.Cascade {
		if err := t.unlinkFamily(ctx, result.Key, result.Children); err != nil {
			return err
		}
	}
	return t.markFamily(ctx, result.Key, result.Children, result.Forget || result.Replaced || result.Link != nil && result.Link.State != syncer.Linked)
}

// unlinkFamily unlinks the children of a key, whose records went with its own,
// but for those on which somebody works, or worked last.
func (t *tx) unlinkFamily(ctx context.Context, parent syncer.Key, flows []string) error {
	ofFlows, args := in("flow", flows)
	links, err := t.links(ctx, `l.tenant = ? AND l.parent = ? AND l.parent <> ''`+ofFlows+hasTarget+`
		AND NOT EXISTS (SELECT 1 FROM {p}marks m WHERE m.tenant = l.tenant AND m.flow = l.flow AND m.id = l.id AND (m.fence <> 0 OR m.doubt = 1))
		ORDER BY l.flow, l.id`,
		append([]any{parent.Tenant, parent.ID}, args...)...)
	if err != nil {
		return err
	}
	for _, link := range links {
		link.State = syncer.Unlinked
		if err := t.putLink(ctx, link); err != nil {
			return err
		}
	}
	return nil
}

// markFamily marks the children of a key: all of them, or those that it may
// concern that their parent came.
func (t *tx) markFamily(ctx context.Context, parent syncer.Key, flows []string, all bool) error {
	if len(flows) == 0 {
		return nil
	}
	ofFlows, args := in("flow", flows)
	args = append([]any{parent.Tenant, parent.ID}, args...)
	var keys []syncer.Key
	err := t.each(ctx, func(rows scanner) error {
		key := syncer.Key{Tenant: parent.Tenant}
		err := rows.Scan(&key.Flow, &key.ID)
		keys = append(keys, key)
		return err
	}, `SELECT flow, id FROM {p}links WHERE tenant = ? AND parent = ? AND parent <> ''`+ofFlows+`
		AND (? = 1 OR state NOT IN (?, ?, ?)) ORDER BY flow, id`,
		append(args, flag(all), string(syncer.Linked), string(syncer.Held), string(syncer.Leaving))...)
	if err != nil {
		return err
	}
	for _, key := range keys {
		mark := syncer.Mark{Key: key, Parent: parent.ID, Lane: syncer.Sweep, Trigger: "parent"}
		if err := t.mark(ctx, mark, 0); err != nil {
			return err
		}
	}
	return nil
}
