package syncer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	upkeepEvery = 10 * time.Second
	// measureEvery is how often the gauges are set: each costs a query or two.
	measureEvery = time.Minute
	// groupQuiet is after how long without such a failure a group of failures has
	// ended.
	groupQuiet = time.Hour
)

// upkeep does, while Run is at work, what no work of a key does: it ends alerts,
// reports metrics and trims the log.
func (e *Engine) upkeep(ctx context.Context) {
	var trimmed, measured time.Time
	for pause(ctx, upkeepEvery) == nil {
		err := e.census(ctx)
		for _, t := range e.opened() {
			for _, f := range t.flows {
				if err == nil {
					err = e.settleAlerts(ctx, t, f)
				}
			}
		}
		if err == nil && time.Since(measured) >= measureEvery {
			measured, err = time.Now(), e.measure(ctx)
		}
		if err == nil && time.Since(trimmed) >= trimEvery {
			trimmed, err = time.Now(), e.trim(ctx)
		}
		if err != nil && ctx.Err() == nil {
			e.log.ErrorContext(ctx, "the upkeep failed, and is tried again", "error", err)
		}
	}
}

// opened are the tenants that are open, in the order of their ids.
func (e *Engine) opened() []*tenant {
	e.mu.Lock()
	defer e.mu.Unlock()
	open := make([]*tenant, 0, len(e.tenants))
	for _, id := range slices.Sorted(maps.Keys(e.tenants)) {
		open = append(open, e.tenants[id])
	}
	return open
}

// census forgets tenants that are not served any more. Their marks stay, and are
// not claimed until they are listed again.
func (e *Engine) census(ctx context.Context) error {
	listed := map[string]bool{}
	for id, err := range e.config.Tenants.List(ctx) {
		if err != nil {
			return fmt.Errorf("syncer: list tenants: %w", err)
		}
		listed[id] = true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.left {
		if listed[id] {
			delete(e.left, id)
		}
	}
	for id, t := range e.tenants {
		if !listed[id] {
			e.left[id] = true
			if t.running == 0 {
				delete(e.tenants, id)
			}
		}
	}
	return nil
}

// hasLeft reports whether a tenant is not served any more.
func (e *Engine) hasLeft(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.left[id]
}

// settleAlerts ends alerts of a flow whose cause is gone. Removals that are held
// since before this process began are told as well.
func (e *Engine) settleAlerts(ctx context.Context, t *tenant, f *flow) error {
	if t.mayHold(f.name) {
		links, err := e.store.Walk(ctx, t.id, f.name, Held, "", 1)
		if err != nil {
			return err
		}
		if t.hold(f.name, len(links) > 0) {
			e.alertHeld(t, f.name, len(links) == 0)
		}
	}
	for _, text := range t.quiet(f.name, time.Now()) {
		e.alert(Alert{Kind: AlertGrouped, Tenant: t.id, Flow: f.name, Text: text, Ended: true})
	}
	return nil
}

// mayHold reports whether a flow has held removals, as far as this process knows:
// it may before it first looked.
func (t *tenant) mayHold(flow string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	holding, looked := t.holding[flow]
	return holding || !looked
}

func (e *Engine) alertHeld(t *tenant, flow string, ended bool) {
	text := "the guard holds removals: release them, or bring the records back"
	if ended {
		text = "no removals are held any more"
	}
	e.alert(Alert{Kind: AlertHeld, Tenant: t.id, Flow: flow, Text: text, Ended: ended})
}

// failures are those of a flow's records that fail, or have a warning, in the same
// way.
type failures struct {
	flow, text string
	n          int
	last       time.Time
}

// group counts a failure. It reports whether it makes a group, which is told
// once.
func (t *tenant) group(flow string, kind Kind, text, told string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.failures) > 1000 {
		clear(t.failures)
	}
	alike := flow + "\n" + kind.String() + "\n" + withoutDigits(text)
	if t.failures[alike] == nil {
		t.failures[alike] = &failures{flow: flow, text: told}
	}
	group := t.failures[alike]
	group.n, group.last = group.n+1, now
	return group.n == groupSize
}

// quiet drops the failures of a flow that did not come again, and returns what was
// told of them.
func (t *tenant) quiet(flow string, now time.Time) (ended []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for alike, group := range t.failures {
		if group.flow != flow || now.Sub(group.last) < groupQuiet {
			continue
		}
		if group.n >= groupSize {
			ended = append(ended, group.text)
		}
		delete(t.failures, alike)
	}
	return ended
}
