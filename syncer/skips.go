package syncer

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// maxSkips is how many flows and lanes of single tenants are passed over in one
// claim, so that its query stays short. Those beyond are claimed and put off.
const maxSkips = 1000

// skips says what is not to be claimed now, and whether the claim is a probe. The
// engine's mutex is held. A tenant that is well costs a look under its lock.
func (e *Engine) skips(now time.Time) (skips []Skip, probing bool) {
	for id := range e.left {
		skips = append(skips, Skip{Tenant: id})
	}
	for id, until := range e.shut {
		if now.Before(until) {
			skips = append(skips, Skip{Tenant: id})
		} else {
			delete(e.shut, id)
		}
	}
	for id, opening := range e.opening {
		if now.After(opening.began) { // who claimed it would wait for that
			skips = append(skips, Skip{Tenant: id})
		}
	}
	var parts []Skip
	for id, t := range e.tenants {
		_, paused := e.paused[Scope{Tenant: id}]
		if paused || len(e.tenants) > 1 && t.running > e.config.Workers/2 {
			skips = append(skips, Skip{Tenant: id})
			continue
		}
		all, some, probe := t.passes(now)
		probing = probing || probe
		if all {
			skips = append(skips, Skip{Tenant: id})
		} else {
			parts = append(parts, some...)
		}
	}
	order := func(a, b Skip) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Flow, b.Flow)) }
	slices.SortFunc(skips, order)
	slices.SortFunc(parts, order)
	return append(skips, parts[:min(len(parts), maxSkips)]...), probing
}

// passes says what of a tenant is not to be claimed now: all of it, or some flows or
// lanes. If a flow that pauses is to be probed, nothing else is claimed.
func (t *tenant) passes(now time.Time) (all bool, some []Skip, probing bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.resting[RealTime]) {
		return true, nil, false
	}
	resting, probing := t.rest(now)
	if resting && !probing {
		return true, nil, false
	}
	passed := 0
	for _, f := range t.flows {
		pauses, probe := t.restFlow(f.name, now)
		switch {
		case t.behind[f.name] != nil:
		case probe:
			return false, t.allBut(f), true
		case !pauses:
			continue
		}
		passed++
		some = append(some, Skip{Tenant: t.id, Flow: f.name})
	}
	if now.Before(t.resting[Sweep]) {
		some = append(some, Skip{Tenant: t.id, Sweeps: true})
	}
	return passed == len(t.flows), some, probing
}

// allBut are all flows but one.
func (t *tenant) allBut(one *flow) (others []Skip) {
	for _, f := range t.flows {
		if f != one {
			others = append(others, Skip{Tenant: t.id, Flow: f.name})
		}
	}
	return others
}

// catchUp looks now and then whether the mapping of this process is in force
// again, for the flows that pause because it is not.
func (e *Engine) catchUp(ctx context.Context) error {
	type behind struct {
		tenant *tenant
		flow   *flow
	}
	now := time.Now()
	var ask []behind
	e.mu.Lock()
	for _, t := range e.tenants {
		for _, f := range t.askAgain(now) {
			ask = append(ask, behind{t, f})
		}
	}
	e.mu.Unlock()
	slices.SortStableFunc(ask, func(a, b behind) int { return cmp.Compare(a.tenant.id, b.tenant.id) })
	for _, b := range ask {
		spec, err := e.store.Spec(ctx, b.tenant.id, b.flow.name)
		if err != nil {
			return err
		}
		_ = e.follows(b.tenant, b.flow, spec) // it is noted there
	}
	return nil
}
