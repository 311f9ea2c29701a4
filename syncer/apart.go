package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// tenantsAtOnce is how many tenants are swept at once, in one sort of sweep.
	tenantsAtOnce = 32
	// newTenants is how often Run looks for tenants that are new.
	newTenants = time.Minute
)

// apart does something for every tenant, again and again, when the last time said
// that it is due next. P9: each tenant has a goroutine of its own meanwhile, so
// that one whose sweep takes long, or that can't be opened, delays no other. In
// between, a tenant costs nothing.
func (e *Engine) apart(ctx context.Context, do func(*tenant) (next time.Time)) {
	var group sync.WaitGroup
	defer group.Wait()
	r := rota{known: map[string]bool{}, busy: map[string]bool{}}
	ended := make(chan turn, tenantsAtOnce)
	var listed time.Time
	for ctx.Err() == nil {
		now := time.Now()
		if listed.IsZero() || now.Sub(listed) >= newTenants {
			listed = now
			if err := r.list(ctx, e.config.Tenants, now); err != nil && ctx.Err() == nil {
				e.log.ErrorContext(ctx, "list tenants", "error", err)
			}
		}
		next := listed.Add(newTenants)
		for len(r.turns) > 0 && len(r.busy) < tenantsAtOnce && !r.turns[0].due.After(now) {
			id := r.begin()
			group.Go(func() {
				at := time.Now().Add(firstPause)
				if e.hasLeft(id) {
					ended <- turn{id, at} // the next list will lack it
					return
				}
				if t, err := e.tenant(ctx, id); err == nil {
					at = do(t)
				} else if ctx.Err() == nil {
					e.log.ErrorContext(ctx, "a tenant can't be opened, and is tried again", "tenant", id, "error", err)
				}
				ended <- turn{id, at} // it has room for all that are busy
			})
		}
		if len(r.turns) > 0 && len(r.busy) < tenantsAtOnce && r.turns[0].due.Before(next) {
			next = r.turns[0].due
		}
		timer := time.NewTimer(max(maxIdle, time.Until(next)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case done := <-ended:
			r.end(done)
		}
		timer.Stop()
	}
}

// startAll opens the tenants and asks their sides what they can do, some at once. P9:
// one that can't be opened is told of, and stops Run only if no other can.
func (e *Engine) startAll(ctx context.Context) error {
	var ids []string
	for id, err := range e.config.Tenants.List(ctx) {
		if err != nil {
			return fmt.Errorf("syncer: list tenants: %w", err)
		}
		ids = append(ids, id)
	}
	errs := make([]error, len(ids))
	var group sync.WaitGroup
	slots := make(chan struct{}, tenantsAtOnce)
	for i, id := range ids {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			t, err := e.tenant(ctx, id)
			if err == nil {
				err = e.start(ctx, t)
			}
			errs[i] = err
		})
	}
	group.Wait()
	if !slices.Contains(errs, nil) {
		return errors.Join(errs...)
	}
	for i, err := range errs {
		if err != nil {
			e.mu.Lock()
			if e.tenants[ids[i]] == nil {
				e.shut[ids[i]] = time.Now().Add(firstPause)
			}
			e.mu.Unlock()
			e.alert(Alert{Kind: AlertPaused, Tenant: ids[i], Text: err.Error()})
		}
	}
	return nil
}
