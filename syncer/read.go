package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// resolveDoubt looks for a record that an earlier holder of the key may have
// created without linking it. Otherwise it would be orphaned if the source's
// record is gone by now (P2).
func (j *job) resolveDoubt(ctx context.Context) (result Result, ended bool) {
	holds := j.link.State.HasTarget()
	switch {
	case !j.claim.Doubt:
	case j.targetCan.ExternalIDs:
		held, err := j.find(ctx)
		switch {
		case err != nil:
			return j.failed(ctx, err), true
		case held != nil && holds:
			j.link.Target = held.Ref // what was linked may have been gone, and was made anew
		case held != nil:
			// The doubt stays until a result says what became of the record.
			j.link.State, j.link.Target, j.link.Base, j.found = Detached, held.Ref, Base{}, true
		default:
			j.claim.Doubt = holds
		}
	case j.claim.Intent != nil:
		return j.resolveIntent(ctx)
	default:
		j.claim.Doubt = holds // no intent: nothing was created
	}
	return Result{}, false
}

// settle ends the doubt about a counterpart when the mark is done without a write:
// whoever writes next would know nothing of it. What the target holds is taken to
// be what was sent, so that whatever else is wanted then is sent anew.
func (j *job) settle(ctx context.Context, result Result) Result {
	if !j.claim.Doubt || j.link.State == Detached || j.link.Base.Sent == nil {
		return result // what is adopted is read first in any case
	}
	held, err := j.held(ctx, j.link.Target)
	switch {
	case err != nil && kindOf(err) == KindGone:
		return result // whoever writes next finds out
	case err != nil:
		return j.failed(ctx, err)
	}
	if result.Link == nil {
		link := j.link
		result.Link = &link
	}
	base := &result.Link.Base
	sent := make(Fields, len(base.Sent))
	for name, value := range base.Sent {
		holds := held.Value.value(name)
		ours, isSet := elements(value)
		switch {
		case isSet && j.flow.sets[name]:
			there, _ := elements(holds)
			sent[name] = setOf(without(ours, without(ours, there)))
		case equal(holds, base.Answered.value(name)):
			sent[name] = value
		default:
			sent[name] = holds
		}
	}
	base.Sent, base.Answered, base.Version = sent, held.Value.only(sent), held.Version
	base.Source = nil // sweeps must not take a record that is as it was for one in step
	return result
}

// staleWaits are how long a read that contradicts its event is put off.
var staleWaits = [...]time.Duration{2 * time.Second, 8 * time.Second, 30 * time.Second}

// stale puts a key off whose read contradicts the event: the delete of a record
// that is there, news of one that is not. After some time the read is right.
func (j *job) stale(gone bool) (result Result, ended bool) {
	if j.claim.Trigger != "webhook" || gone == j.claim.Gone {
		return Result{}, false
	}
	if j.claim.Snoozes >= len(staleWaits) {
		j.event.Warnings = append(j.event.Warnings, "the record is not as its event said; what was read is taken to be so")
		return Result{}, false
	}
	j.event.Kind, j.event.Error = KindStale.String(), "the record is not as its event said: it is read again"
	result = j.again(Snoozed, staleWaits[j.claim.Snoozes], j.claim.Attempt)
	result.Snoozes = j.claim.Snoozes + 1
	return result, true
}

// read reads the source, or takes what a scan read for this mark.
func (j *job) read(ctx context.Context) (gone bool, err error) {
	ref := Ref{ID: j.claim.ID, Parent: j.claim.Parent}
	if ref.Parent == "" {
		ref.Parent = j.link.Parent
	}
	switch {
	case j.claim.RowGone:
		return true, nil
	case j.claim.Row != nil:
		j.source = Record[json.RawMessage]{Ref: ref, Value: j.claim.Row}
		return false, nil
	}
	err = j.callSource(ctx, func(ctx context.Context) (err error) {
		j.source, err = j.flow.sides.readBy(ctx, ref, j.claim.Evidence)
		return err
	})
	if err != nil && kindOf(err) == KindGone {
		return true, nil
	}
	return false, err
}

