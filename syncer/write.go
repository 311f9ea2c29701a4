package syncer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxPlans is how often a key is planned anew because its counterpart changes
// under our hands, before it is left for later.
const maxPlans = 4

// write brings the counterpart to what the mapping wants.
func (j *job) write(ctx context.Context, desired Fields) Result {
	switch j.link.State {
	case Linked, Held:
		base := &j.link.Base
		adopting := base.Sent == nil // linked as it was found, and not written since
		var held *Record[Fields]
		// Taken over from somebody whose write may still have landed, or touched by
		// others: both sides are read.
		if j.claim.Doubt || j.claim.Drift || adopting {
			record, err := j.held(ctx, j.link.Target)
			if err != nil {
				return j.missing(ctx, desired, err)
			}
			held = &record
		}
		if adopting {
			return j.update(ctx, desired, update{held: held, foreign: true, action: Adopted})
		}
		return j.update(ctx, desired, update{base: base, held: held, action: Updated})
	case Leaving, Detached:
		record, err := j.held(ctx, j.link.Target)
		if err != nil {
			return j.missing(ctx, desired, err)
		}
		return j.update(ctx, desired, update{held: &record, action: Adopted})
	case GoneAtTarget:
		if j.claim.Drift && j.targetCan.ExternalIDs {
			return j.missing(ctx, desired, errGone) // something is there again, perhaps
		}
		// What went with its parent's counterpart was deleted by nobody: it has one again.
		if j.flow.onTargetGone == GoneRespect && j.link.Base.Sent != nil {
			result := j.result(GoneRespected)
			result.Link = j.linked(GoneAtTarget, Ref{}, j.base(desired, Record[Fields]{}))
			return result
		}
	case Unlinked, Filtered:
	}
	return j.create(ctx, desired)
}

func (j *job) held(ctx context.Context, ref Ref) (record Record[Fields], err error) {
	err = j.callTarget(ctx, func(ctx context.Context) (err error) {
		record, err = j.flow.sides.held(ctx, ref)
		return err
	})
	if err == nil {
		if reason := j.tenant.resume(wrongAccount, j.called); reason != nil {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Text: reason.Error(), Ended: true})
		}
	}
	return record, err
}

// base is what both sides agree on once the target holds held.
func (j *job) base(desired Fields, held Record[Fields]) Base {
	return Base{
		Source: j.source.Value, Sent: desired, Answered: held.Value.only(desired),
		Version: held.Version, Mapping: j.flow.version, Restored: j.link.Base.Restored,
	}
}

// update is how a counterpart is to be written.
type update struct {
	// base is what was agreed on last; nil if nothing was.
	base *Base
	// held is the counterpart if it was read.
	held *Record[Fields]
	// foreign: the counterpart was nobody's. P4: nothing of it is cleared.
	foreign bool
	action  Action
}

// update sends what a plan says.
func (j *job) update(ctx context.Context, desired Fields, u update) Result {
	ref := j.link.Target
	// A record that was taken over from another key, or was nobody's, has not our
	// external id yet.
	claims := j.targetCan.ExternalIDs && (u.foreign || j.link.State == Detached && j.link.Base.Source == nil && !j.found)
	remade := j.flow.remade(ctx, u.base, desired)
	for range maxPlans {
		known := situation{
			base: u.base, desired: desired, mapping: j.flow.version, remade: remade, sets: j.flow.sets, drift: j.flow.onDrift, foreign: u.foreign,
		}
		if j.claim.Doubt {
			// What differs may be what an earlier write of ours left.
			known.doubt, known.drift = true, DriftRestore
		}
		if u.base == nil && !u.foreign {
			known.left = j.leftTag()
		}
		version := ""
		switch {
		case u.held != nil:
			known.held, version, ref = u.held.Value, u.held.Version, u.held.Ref
		case u.base != nil:
			version = u.base.Version
		}
		d := plan(known)
		j.drifted(d)
		if u.held == nil && !j.targetCan.Versions && d.merges(j.flow.sets) {
			// P4: without versions, a set is merged with what the target holds now.
			record, err := j.held(ctx, ref)
			if err != nil {
				return j.missing(ctx, desired, err)
			}
			u.held = &record
			continue
		}
		moves := j.parent != "" && ref.Parent != j.parent
		if len(d.send) == 0 && !moves && !claims {
			return j.inStep(desired, ref, u, d)
		}
		patch := Patch[Fields]{Value: d.send, Version: version}
		if moves {
			patch.Parent = j.parent
		}
		if claims {
			patch.ExternalID = j.claim.ID
		}
		var made Record[Fields]
		err := j.callWrite(ctx, func(ctx context.Context) (err error) {
			made, err = j.flow.sides.update(ctx, ref, patch)
			return err
		})
		switch {
		case err == nil:
			j.sent(d.send, known.before())
			j.altered(d.send, made.Value)
			result := j.result(u.action)
			base := j.base(desired, made)
			base.Restored = d.restored(base.Restored)
			j.unsent(&result, &base, known, d)
			result.Link = j.linked(Linked, made.Ref, base)
			return result
		case kindOf(err) == KindGone:
			return j.unwritten(ctx, desired, ref, err)
		case kindOf(err) == KindIdentity:
			return j.contested(ctx, desired, err)
		case errors.Is(err, ErrFenced):
			return j.failed(ctx, err)
		case ctx.Err() != nil:
			result := j.cut(ctx, err)
			j.maybe(&result, u, d, desired)
			return result
		case kindOf(err) != KindVersion:
			result := j.failed(ctx, err)
			if kindOf(err) == KindTransient {
				j.maybe(&result, u, d, desired)
			}
			return result
		}
		record, err := j.held(ctx, ref)
		if err != nil {
			return j.missing(ctx, desired, err)
		}
		u.held = &record
	}
	return j.failed(ctx, &Error{Kind: KindTransient, Err: errors.New("the target's record keeps changing")})
}

