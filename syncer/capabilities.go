package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// capabilities are those of both sides of a flow.
type capabilities struct {
	source SourceCapabilities
	target TargetCapabilities
}

// capable asks both sides of a flow what they can do, once. A side that lacks
// what the flow needs is an error that names both.
func (e *Engine) capable(ctx context.Context, t *tenant, f *flow) (capabilities, error) {
	t.mu.Lock()
	can, asked := t.can[f.name]
	t.mu.Unlock()
	if asked {
		return can, nil
	}
	err := func() (err error) {
		ctx, cancel := context.WithTimeout(ctx, e.config.RequestTimeout)
		defer cancel()
		key := Key{Tenant: t.id, Flow: f.name}
		if can.source, err = f.sides.sourceCapabilities(ctx); err != nil {
			e.refused(t, sourceSide, key, err)
			return fmt.Errorf("the source of the flow %s: %w", f.name, err)
		}
		if can.target, err = f.sides.targetCapabilities(ctx); err != nil {
			e.refused(t, targetSide, key, err)
			return fmt.Errorf("the target of the flow %s: %w", f.name, err)
		}
		if !can.target.ExternalIDs && !f.sides.finds() {
			return &Error{Kind: KindLacks, Err: fmt.Errorf(
				"the flow %s needs a target with external ids, or one that is a syncer.CandidateTarget, and its target is neither", f.name)}
		}
		return nil
	}()
	if err != nil {
		return can, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.can[f.name] = can
	return can, nil
}

// refused pauses what a side refuses to be asked for by these credentials. That it
// answers says nothing: some sides need not be asked for what they can do.
func (e *Engine) refused(t *tenant, side side, key Key, err error) {
	if kind := kindOf(err); kind == KindAccount || kind == KindScope {
		e.observe(t, side, key, time.Now(), err)
	}
}

// start asks all sides of a tenant what they can do. Flows that may be skipped
// are, if a side lacks what they need, and their children with them.
func (e *Engine) start(ctx context.Context, t *tenant) error {
	var errs []error
	for _, f := range t.flows {
		_, err := e.capable(ctx, t, f)
		switch {
		case t.skips(f.parent):
			t.skip(f.name)
		case err == nil:
		case kindOf(err) == KindLacks && f.skippable:
			if t.skip(f.name) {
				e.log.WarnContext(ctx, "a flow is skipped", "tenant", t.id, "flow", f.name, "reason", err)
			}
		case kindOf(err) == KindLacks:
			errs = append(errs, err)
		default:
			// It could not be asked: its work finds out.
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("syncer: tenant %q: %w", t.id, err)
	}
	return nil
}

func (t *tenant) skips(flow string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skipped[flow]
}

func (t *tenant) skip(flow string) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	news = !t.skipped[flow]
	t.skipped[flow] = true
	return news
}