// resolveParent finds the parent's counterpart. It ends the job if there is
// none: the record waits for its parent, or ends like it (P6).
func (j *job) resolveParent(ctx context.Context) (result Result, ended bool) {
	if j.flow.parent == "" {
		return Result{}, false
	}
	id := j.source.Parent
	if id == "" {
		return j.failed(ctx, &Error{Kind: KindRow, Err: errors.New("the record does not say to which parent it belongs")}), true
	}
	key := Key{Tenant: j.claim.Tenant, Flow: j.flow.parent, ID: id}
	parent := j.claim.ParentLink
	if parent == nil || parent.ID != id {
		links, err := j.store.Links(ctx, key.Tenant, key.Flow, []string{id})
		if err != nil {
			return j.failed(ctx, err), true
		}
		parent = nil
		if link, known := links[id]; known {
			parent = &link
		}
	}
	if parent == nil {
		parent = &Link{Key: key, State: Unlinked}
	}
	switch parent.State {
	case Linked, Held:
		j.parent = parent.Target.ID
		return Result{}, false
	case Filtered, Detached, GoneAtTarget:
		result := j.endLike(ctx, *parent)
		if result.Next == Done {
			result.Park = Park{Parent: key, Seen: parent.Touched}
		}
		return result, true
	case Leaving:
		return j.again(Snoozed, j.config.RetryMin, j.claim.Attempt), true
	default: // Unlinked
		if j.claim.Trigger == remapped && j.claim.Row != nil {
			// The row is of an earlier read: perhaps the record went with its parent, or to
			// another one. Parked, it would be looked at by no sweep.
			j.event.Error = "its parent has no counterpart; the next sweep tells what became of it"
			return j.result(Snoozed), true
		}
		result := j.result(ParkedAction)
		result.Next, result.Park, result.Attempt, result.Doubt = Parked, Park{Parent: key}, j.claim.Attempt, j.claim.Doubt
		if parent.Touched == 0 && j.claim.Trigger == "webhook" && j.claim.Attempt == 0 {
			// Nobody told of the parent, or that was lost: it is looked at, once.
			marks, err := j.store.Marks(ctx, MarkQuery{Tenant: key.Tenant, Flow: key.Flow, IDs: []string{id}})
			if err != nil {
				return j.failed(ctx, err), true
			}
			if len(marks) == 0 {
				result.Marks = append(result.Marks, Mark{Key: key, Lane: j.claim.Lane, Trigger: "child"})
			}
			result.Attempt = 1
		}
		if !j.link.State.HasTarget() {
			link := j.link
			link.Parent = id
			result.Link = &link
		}
		return result, true
	}
}

// endLike ends a record like its parent.
func (j *job) endLike(ctx context.Context, parent Link) Result {
	switch {
	case parent.State == Filtered:
		return j.leave(ctx, Filtered, j.flow.onFiltered)
	case parent.State == Detached:
		return j.leave(ctx, Filtered, LeaveDetach)
	case j.link.State.HasTarget() && j.link.Parent != parent.ID:
		return j.leave(ctx, GoneAtTarget, j.flow.onFiltered) // it moved there, its record did not go with the parent's
	default:
		return j.ended(GoneRespected, GoneAtTarget)
	}
}

// call makes one call of a source or target. P3, P6: it is sent only if its
// deadline ends before the lease does, so that it can't take effect after
// somebody else took over.
func (j *job) call(ctx context.Context, f func(context.Context) error) error {
	for time.Until(j.lease) <= j.config.RequestTimeout { // again if that itself took long
		if err := ctx.Err(); err != nil {
			return err
		}
		asked := time.Now()
		if err := j.store.Extend(ctx, []Lease{{Key: j.claim.Key, Fence: j.claim.Fence}}, j.config.Lease)[0]; err != nil {
			return err
		}
		j.lease = asked.Add(j.config.Lease)
	}
	ctx, cancel := context.WithTimeout(ctx, j.config.RequestTimeout)
	defer cancel()
	j.called = time.Now()
	err := f(ctx)
	noteError(ctx, err)
	return err
}
