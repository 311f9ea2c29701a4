package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errPaused is the reason of a pause that a person asked for.
type errPaused struct{ Pause }

func (p errPaused) Error() string {
	what := "the tenant " + p.Tenant
	if p.Flow != "" {
		what = "the flow " + p.Flow + " of " + what
	}
	if p.Reason == "" {
		return what + " was paused by a person"
	}
	return what + " was paused by a person: " + p.Reason
}

// Pause stops the work of a scope: nothing of it is claimed or swept any more,
// work that has begun ends. What is notified meanwhile is kept. The pause is in
// the store: it holds over restarts, and for all processes on the store, which
// heed it within some seconds. Resume ends it, and nothing else does.
//
// An operation that needs work of the scope done, such as Backfill, fails with
// ErrPaused meanwhile.
func (e *Engine) Pause(ctx context.Context, scope Scope, reason string) error {
	err := e.eachPause(ctx, scope, func(p Pause) error {
		p.Reason = reason
		return e.store.Pause(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("syncer: pause: %w", err)
	}
	return e.heedPauses(ctx)
}

// Resume ends the pauses that were asked for with this scope, or within it: to
// resume a tenant resumes its flows as well. It fails with ErrNotPaused if there
// is none. Pauses for other reasons (credentials, a side that fails) end by
// themselves when that is put right.
func (e *Engine) Resume(ctx context.Context, scope Scope) error {
	pauses, err := e.store.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("syncer: resume: %w", err)
	}
	found := false
	for _, p := range pauses {
		if !scope.holds(p.Tenant, p.Flow) {
			continue
		}
		ended, err := e.store.Resume(ctx, p.Tenant, p.Flow)
		if err != nil {
			return fmt.Errorf("syncer: resume: %w", err)
		}
		found = found || ended
	}
	if !found {
		return ErrNotPaused
	}
	err = e.heedPauses(ctx)
	e.pool.wake()
	return err
}

// ErrNotPaused is what Resume returns if no person paused anything in its scope.
var ErrNotPaused = errors.New("syncer: nothing in this scope was paused by a person")

// eachPause calls f for the pauses that make up a scope.
func (e *Engine) eachPause(ctx context.Context, scope Scope, f func(Pause) error) error {
	return e.each(ctx, scope, func(t *tenant) error {
		return f(Pause{Tenant: t.id, Flow: scope.Flow})
	})
}

// heedEvery is how long a process may not know what another paused.
const heedEvery = 2 * time.Second

// heed looks now and then what persons paused.
func (e *Engine) heed(ctx context.Context) error {
	e.mu.Lock()
	due := time.Since(e.heeded) >= heedEvery
	e.mu.Unlock()
	if !due {
		return nil
	}
	return e.heedPauses(ctx)
}

// heedPauses takes over from the store what persons paused.
func (e *Engine) heedPauses(ctx context.Context) error {
	pauses, err := e.store.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("syncer: read the pauses: %w", err)
	}
	now := map[Scope]Pause{}
	for _, p := range pauses {
		now[Scope{p.Tenant, p.Flow}] = p
	}
	e.mu.Lock()
	before := e.paused
	e.paused, e.heeded = now, time.Now()
	e.mu.Unlock()
	for scope, p := range now {
		if _, was := before[scope]; !was {
			e.alert(Alert{Kind: AlertPaused, Tenant: p.Tenant, Flow: p.Flow, Text: errPaused{p}.Error()})
		}
	}
	for scope, p := range before {
		if _, is := now[scope]; !is {
			e.alert(Alert{Kind: AlertPaused, Tenant: p.Tenant, Flow: p.Flow, Text: errPaused{p}.Error(), Ended: true})
		}
	}
	return nil
}

// pausedBy is why a person paused a tenant, or one of its flows; nil if none did.
func (e *Engine) pausedBy(tenant, flow string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, scope := range []Scope{{tenant, ""}, {tenant, flow}} {
		if p, is := e.paused[scope]; is {
			return errPaused{p}
		}
	}
	return nil
}

// rests is why nothing of a flow is swept or waited for: it or its tenant pauses,
// or a person paused it.
func (e *Engine) rests(t *tenant, f *flow) error {
	if reason := e.pausedBy(t.id, f.name); reason != nil {
		return reason
	}
	if reason := t.paused(); reason != nil {
		return reason
	}
	return t.lacks(f.name)
}
