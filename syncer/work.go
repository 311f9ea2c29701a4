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
	// found: the counterpart was found by our external id, or by an intent.
	found bool
	// requests counts what was asked of either side.
	requests int
	event    Event
}

// work handles a claim. It returns an error only if the store doesn't work.
// asked is a time before the store granted it.
func (e *Engine) work(ctx context.Context, claim Claim, asked time.Time) error {
	t, err := e.tenant(ctx, claim.Tenant)
	if err != nil {
		return err
	}
	j := &job{
		Engine: e, tenant: t, flow: t.named[claim.Flow], claim: claim,
		started: time.Now(), lease: asked.Add(e.config.Lease),
		link: Link{Key: claim.Key, State: Unlinked},
		event: Event{
			Key: claim.Key, Trigger: claim.Trigger, EventID: claim.EventID, Attempt: claim.Attempt + 1,
		},
	}
	if claim.Link != nil {
		j.link = *claim.Link
	}
	if j.flow == nil {
		return j.commit(ctx, j.dead(errors.New("the tenant has no such flow any more")))
	}
	if result, ended := j.ready(ctx); ended {
		return j.commit(ctx, result)
	}
	return j.commit(ctx, j.handle(ctx))
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
	if spec.Version != j.flow.version {
		err := fmt.Errorf("%w for the flow %s: this process writes nothing", ErrNotInForce, j.flow.name)
		if j.tenant.pause(bothSides, err, time.Now()) {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.flow.name, Text: err.Error()})
		}
		return j.again(Snoozed, maxIdle, j.claim.Attempt), true
	}
	if reason := j.tenant.resume(bothSides); reason != nil {
		j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Text: reason.Error(), Ended: true})
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

// inForce returns the mapping that is in force. The first one is at once; a
// later one if the caller says so.
func (e *Engine) inForce(ctx context.Context, t *tenant, f *flow, enforce bool) (Spec, error) {
	spec, err := e.store.Spec(ctx, t.id, f.name)
	if err != nil || spec.Number != 0 && (spec.Version == f.version || !enforce) {
		return spec, err
	}
	made, err := e.store.Enforce(ctx, t.id, f.name, f.version, spec.Number)
	if errors.Is(err, ErrSpecMoved) {
		return e.store.Spec(ctx, t.id, f.name)
	}
	return made, err
}

// handle decides what becomes of the claim, and does it.
func (j *job) handle(ctx context.Context) Result {
	if parent, listing := strings.CutPrefix(j.claim.ID, listingOf); listing {
		return j.listChildren(ctx, parent)
	}
	if result, ended := j.resolveDoubt(ctx); ended {
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
		j.event.Warnings = append(j.event.Warnings, warning.Field+": "+warning.Text)
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
		j.source, err = j.flow.sides.read(ctx, ref)
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
	case Filtered:
		return j.leave(ctx, Filtered, j.flow.onFiltered), true
	case Detached:
		return j.leave(ctx, Filtered, LeaveDetach), true
	case GoneAtTarget:
		return j.ended(GoneRespected, GoneAtTarget), true
	case Leaving:
		return j.again(Snoozed, j.config.RetryMin, j.claim.Attempt), true
	default: // Unlinked
		result := j.result(ParkedAction)
		result.Next, result.Park, result.Attempt = Parked, Park{Parent: key}, j.claim.Attempt
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

// call makes one call of a source or target. P3, P6: it is sent only if its
// deadline ends before the lease does, so that it can't take effect after
// somebody else took over.
func (j *job) call(ctx context.Context, f func(context.Context) error) error {
	if time.Until(j.lease) <= j.config.RequestTimeout {
		asked := time.Now()
		if err := j.store.Extend(ctx, []Lease{{Key: j.claim.Key, Fence: j.claim.Fence}}, j.config.Lease)[0]; err != nil {
			return err
		}
		j.lease = asked.Add(j.config.Lease)
	}
	ctx, cancel := context.WithTimeout(ctx, j.config.RequestTimeout)
	defer cancel()
	return f(ctx)
}

// failed decides what a failure means.
func (j *job) failed(ctx context.Context, err error) Result {
	if errors.Is(err, ErrFenced) {
		return j.result(Superseded)
	}
	kind := kindOf(err)
	j.event.Kind, j.event.Error = kind.String(), err.Error()
	var detail *Error
	_ = errors.As(err, &detail)
	wait := j.backoff(j.claim.Attempt)
	if detail != nil {
		wait = max(wait, detail.Wait)
	}
	switch {
	case ctx.Err() != nil || kind == KindPace:
		result := j.again(Snoozed, wait, j.claim.Attempt)
		if ctx.Err() != nil {
			result.After = 0 // the engine is stopping: whoever goes on may start at once
		}
		return result
	case kind == KindAccount, kind == KindLacks:
		if j.tenant.paused() == nil && j.tenant.pause(targetWrites, err, time.Now()) { // found out without a call
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.flow.name, Text: err.Error()})
		}
		return j.again(Snoozed, j.config.RetryMin, j.claim.Attempt)
	case kind == KindQuota:
		if j.tenant.pauseCreates(err, time.Now()) {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.flow.name, Text: "creates pause: " + err.Error()})
		}
		return j.again(Snoozed, firstPause, j.claim.Attempt)
	case kind == KindRow, kind == KindMapping:
		if j.tenant.group(j.flow.name + "\n" + kind.String() + "\n" + withoutDigits(err.Error())) {
			j.alert(Alert{Kind: AlertGrouped, Tenant: j.tenant.id, Flow: j.flow.name, Text: "many records fail in the same way: " + err.Error()})
		}
		return j.dead(err)
	case kind == KindIdentity:
		result := j.dead(err)
		result.Event.Action = Conflict
		return result
	case kind == KindTransient && j.tenant.failing():
		return j.again(Snoozed, wait, j.claim.Attempt) // the side fails, not the record
	case j.claim.Attempt+1 >= j.config.MaxAttempts:
		result := j.dead(fmt.Errorf("it failed %d times: %w", j.claim.Attempt+1, err))
		result.Link = nil // the next sweep tries again
		result.Doubt = kind == KindAmbiguous || j.claim.Doubt
		return result
	case kind == KindAmbiguous:
		result := j.again(Retried, max(wait, j.config.RequestTimeout+j.targetCan.Lag), j.claim.Attempt+1)
		result.Doubt = true
		return result
	default:
		return j.again(Retried, wait, j.claim.Attempt+1)
	}
}

