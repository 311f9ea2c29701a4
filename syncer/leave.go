package syncer

import (
	"context"
	"errors"
	"slices"
)

// sourceGone handles a record that a read by id did not find.
func (j *job) sourceGone(ctx context.Context) Result {
	if j.sourceCan.Moves && j.link.State.HasTarget() && j.link.State != Leaving && !j.claim.Gone && !j.claim.RowGone && !j.found {
		// It may have moved to another parent. Only a complete listing, or the event
		// of its deletion, says that it is gone (P10).
		result := j.result(Snoozed)
		result.Event.Error = "not found where it was; the next sweep tells whether it moved"
		return j.settle(ctx, result)
	}
	return j.leave(ctx, Unlinked, j.flow.onSourceGone)
}

// leave takes a record out: because the source lost it (state Unlinked), because
// the mapping or its parent leaves it out (state Filtered), or because it moved
// under a parent that was deleted at the target (state GoneAtTarget).
func (j *job) leave(ctx context.Context, state State, policy LeavePolicy) Result {
	if err := j.claims(ctx, nil); err != nil {
		return j.failed(ctx, err)
	}
	switch {
	case !j.link.State.HasTarget() && state == Unlinked:
		return j.forget(false)
	case !j.link.State.HasTarget():
		return j.ended(LeftOut, state)
	case j.link.State == Detached && policy != LeaveDelete:
		return j.detached(LeftOut) // it left before
	}
	switch policy {
	case LeaveDetach:
		return j.detached(DetachedOnly)
	case LeaveIgnore:
		return j.detached(LeftOut)
	case LeaveTag:
		return j.tag(ctx)
	case LeaveDelete:
	}
	// P4: counted, and the link set Leaving, before the delete is sent.
	allowed, err := j.store.Leave(ctx, LeaveRequest{Key: j.claim.Key, Fence: j.claim.Fence, Guard: j.guard()})
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case !allowed:
		link := j.link
		link.State = Held
		result := j.result(HeldAction)
		result.Link = &link
		return j.settle(ctx, result)
	}
	j.leaving = true
	if err := j.delete(ctx); err != nil {
		return j.failed(ctx, err)
	}
	if state == Unlinked {
		return j.forget(j.targetCan.Cascades)
	}
	result := j.ended(Deleted, state)
	result.Cascade = j.targetCan.Cascades
	return result
}

// detached keeps the counterpart as it is.
func (j *job) detached(action Action) Result {
	result := j.ended(action, Detached)
	result.Link.Target, result.Link.Parent = j.link.Target, j.link.Parent
	return result
}

// leftTag is the tag of those who left, if the flow's policies set one.
func (j *job) leftTag() string {
	if j.flow.onSourceGone == LeaveTag || j.flow.onFiltered == LeaveTag {
		return j.flow.leftTag
	}
	return ""
}

// tag adds the tag of those who left, and keeps the counterpart.
func (j *job) tag(ctx context.Context) Result {
	for range maxPlans {
		held, err := j.held(ctx, j.link.Target)
		if err != nil && kindOf(err) == KindGone {
			return j.forget(false)
		}
		if err != nil {
			return j.failed(ctx, err)
		}
		tags, _ := elements(held.Value.value(j.flow.leftSet))
		if slices.Contains(tags, j.flow.leftTag) {
			return j.detached(DetachedOnly)
		}
		left := Fields{j.flow.leftSet: setOf(append(tags, j.flow.leftTag))}
		err = j.callWrite(ctx, func(ctx context.Context) error {
			_, err := j.flow.sides.update(ctx, held.Ref, Patch[Fields]{Value: left, Version: held.Version})
			return err
		})
		if err == nil {
			j.sent(left, held.Value)
			return j.detached(DetachedOnly)
		}
		if kindOf(err) != KindVersion && kindOf(err) != KindGone {
			return j.failed(ctx, err)
		}
	}
	return j.failed(ctx, &Error{Kind: KindTransient, Err: errors.New("the target's record keeps changing")})
}

// guard is the brake on this removal: none if a person released it, or if the
// record goes with its parent, which was counted.
func (j *job) guard() Guard {
	withParent := j.flow.parent != "" && (j.claim.ParentLink == nil || j.claim.ParentLink.State != Linked)
	if j.claim.Released || withParent {
		return Guard{}
	}
	return j.flow.guard
}

// delete deletes the counterpart. A version that moved on is read again: what
// others changed in a record does not keep it.
func (j *job) delete(ctx context.Context) error {
	ref, version := j.link.Target, j.link.Base.Version
	for range maxPlans {
		err := j.callWrite(ctx, func(ctx context.Context) error { return j.flow.sides.remove(ctx, ref, version) })
		if err == nil || kindOf(err) == KindGone {
			return nil
		}
		if kindOf(err) != KindVersion {
			return err
		}
		held, err := j.held(ctx, ref)
		if err != nil && kindOf(err) != KindGone {
			return err
		}
		version = held.Version
	}
	return &Error{Kind: KindTransient, Err: errors.New("the target's record keeps changing")}
}

// forget ends a record that is gone on both sides.
func (j *job) forget(cascade bool) Result {
	result := j.result(Deleted)
	if claimedState(j.claim) == Unlinked && j.claim.Link == nil && !j.found {
		result = j.result(Unchanged) // it came and went unseen
	}
	result.Forget, result.Cascade = true, cascade
	return result
}

// ended is the result of a record that has no counterpart from now on, with
// what was read of it, so that sweeps see whether it changed.
func (j *job) ended(action Action, state State) Result {
	result := j.result(action)
	base := Base{Source: j.source.Value, Mapping: j.flow.version}
	result.Link = j.linked(state, Ref{}, base)
	if j.source.Value == nil {
		result.Link.Base, result.Link.Parent = j.link.Base, j.link.Parent
	}
	return result
}
