package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// job is one claim at work: read the source, map, plan, write, commit.
type job struct {
	*Engine
	tenant  *tenant
	flow    *flow
	claim   Claim
	started time.Time
	// lease is when the claim may be taken over, by a clock that was read before
	// the store granted it: so never too late.
	lease time.Time
	// link is what is known of the key; the zero state is Unlinked.
	link Link
	// parent is the target's id of the parent.
	parent string
	source Record[json.RawMessage]
	// sourceCan and targetCan are what the sides can do.
	sourceCan SourceCapabilities
	targetCan TargetCapabilities
	// leaving: the link is set Leaving, whatever it was when it was claimed.
	leaving bool
	// found: the counterpart was found by our external id, or by an intent.
	found bool
	// matched is matcher.freed when the natural keys were looked at, -1 if they were
	// not.
	matched int
	// called is when the last call of a side began.
	called time.Time
	// requests counts what was asked of either side.
	requests int
	// pages are those of a screen that it asked for; spared: its read was not needed.
	pages   int
	spared  bool
	event   Event
	attempt *attempt
}

// work handles a claim. It returns an error only if the store doesn't work.
// asked is a time before the store granted it.
func (e *Engine) work(ctx context.Context, claim Claim, asked time.Time) error {
	t, err := e.tenant(ctx, claim.Tenant)
	if err != nil {
		return e.unopened(ctx, claim, err)
	}
	j := &job{
		Engine: e, tenant: t, flow: t.named[claim.Flow], claim: claim,
		started: time.Now(), lease: asked.Add(e.config.Lease), matched: -1,
		link: Link{Key: claim.Key, State: Unlinked},
		event: Event{
			Key: claim.Key, Trigger: claim.Trigger, EventID: claim.EventID, Attempt: claim.Attempt + 1,
		},
	}
	ctx = j.correlated(ctx)
	if claim.Link != nil {
		j.link = *claim.Link
	}
	if j.flow == nil {
		return j.commit(ctx, j.dead(errors.New("the tenant has no such flow any more")))
	}
	ctx = j.flow.in(ctx, claim.Lane)
	if result, ended := j.ready(ctx); ended {
		return j.commit(ctx, result)
	}
	return j.commit(ctx, j.handle(ctx))
}

// unopened puts off the work of a tenant that can't be opened. P9: others go on.
func (e *Engine) unopened(ctx context.Context, claim Claim, reason error) error {
	e.mu.Lock()
	e.shut[claim.Tenant] = time.Now().Add(firstPause)
	e.mu.Unlock()
	err := e.stored(ctx, Result{
		Key: claim.Key, Number: claim.Number, Fence: claim.Fence,
		Next: Again, After: firstPause, Attempt: claim.Attempt, Snoozes: claim.Snoozes, Doubt: claim.Doubt,
		Event: Event{
			Key: claim.Key, Trigger: claim.Trigger, EventID: claim.EventID, Attempt: claim.Attempt + 1,
			Action: Snoozed, Kind: KindAccount.String(), Error: reason.Error(),
		},
	})
	if err == nil || errors.Is(err, ErrFenced) {
		return nil
	}
	return fmt.Errorf("syncer: store a result: %w", err)
}

// ready ends the job if the process may not do it: another mapping is in force,
// or a side can't do what the flow needs.
func (j *job) ready(ctx context.Context) (result Result, ended bool) {
	spec := j.claim.Spec
	if spec.Number == 0 {
		var err error
		if spec, err = j.inForce(ctx, j.tenant, j.flow, false); err != nil {
			return j.failed(ctx, err), true
		}
	}
	if err := j.follows(j.tenant, j.flow, spec); err != nil {
		j.event.Error = err.Error()
		return j.again(Snoozed, firstPause, j.claim.Attempt), true
	}
	can, err := j.capable(ctx, j.tenant, j.flow)
	switch {
	case err != nil && kindOf(err) == KindLacks && j.flow.skippable:
		return j.dead(err), true
	case err != nil:
		return j.failed(ctx, err), true
	}
	j.sourceCan, j.targetCan = can.source, can.target
	return Result{}, false
}

// handle decides what becomes of the claim, and does it.
func (j *job) handle(ctx context.Context) Result {
	if parent, listing := strings.CutPrefix(j.claim.ID, listingOf); listing {
		return j.listChildren(ctx, parent)
	}
	if result, ended := j.resolveDoubt(ctx); ended {
		return result
	}
	if result, ended := j.screened(ctx); ended {
		return result
	}
	gone, err := j.read(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	if result, ended := j.stale(gone); ended {
		return result
	}
	if gone {
		return j.sourceGone(ctx)
	}
	if result, ended := j.resolveParent(ctx); ended {
		return result
	}
	desired, warnings, err := j.flow.sides.mapped(ctx, j.source.Value)
	for _, warning := range warnings {
		text := warning.Field + ": " + warning.Text
		j.event.Warnings = append(j.event.Warnings, text)
		j.grouped("many records have the same warning: "+text, text, KindMapping)
	}
	switch {
	case errors.Is(err, mapping.Skip):
		return j.leave(ctx, Filtered, j.flow.onFiltered)
	case err != nil:
		return j.failed(ctx, err)
	}
	keys, err := j.flow.sides.naturalKeys(desired)
	if err != nil {
		return j.failed(ctx, err)
	}
	if err := j.claims(ctx, keys); err != nil {
		return j.failed(ctx, err)
	}
	return j.write(ctx, desired)
}

// grouped counts what happens to records in the same way, a failure or a warning,
// and tells of it once when they are many.
func (j *job) grouped(told, alike string, kind Kind) {
	if j.tenant.group(j.flow.name, kind, alike, told, time.Now()) {
		j.alert(Alert{Kind: AlertGrouped, Tenant: j.tenant.id, Flow: j.flow.name, Text: told})
	}
}