// result is the frame of every result.
func (j *job) result(action Action) Result {
	j.event.Action = action
	j.event.Duration = time.Since(j.started)
	return Result{
		Key: j.claim.Key, Number: j.claim.Number, Fence: j.claim.Fence,
		// An earlier holder's doubt stays until a find has settled it.
		Event: j.event,
	}
}

func (j *job) again(action Action, after time.Duration, attempt int) Result {
	result := j.result(action)
	result.Next, result.After, result.Attempt, result.Doubt = Again, after, attempt, j.claim.Doubt
	return result
}

// dead makes a dead letter. A record that was never linked is remembered as it
// was read, so that sweeps leave it alone until it changes.
func (j *job) dead(err error) Result {
	j.event.Error = err.Error()
	if j.event.Kind == "" {
		j.event.Kind = KindRow.String()
	}
	result := j.result(DeadLetter)
	result.Next, result.Attempt, result.Doubt = Dead, j.claim.Attempt+1, j.claim.Doubt
	switch {
	case j.source.Value == nil || j.flow == nil:
	case !j.link.State.HasTarget():
		result.Link = j.linked(Unlinked, Ref{}, Base{Source: j.source.Value, Mapping: j.flow.version})
	default:
		link := j.link
		result.Link = &link
	}
	if result.Link != nil {
		result.Link.Refused = j.source.Value
	}
	return result
}

// withoutDigits is a text without what tells one record from another.
func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}

// linked is the key's new link.
func (j *job) linked(state State, target Ref, base Base) *Link {
	return &Link{Key: j.claim.Key, State: state, Parent: j.source.Parent, Target: target, Base: base}
}

// commit writes the result. What the store refuses for a reason of this key is
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
	err := j.commits.do(ctx, result)[0]
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
		err = j.commits.do(ctx, result)[0]
	}
	switch {
	case errors.Is(err, ErrFenced):
		return nil
	case err != nil:
		return fmt.Errorf("syncer: store a result: %w", err)
	}
	if err := j.breakCircle(ctx, result); err != nil {
		return fmt.Errorf("syncer: look for a circle: %w", err)
	}
	switch result.Event.Action {
	case Created:
		if reason := j.tenant.resumeCreates(); reason != nil {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.claim.Flow, Text: "creates pause: " + reason.Error(), Ended: true})
		}
	case HeldAction:
		if j.tenant.hold(j.claim.Flow, true) {
			j.alert(Alert{Kind: AlertHeld, Tenant: j.tenant.id, Flow: j.claim.Flow, Text: "the guard holds removals: release them, or bring the records back"})
		}
	default:
	}
	j.report(result, j)
	return nil
}

func claimedState(claim Claim) State {
	if claim.Link == nil {
		return Unlinked
	}
	return claim.Link.State
}
