package syncer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// side is one of a flow's two.
type side uint8

const (
	sourceSide side = iota
	targetSide
	targetWrites // its writes: their scope or their health may be another's
	wrongAccount
	pauseReasons = iota
)

var sideNames = [...]string{sourceSide: "the source", targetSide: "the target", targetWrites: "writing to the target"}

var errGone = &Error{Kind: KindGone, Err: errors.New("the target's record is gone")}

// callSource makes one call of the source, callTarget one of the target.
func (j *job) callSource(ctx context.Context, f func(context.Context) error) error {
	return j.callSide(ctx, sourceSide, f)
}

func (j *job) callTarget(ctx context.Context, f func(context.Context) error) error {
	return j.callSide(ctx, targetSide, f)
}

// callWrite makes one write.
func (j *job) callWrite(ctx context.Context, f func(context.Context) error) error {
	return j.callSide(ctx, targetWrites, f)
}

// callSide notes how a call ended: one side's failures say nothing of the other.
func (j *job) callSide(ctx context.Context, side side, f func(context.Context) error) error {
	err := j.call(ctx, f)
	if err == nil || kindOf(err) != KindPace { // what was refused for its pace was not sent
		j.requests++
	}
	if !errors.Is(err, ErrFenced) {
		j.observe(j.tenant, side, j.claim.Key, j.called, err)
	}
	return err
}

// observe draws the tenant's conclusions from the outcome of a call that began then
// (P9: its own only). One that was on its way when a pause began does not end it.
func (e *Engine) observe(t *tenant, side side, key Key, began time.Time, err error) {
	now := time.Now()
	kind := kindOf(err)
	switch {
	case err == nil:
		if reason := t.resume(side, began); reason != nil {
			e.alert(Alert{Kind: AlertPaused, Tenant: t.id, Text: reason.Error(), Ended: true})
		}
		if reason := t.resumeFlow(key.Flow, side, began); reason != nil {
			e.alert(Alert{Kind: AlertPaused, Tenant: t.id, Flow: key.Flow, Text: reason.Error(), Ended: true})
		}
	case kind == KindAccount:
		if t.pause(side, err, now) {
			e.alert(Alert{Kind: AlertPaused, Tenant: t.id, Text: err.Error()})
		}
	case kind == KindScope:
		if t.pauseFlow(key.Flow, side, err, now) {
			e.alert(Alert{Kind: AlertPaused, Tenant: t.id, Flow: key.Flow, Text: err.Error()})
		}
	}
	switch {
	case err != nil && (kind == KindPace || kind == KindAccount || kind == KindScope): // it says nothing of the side's health
	case err != nil && (kind == KindTransient || kind == KindAmbiguous):
		if t.circuits[side].failed(&t.mu, key, now) {
			e.alert(Alert{Kind: AlertCircuit, Tenant: t.id, Text: fmt.Sprintf("%s fails: %v", sideNames[side], err)})
		}
	case t.circuits[side].worked(&t.mu, began):
		e.alert(Alert{Kind: AlertCircuit, Tenant: t.id, Text: fmt.Sprintf("%s works again", sideNames[side]), Ended: true})
	}
}

// Alert is something that a person should know. It comes once, and once more
// when it ends.
type Alert struct {
	Kind   AlertKind
	Tenant string
	Flow   string
	Text   string
	Ended  bool
}

// AlertKind says what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	AlertPaused  AlertKind = "paused"  // the tenant, a flow of it, or its creates, pause
	AlertHeld    AlertKind = "held"    // the guard holds removals
	AlertGrouped AlertKind = "grouped" // many records fail, or have a warning, in the same way
	AlertCircuit AlertKind = "circuit" // one side fails
	AlertStore   AlertKind = "store"   // the store is away; of no tenant
	AlertFolded  AlertKind = "folded"  // the marks of a paused tenant became a sweep
)

func (e *Engine) alert(alert Alert) {
	alert.Text = oneLine(alert.Text) // it may have a side's words in it
	level := e.log.Error
	if alert.Ended {
		level = e.log.Info
	}
	level(alert.Text, "alert", string(alert.Kind), "tenant", alert.Tenant, "flow", alert.Flow, "ended", alert.Ended)
	if e.config.OnAlert != nil {
		e.telling.Lock()
		defer e.telling.Unlock()
		e.config.OnAlert(alert)
	}
}

const (
	// manyGoneWindow is within which records that are gone at the target are
	// counted.
	manyGoneWindow = time.Hour
	manyGoneMin    = 20
	manyGoneShare  = 0.05
)

// manyGone counts a record that somebody deleted at the target. Many of them at
// once are no person's work, but a wrong base URL or a wrong account.
func (j *job) manyGone(ctx context.Context) error {
	counts, err := j.store.CountLinks(ctx, j.claim.Tenant, j.claim.Flow)
	if err != nil {
		return err
	}
	most := max(manyGoneMin, int(math.Floor(manyGoneShare*float64(counts[Linked]))))
	if j.tenant.doubtsAccount() || j.tenant.gone(j.claim.Flow, j.claim.ID, time.Now()) > most {
		err := &Error{Kind: KindAccount, Err: fmt.Errorf(
			"more than %d records of the flow %s are gone at the target at once: is it the right account?", most, j.claim.Flow)}
		if j.tenant.pause(wrongAccount, err, time.Now()) {
			j.alert(Alert{Kind: AlertPaused, Tenant: j.tenant.id, Flow: j.claim.Flow, Text: err.Error()})
		}
		return err
	}
	return nil
}
