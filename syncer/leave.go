package syncer

import (
	"context"
	"errors"
)

// sourceGone handles a record that a read by id did not find.
func (j *job) sourceGone(ctx context.Context) Result {
	capabilities, err := j.flow.sides.sourceCapabilities(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	if capabilities.Moves && j.link.State.HasTarget() && !j.claim.Gone && !j.claim.RowGone {
		// It may have moved to another parent. Only a complete listing, or the event
		// of its deletion, says that it is gone (P10).
		result := j.result(Snoozed)
		result.Event.Error = "not found where it was; the next sweep tells whether it moved"
		return result
	}
	return j.leave(ctx, Unlinked, j.flow.onSourceGone)
}

// leave takes a record out: because the source lost it (state Unlinked), or
// because the mapping or its parent leaves it out (state Filtered).
func (j *job) leave(ctx context.Context, state State, policy LeavePolicy) Result {
	if !j.link.State.HasTarget() {
		if state == Filtered {
			return j.ended(LeftOut, Filtered)
		}
		return j.forget(false)
	}
	if policy == LeaveDetach {
		result := j.ended(DetachedOnly, Detached)
		result.Link.Target = j.link.Target
		result.Link.Parent = j.link.Parent
		return result
	}
	allowed, err := j.store.Leave(ctx, LeaveRequest{Key: j.claim.Key, Fence: j.claim.Fence, Guard: j.guard()})
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case !allowed:
		link := j.link
		link.State = Held
		result := j.result(HeldAction)
		result.Link = &link
		return result
	}
	if err := j.delete(ctx); err != nil {
		return j.failed(ctx, err)
	}
	capabilities, err := j.flow.sides.targetCapabilities(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	if state == Filtered {
		result := j.ended(Deleted, Filtered)
		result.Cascade = capabilities.Cascades
		return result
	}
	return j.forget(capabilities.Cascades)
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
		err := j.call(ctx, func(ctx context.Context) error { return j.flow.sides.remove(ctx, ref, version) })
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
	if claimedState(j.claim) == Unlinked && j.claim.Link == nil {
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
