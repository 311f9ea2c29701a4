package syncer

import (
	"context"
	"maps"
	"slices"
	"time"
)

// maxSkips is how many flows and lanes of single tenants are passed over in one
// claim, so that its query stays short. Those beyond are claimed and put off.
const maxSkips = 1000

// skips says what is not to be claimed now, and whether the claim is a probe. The
// engine's mutex is held.
func (e *Engine) skips(now time.Time) (skips []Skip, probing bool) {
	var parts []Skip
	for _, id := range slices.Sorted(maps.Keys(e.tenants)) {
		t := e.tenants[id]
		_, paused := e.paused[Scope{Tenant: id}]
		busy := len(e.tenants) > 1 && t.running > e.config.Workers/2
		if paused || busy || t.slowed(RealTime, now) {
			skips = append(skips, Skip{Tenant: id})
			continue
		}
		resting, probe := t.rest(now)
		probing = probing || probe
		if resting && !probe {
			skips = append(skips, Skip{Tenant: id})
			continue
		}
		flows, probe := t.passed(now)
		probing = probing || probe
		if len(flows) == len(t.flows) {
			skips = append(skips, Skip{Tenant: id})
			continue
		}
		for _, flow := range flows {
			parts = append(parts, Skip{Tenant: id, Flow: flow})
		}
		if t.slowed(Sweep, now) {
			parts = append(parts, Skip{Tenant: id, Sweeps: true})
		}
	}
	return append(skips, parts[:min(len(parts), maxSkips)]...), probing
}

// passed are the flows of a tenant that pause while others go on. If one of them is
// to be probed, it alone is not among them.
func (t *tenant) passed(now time.Time) (flows []string, probing bool) {
	for _, f := range t.flows {
		if t.outdated(f.name) != nil {
			flows = append(flows, f.name)
			continue
		}
		resting, probe := t.restFlow(f.name, now)
		if probe {
			others := slices.DeleteFunc(slices.Clone(t.flows), func(other *flow) bool { return other == f })
			return names(others), true
		}
		if resting {
			flows = append(flows, f.name)
		}
	}
	return flows, false
}

func names(flows []*flow) []string {
	names := make([]string, len(flows))
	for i, f := range flows {
		names[i] = f.name
	}
	return names
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
	for _, id := range slices.Sorted(maps.Keys(e.tenants)) {
		t := e.tenants[id]
		for _, f := range t.flows {
			if t.asksAgain(f.name, now) {
				ask = append(ask, behind{t, f})
			}
		}
	}
	e.mu.Unlock()
	for _, b := range ask {
		spec, err := e.store.Spec(ctx, b.tenant.id, b.flow.name)
		if err != nil {
			return err
		}
		_ = e.follows(b.tenant, b.flow, spec) // it is noted there
	}
	return nil
}
