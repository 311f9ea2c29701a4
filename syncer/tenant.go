package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// tenant is an open tenant.
type tenant struct {
	id     string
	limits func() []LimitState
	flows  []*flow // parents before their children
	named  map[string]*flow

	matchers map[string]*matcher // by flow
	screens  map[string]*screen  // by flow

	mu       sync.Mutex
	can      map[string]capabilities   // by flow, once they were asked
	skipped  map[string]bool           // flows that are left out because a side lacks what they need
	pauses   pauses                    // of all flows
	lacking  map[string]*pauses        // of the flows that lack a scope
	creates  pausing                   // because the target's plan is full
	circuits [targetWrites + 1]circuit // by side
	goneAt   map[string]map[string]time.Time
	behind   map[string]*outdated // flows of which another mapping is in force
	inForce  map[string]int64     // by flow: the highest number of a mapping that was in force
	resting  [Sweep + 1]time.Time // by lane: until when nothing is claimed, because a limit is used up
	failures map[string]*failures // of records that fail in the same way
	holding  map[string]bool
	changes  map[Scope]change           // by flow and version of another mapping
	floods   map[string]bool            // flows of which many marks wait
	counted  map[string]time.Time       // by flow: when that was looked at
	altering map[string]map[string]bool // by flow: fields that the target alters
	running  int                        // claims at work
	probed   map[string]time.Time       // by flow: when it was probed last, paused and without marks
	causes   map[SweepID]string         // why sweeps failed last, by flow and name
}

// openTenant checks flows against each other and puts them in order.
func openTenant(id string, flows []Flow) (*tenant, error) {
	t := &tenant{
		id: id, named: map[string]*flow{}, matchers: map[string]*matcher{}, can: map[string]capabilities{}, skipped: map[string]bool{},
		goneAt: map[string]map[string]time.Time{}, failures: map[string]*failures{}, behind: map[string]*outdated{}, inForce: map[string]int64{}, holding: map[string]bool{},
		lacking: map[string]*pauses{}, screens: map[string]*screen{}, floods: map[string]bool{}, counted: map[string]time.Time{}, probed: map[string]time.Time{},
		causes: map[SweepID]string{},
	}
	var errs []error
	for _, f := range flows {
		if f == nil {
			errs = append(errs, errors.New("a flow is nil"))
			continue
		}
		inner := f.sealed()
		if err := inner.sides.check(); err != nil {
			errs = append(errs, fmt.Errorf("flow %q: %w", inner.name, err))
			continue
		}
		if inner.name == "" {
			errs = append(errs, errors.New("a flow has no name"))
		}
		if t.named[inner.name] != nil {
			errs = append(errs, fmt.Errorf("two flows are named %q", inner.name))
		}
		for _, other := range t.named {
			if other.sides.writes(inner.sides) {
				errs = append(errs, fmt.Errorf("the flows %q and %q write to the same target", other.name, inner.name))
			}
		}
		t.named[inner.name] = inner
		t.matchers[inner.name] = newMatcher()
		t.screens[inner.name] = &screen{mu: newLock()}
	}
	for len(t.flows) < len(t.named) && len(errs) == 0 {
		before := len(t.flows)
		for _, f := range flows {
			inner := f.sealed()
			ready := inner.parent == "" || slices.Contains(t.flows, t.named[inner.parent])
			if ready && !slices.Contains(t.flows, inner) {
				t.flows = append(t.flows, inner)
			}
		}
		if len(t.flows) == before {
			errs = append(errs, errors.New("a flow's parent is not among the tenant's flows"))
		}
	}
	if len(t.named) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("it has no flows"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("syncer: tenant %q: %w", id, err)
	}
	return t, nil
}

// alters notes that the target alters a field. It reports whether that is news.
func (t *tenant) alters(flow, field string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.altering == nil {
		t.altering = map[string]map[string]bool{}
	}
	if t.altering[flow] == nil {
		t.altering[flow] = map[string]bool{}
	}
	news := !t.altering[flow][field]
	t.altering[flow][field] = true
	return news
}

// children are the flows whose records belong to those of f.
func (t *tenant) children(f *flow) []string {
	var names []string
	for _, other := range t.flows {
		if other.parent == f.name {
			names = append(names, other.name)
		}
	}
	return names
}

// longestOpen is how long it may take to open a tenant.
const longestOpen = time.Minute

// opening is a tenant that is being opened. What came of it is there when done is
// closed.
type opening struct {
	began  time.Time
	done   chan struct{}
	tenant *tenant
	err    error
}

// tenant opens a tenant, once. P9: others need not wait for it, and who does gets
// what came of it: it is not tried by one after the other.
func (e *Engine) tenant(ctx context.Context, id string) (*tenant, error) {
	for {
		e.mu.Lock()
		t, now := e.tenants[id], e.opening[id]
		first := t == nil && now == nil
		if first {
			now = &opening{began: time.Now(), done: make(chan struct{})}
			e.opening[id] = now
		}
		e.mu.Unlock()
		switch {
		case t != nil:
			return t, nil
		case first:
			e.open(ctx, id, now)
			return now.tenant, now.err
		}
		select {
		case <-now.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("syncer: open tenant %q: %w", id, ctx.Err())
		}
		if !errors.Is(now.err, context.Canceled) { // who opened it went away
			return now.tenant, now.err
		}
	}
}

func (e *Engine) open(ctx context.Context, id string, now *opening) {
	now.err = fmt.Errorf("syncer: open tenant %q: it panicked", id)
	defer close(now.done)
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.opening, id) // who names tenants that there are not makes nothing grow
	}()
	opened, err := func() (Tenant, error) {
		ctx, cancel := context.WithTimeout(ctx, longestOpen)
		defer cancel()
		return e.config.Tenants.Open(ctx, id)
	}()
	if err != nil {
		now.err = fmt.Errorf("syncer: open tenant %q: %w", id, err)
		return
	}
	if now.tenant, now.err = openTenant(id, opened.Flows); now.err != nil {
		return
	}
	now.tenant.limits = opened.Limits
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tenants[id] = now.tenant
	for _, f := range now.tenant.flows {
		if f.parent != "" {
			e.parents[f.name] = f.parent
		}
	}
}

// Scope narrows an operation. Empty fields mean all.
type Scope struct {
	Tenant string
	Flow   string
}

func (s Scope) holds(tenant, flow string) bool {
	return (s.Tenant == "" || s.Tenant == tenant) && (s.Flow == "" || s.Flow == flow)
}

// scopeOf is the one scope that a call was given, or everything.
func scopeOf(scopes []Scope) (Scope, error) {
	switch len(scopes) {
	case 0:
		return Scope{}, nil
	case 1:
		return scopes[0], nil
	default:
		return Scope{}, errors.New("syncer: give one Scope or none")
	}
}

// each calls f for the tenants of a scope.
func (e *Engine) each(ctx context.Context, scope Scope, f func(*tenant) error) error {
	found := false
	for id, err := range e.config.Tenants.List(ctx) {
		if err != nil {
			return fmt.Errorf("syncer: list tenants: %w", err)
		}
		if scope.Tenant != "" && scope.Tenant != id {
			continue
		}
		found = true
		t, err := e.tenant(ctx, id)
		if err != nil {
			return err
		}
		if scope.Flow != "" && t.named[scope.Flow] == nil {
			return fmt.Errorf("syncer: tenant %q has no flow %q", id, scope.Flow)
		}
		if err := f(t); err != nil {
			return err
		}
	}
	if !found && scope.Tenant != "" {
		return fmt.Errorf("syncer: there is no tenant %q", scope.Tenant)
	}
	return nil
}
