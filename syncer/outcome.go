package syncer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// failed decides what a failure means. P1: whatever is not for good is tried
// again; P8: whatever is for good is a dead letter with its reason.
func (j *job) failed(ctx context.Context, err error) Result {
	if errors.Is(err, ErrFenced) {
		return j.result(Superseded)
	}
	kind := kindOf(err)
	j.event.Kind, j.event.Error = kind.String(), err.Error()
	wait := j.backoff(j.claim.Attempt)
	var detail *Error
	for inner := err; errors.As(inner, &detail); inner = detail.Err {
		wait = max(wait, detail.Wait) // the service's word is kept through all wraps
	}
	switch {
	case ctx.Err() != nil || kind == KindPace || errors.Is(err, ErrStoreAway):
		if detail != nil && kind == KindPace {
			j.tenant.slow(j.claim.Lane, detail.Wait, time.Now())
		}
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
	case kind == KindScope:
		return j.again(Snoozed, j.config.RetryMin, j.claim.Attempt)
	case kind == KindQuota:
		if j.tenant.pauseCreates(err, time.Now()) {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.flow.name, Text: "creates pause: " + err.Error()})
		}
		return j.again(Snoozed, firstPause, j.claim.Attempt)
	case kind == KindRow, kind == KindMapping:
		j.grouped("many records fail in the same way: "+err.Error(), likeness(err), kind)
		if kind == KindMapping {
			j.unmappable(ctx)
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
		result.Link = j.stays() // the next sweep tries again
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
	j.event.Duration, j.event.TraceID = time.Since(j.started), j.traced()
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
	if detail, ok := errors.AsType[*Error](err); ok && detail.Field != "" && !strings.Contains(j.event.Error, detail.Field) {
		j.event.Error = detail.Field + ": " + j.event.Error
	}
	if j.event.Kind == "" {
		j.event.Kind = KindRow.String()
	}
	result := j.result(DeadLetter)
	result.Next, result.Attempt, result.Doubt = Dead, j.claim.Attempt+1, j.claim.Doubt
	switch {
	case j.source.Value == nil || j.flow == nil:
		result.Link = j.stays()
	case !j.link.State.HasTarget():
		result.Link = j.linked(Unlinked, Ref{}, Base{Source: j.source.Value, Mapping: j.flow.version})
	case j.link.State == Leaving:
		result.Link = j.stays()
	default:
		link := j.link
		result.Link = &link
	}
	if result.Link != nil {
		result.Link.Refused, result.Link.RefusedBy = j.source.Value, j.flow.version
	}
	return result
}

// stays is the link of a record whose removal failed for good: it is there, and
// what belongs to it waits for nothing. Nil if nothing was to be removed.
func (j *job) stays() *Link {
	if !j.leaving && j.link.State != Leaving {
		return nil
	}
	link := j.link
	link.State = Linked
	return &link
}

// unmappable notes which fields can't be made, and by which rules.
func (j *job) unmappable(ctx context.Context) {
	for _, field := range j.flow.sides.explained(ctx, j.source.Value) {
		if rule := ruleText(field); field.Err != nil && rule != "" {
			j.event.Warnings = append(j.event.Warnings, fmt.Sprintf("%s: it can't be made by %s", field.Field, rule))
		}
	}
}

// likeness is an error's text without what tells one record or request from
// another.
func likeness(err error) string {
	text := err.Error()
	if detail, ok := errors.AsType[*Error](err); ok && detail.TraceID != "" {
		text = strings.ReplaceAll(text, detail.TraceID, "")
	}
	return withoutDigits(text)
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
