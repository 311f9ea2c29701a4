package syncer

import (
	"context"
	"fmt"
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
// that one whose sweep takes long, or that can't be opened, delays no other.
func (e *Engine) apart(ctx context.Context, do func(*tenant) (next time.Time)) {
	var group sync.WaitGroup
	defer group.Wait()
	var mu sync.Mutex
	busy, due := map[string]bool{}, map[string]time.Time{}
	ended := make(chan struct{}, 1)
	slots := make(chan struct{}, tenantsAtOnce)
	begin := func(id string) (began bool, at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		if busy[id] {
			return false, time.Time{}
		}
		if at := due[id]; at.After(time.Now()) {
			return false, at
		}
		select {
		case slots <- struct{}{}:
			busy[id] = true
			return true, time.Time{}
		default:
			return false, time.Time{} // when another one has ended
		}
	}
	for ctx.Err() == nil {
		next := time.Now().Add(newTenants)
		for id, err := range e.config.Tenants.List(ctx) {
			if err != nil {
				e.log.ErrorContext(ctx, "list tenants", "error", err)
				break
			}
			began, at := begin(id)
			if !at.IsZero() && at.Before(next) {
				next = at
			}
			if !began {
				continue
			}
			group.Go(func() {
				at := time.Now().Add(firstPause)
				if t, err := e.tenant(ctx, id); err == nil {
					at = do(t)
				} else if ctx.Err() == nil {
					e.log.ErrorContext(ctx, "a tenant can't be opened, and is tried again", "tenant", id, "error", err)
				}
				mu.Lock()
				busy[id], due[id] = false, at
				mu.Unlock()
				<-slots
				select {
				case ended <- struct{}{}:
				default: // it looks again in any case
				}
			})
		}
		timer := time.NewTimer(max(maxIdle, time.Until(next)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-ended:
		}
		timer.Stop()
	}
}

// startAll opens the tenants and asks their sides what they can do. P9: one that
// can't be opened is told of, and stops Run only if it is the only one.
func (e *Engine) startAll(ctx context.Context) error {
	good, failed := 0, map[string]error{}
	for id, err := range e.config.Tenants.List(ctx) {
		if err != nil {
			return fmt.Errorf("syncer: list tenants: %w", err)
		}
		t, err := e.tenant(ctx, id)
		if err == nil {
			err = e.start(ctx, t)
		}
		if err != nil {
			failed[id] = err
		} else {
			good++
		}
	}
	for id, err := range failed {
		if good == 0 {
			return err
		}
		e.alert(Alert{Kind: AlertPaused, Tenant: id, Text: err.Error()})
	}
	return nil
}
