package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Backfill compares everything at the source with what was agreed on, and
// brings the target in step: it creates, updates and deletes. It goes on where
// an earlier call stopped, costs no write for what did not change, and returns
// when all that it found is done, has become a dead letter, or waits for
// something else (a parent, a person). What failed is in the report, not in the
// error: that one says that the operation itself could not go on.
//
// It puts the mappings of this process into force: other processes with another
// mapping write nothing from then on.
func (e *Engine) Backfill(ctx context.Context, scope ...Scope) (*Report, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	if err := e.heedPauses(ctx); err != nil {
		return nil, err
	}
	r := e.begin("backfill", within)
	release := e.pool.acquire()
	err = e.each(ctx, within, func(t *tenant) error {
		if err := e.start(ctx, t); err != nil {
			return err
		}
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) {
				continue
			}
			if err := e.enforce(ctx, t, f); err != nil {
				return fmt.Errorf("syncer: put the mapping of %s/%s into force: %w", t.id, f.name, err)
			}
		}
		var lacks []error
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) {
				continue
			}
			if err := e.backfill(ctx, t, f, r); err != nil && t.lacks(f.name) != nil {
				lacks = append(lacks, err) // the tenant's other flows go on
			} else if err != nil {
				return err
			}
		}
		return errors.Join(lacks...)
	})
	release()
	return r.end(), err
}

// backfill brings one flow in step.
func (e *Engine) backfill(ctx context.Context, t *tenant, f *flow, r *run) error {
	if t.skips(f.name) {
		r.skipped(f)
		return nil
	}
	if reason := e.pausedBy(t.id, f.name); reason != nil {
		return fmt.Errorf("%w: %w", ErrPaused, reason)
	}
	// What waits from before goes first: it may be what this flow's sweep would find
	// again.
	if err := e.drain(ctx, t, f); err != nil {
		return err
	}
	if err := e.sweep(ctx, t, f, r, SweepFull, true); err != nil {
		return fmt.Errorf("syncer: sweep %s/%s: %w", t.id, f.name, err)
	}
	if t.skips(f.name) {
		return nil
	}
	if err := e.drain(ctx, t, f); err != nil {
		return err
	}
	age, err := e.age(ctx, t, f)
	if err != nil {
		return fmt.Errorf("syncer: read the age of what is known of %s/%s: %w", t.id, f.name, err)
	}
	r.looked(f, age.Looked)
	r.complete(t, f)
	return nil
}

// Wait returns when nothing is waiting or being worked on. It needs Run, or
// another operation, to be at work.
func (e *Engine) Wait(ctx context.Context, scope ...Scope) error {
	within, err := scopeOf(scope)
	if err != nil {
		return err
	}
	return e.each(ctx, within, func(t *tenant) error {
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) || t.skips(f.name) {
				continue
			}
			if err := e.drain(ctx, t, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sync brings one record in step, before what sweeps found, and returns when nothing
// of its flow is waiting any more: other records that are waiting are worked on, too,
// and are in the report. What failed is in the report, not in the error.
func (e *Engine) Sync(ctx context.Context, key Key) (*Report, error) {
	r := e.begin("sync", Scope{Tenant: key.Tenant, Flow: key.Flow})
	release := e.pool.acquire()
	err := e.Notify(ctx, Change{Tenant: key.Tenant, Flow: key.Flow, Ref: Ref{ID: key.ID}})
	if err == nil {
		t, openErr := e.tenant(ctx, key.Tenant)
		if err = openErr; err == nil {
			err = e.drain(ctx, t, t.named[key.Flow])
		}
	}
	release()
	return r.end(), err
}

// drain returns when nothing of the flow is waiting or being worked on.
func (e *Engine) drain(ctx context.Context, t *tenant, f *flow) error {
	for {
		idle := e.pool.idled()
		counts, err := e.store.Counts(ctx, t.id, f.name)
		if err != nil {
			return fmt.Errorf("syncer: count what is waiting: %w", err)
		}
		if c := counts[f.name]; c.Waiting+c.Claimed == 0 {
			return nil
		}
		if reason := e.rests(t, f); reason != nil {
			return fmt.Errorf("%w: %w", ErrPaused, reason)
		}
		if reason := t.outdated(f.name); reason != nil {
			return fmt.Errorf("%w: %w", ErrPaused, reason)
		}
		if reason := t.full(); reason != nil && counts[f.name].Claimed == 0 {
			return fmt.Errorf("%w: creates: %w", ErrPaused, reason)
		}
		failed := e.pool.failed()
		timer := time.NewTimer(maxIdle)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("syncer: stopped with work left, which the next call goes on with: %w", ctx.Err())
		case <-failed.done:
			timer.Stop()
			return fmt.Errorf("syncer: the store does not work, so nothing does: %w", failed.err)
		case <-idle:
			timer.Stop()
		case <-timer.C:
		}
	}
}