// maybe notes that a write may have happened: the next plan looks at what the
// target holds. The elements of sets that may be there now are ours, not
// somebody else's.
func (j *job) maybe(result *Result, u update, d diff, desired Fields) {
	result.Doubt = true
	if u.base == nil || !d.merges(j.flow.sets) || j.link.Base.Sent == nil {
		return
	}
	link := j.link
	for name := range d.send {
		if j.flow.sets[name] {
			before, _ := elements(link.Base.Sent.value(name))
			now, _ := elements(desired.value(name))
			link.Base.Sent = link.Base.Sent.with(name, setOf(append(before, without(now, before)...)))
		}
	}
	if result.Link == nil {
		result.Link = &link
	}
}

// unsent looks at the fields of an answer that were not sent. What differs in them
// was changed by others, unseen until now: it must not become what was agreed on.
// The key is marked, and its next plan says what to do about it.
func (j *job) unsent(result *Result, base *Base, known situation, d diff) {
	if known.base == nil {
		return // nothing was agreed on
	}
	before := known.before()
	for name := range base.Answered {
		if _, sent := d.send[name]; sent || equal(base.Answered[name], before.value(name)) {
			continue
		}
		base.Answered[name] = before.value(name)
		if len(result.Marks) == 0 {
			result.Marks = append(result.Marks, Mark{
				Key: j.claim.Key, Parent: j.source.Parent, Lane: max(j.claim.Lane, Retry), Trigger: "drift", Drift: true,
			})
		}
	}
}

// altered puts into the log, once for each field, that the target does not keep what
// it is sent. Nothing else comes of it (P5).
func (j *job) altered(sent, answered Fields) {
	for _, name := range sent.names() {
		if equal(sent[name], answered.value(name)) {
			continue
		}
		list, isSet := elements(sent[name])
		if now, also := elements(answered.value(name)); isSet && also && equal(setOf(list), setOf(now)) {
			continue
		}
		if j.tenant.alters(j.flow.name, name) {
			j.event.Warnings = append(j.event.Warnings, name+": the target alters this field")
		}
	}
}

// drifted puts into the log what others changed.
func (j *job) drifted(d diff) {
	for _, name := range d.drifted {
		what := "somebody changed it at the target; it is kept"
		switch {
		case d.over[name] != nil:
			what = "somebody changed it at the target; it is restored"
			if j.config.LogValues {
				what += " over " + string(d.over[name])
			}
		case j.flow.onDrift == DriftKeep:
			continue
		case slices.Contains(d.insisted, name):
			what = "somebody changed it at the target again; it is left"
		}
		warning := name + ": " + what
		if !slices.Contains(j.event.Warnings, warning) {
			j.event.Warnings = append(j.event.Warnings, warning)
		}
	}
}

// inStep renews the base: nothing has to be sent.
func (j *job) inStep(desired Fields, ref Ref, u update, d diff) Result {
	action, held := u.action, u.held
	if action == Updated {
		action = Unchanged
	}
	result := j.result(action)
	if held == nil {
		held = &Record[Fields]{Value: u.base.Answered, Version: u.base.Version}
	}
	now := j.base(desired, *held)
	now.Restored = d.restored(now.Restored)
	if action == Unchanged && j.link.State == Linked && j.claim.Link.Target == ref && j.link.Parent == j.source.Parent && j.link.Refused == nil &&
		u.base != nil && sameBase(*u.base, now) {
		return result // P7: nothing to write here either
	}
	result.Link = j.linked(Linked, ref, now)
	return result
}

