package syncer

import (
	"context"
	"errors"
	"fmt"
)

// commit writes the result. P8: the row of the log is stored in the transaction
// that stores what was done. What the store refuses for a reason of this key is
// that key's end; any other error is the store's.
func (j *job) commit(ctx context.Context, result Result) error {
	if result.Event.Action == Superseded {
		return nil
	}
	if result.Link != nil && j.claim.Link != nil && j.claim.Link.Target.ID != "" &&
		result.Link.Target.ID != "" && j.claim.Link.Target.ID != result.Link.Target.ID {
		// The old counterpart is gone, and its children's with it.
		result.Replaced, result.Cascade = true, result.Cascade || j.targetCan.Cascades
	}
	if result.Link != nil && (claimedState(j.claim) != result.Link.State || result.Cascade || result.Replaced) || result.Forget {
		result.Children = j.tenant.children(j.flow)
		result.Marks = append(result.Marks, j.listings(ctx, result)...)
	}
	err := j.stored(ctx, result)
	if errors.Is(err, ErrTargetTaken) {
		// Somebody else linked the record in the meantime: this key waits for it.
		holder, holderErr := j.holderOf(ctx, result.Link.Target.ID)
		if holderErr != nil {
			return fmt.Errorf("syncer: store a result: %w", holderErr)
		}
		if claimedState(j.claim).HasTarget() {
			j.link = *j.claim.Link
		} else {
			j.link = Link{Key: j.claim.Key, State: Unlinked}
		}
		result = j.parkUnder(result.Link.Target.ID, "", holder, err)
		err = j.stored(ctx, result)
	}
	switch {
	case errors.Is(err, ErrFenced):
		return nil
	case err != nil:
		return fmt.Errorf("syncer: store a result: %w", err)
	}
	if err := j.storing(ctx, func() error { return j.breakCircle(ctx, result) }); err != nil {
		return fmt.Errorf("syncer: look for a circle: %w", err)
	}
	if err := j.storing(ctx, func() error { return j.unsure(ctx, result) }); err != nil {
		return fmt.Errorf("syncer: release a key: %w", err)
	}
	switch result.Event.Action {
	case Created:
		if reason := j.tenant.resumeCreates(); reason != nil {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.claim.Flow, Text: "creates pause: " + reason.Error(), Ended: true})
		}
	case HeldAction:
		if j.tenant.hold(j.claim.Flow, true) {
			j.alertHeld(j.tenant, j.claim.Flow, false)
		}
	default:
	}
	j.report(result, j)
	return nil
}

// stored commits a result. One that was stored although the store said that it
// was away is refused the second time, and its key is looked at once more.
func (e *Engine) stored(ctx context.Context, result Result) error {
	return e.storing(ctx, func() error { return e.commits.do(ctx, result)[0] })
}

func claimedState(claim Claim) State {
	if claim.Link == nil {
		return Unlinked
	}
	return claim.Link.State
}