func sameBase(a, b Base) bool {
	return bytes.Equal(a.Source, b.Source) && sameFields(a.Sent, b.Sent) && sameFields(a.Answered, b.Answered) &&
		a.Version == b.Version && a.Mapping == b.Mapping
}

func sameFields(a, b Fields) bool {
	return slices.Equal(a.names(), b.names()) && !slices.ContainsFunc(a.names(), func(name string) bool {
		return !equal(a[name], b[name])
	})
}

// unwritten handles a write that was answered with "not there". In a flow with
// parents that can be the parent's counterpart: then this key waits, and the
// parent's finds out.
func (j *job) unwritten(ctx context.Context, desired Fields, ref Ref, err error) Result {
	if j.flow.parent == "" {
		return j.missing(ctx, desired, err)
	}
	if _, read := j.held(ctx, ref); read != nil {
		return j.missing(ctx, desired, read)
	}
	return j.parentless(ctx, err)
}

// parentless waits for the parent's key to find out that its counterpart is gone.
func (j *job) parentless(ctx context.Context, err error) Result {
	result := j.failed(ctx, &Error{Kind: KindTransient, Err: fmt.Errorf("the parent's counterpart is not there: %w", err)})
	result.Marks = append(result.Marks, j.lookAt(j.source.Parent))
	return result
}

// lookAt marks a parent whose counterpart is not there.
func (j *job) lookAt(parent string) Mark {
	return Mark{Key: Key{Tenant: j.claim.Tenant, Flow: j.flow.parent, ID: parent}, Lane: j.claim.Lane, Trigger: "child", Drift: true}
}

// missing handles a counterpart that isn't where it was. If no record holds our
// external id, somebody deleted it.
func (j *job) missing(ctx context.Context, desired Fields, err error) Result {
	if kindOf(err) != KindGone {
		return j.failed(ctx, err)
	}
	if j.targetCan.ExternalIDs {
		held, failure := j.find(ctx)
		if failure != nil {
			return j.failed(ctx, failure)
		}
		if held != nil && held.ID == j.link.Target.ID {
			return j.failed(ctx, &Error{Kind: KindTransient, Err: fmt.Errorf("the target finds a record that it says is not there: %w", err)})
		}
		if held != nil {
			j.link.Target = held.Ref
			u := update{base: &j.link.Base, held: held, action: Updated}
			if j.link.State != Linked && j.link.State != Held || j.link.Base.Sent == nil {
				u.base, u.action = nil, Adopted
			}
			return j.update(ctx, desired, u)
		}
	}
	parents, err := j.parents(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	if slices.ContainsFunc(parents, j.tookAlong) {
		return j.takenAlong() // the parent's key finds out
	}
	if j.flow.onTargetGone == GoneRecreate || j.link.State == Leaving || j.link.State == Detached || j.link.Base.Sent == nil {
		j.link.State, j.link.Target = Unlinked, Ref{}
		return j.create(ctx, desired)
	}
	for _, parent := range parents { // it may have taken this one along, which nobody knows yet
		switch err := j.thereAsParent(ctx, parent); {
		case err == nil:
		case kindOf(err) != KindGone:
			return j.failed(ctx, err)
		case parent.ID == j.source.Parent:
			return j.parentless(ctx, err)
		default:
			result := j.takenAlong()
			result.Marks = append(result.Marks, j.lookAt(parent.ID))
			return result
		}
	}
	if err := j.manyGone(ctx); err != nil {
		return j.failed(ctx, err)
	}
	result := j.ended(GoneRespected, GoneAtTarget)
	result.Link.Base = j.base(desired, Record[Fields]{})
	return result
}

// takenAlong ends with a record that went with the counterpart of a parent:
// unlinked, not gone.
func (j *job) takenAlong() Result {
	result := j.again(Snoozed, j.config.RetryMin, j.claim.Attempt)
	result.Link = j.linked(Unlinked, Ref{}, Base{Source: j.source.Value, Mapping: j.flow.version})
	return result
}

func (j *job) find(ctx context.Context) (held *Record[Fields], err error) {
	err = j.callTarget(ctx, func(ctx context.Context) (err error) {
		held, err = j.flow.sides.find(ctx, j.claim.ID)
		return err
	})
	return held, err
}
