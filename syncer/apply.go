package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrPlanMoved is what Apply returns if a plan can't be carried out any more as a
// whole: another mapping came into force since it was made, or this process has
// another one.
var ErrPlanMoved = errors.New("syncer: the world moved since the plan was made; plan anew")

// Applied says what became of a plan.
type Applied struct {
	// Report says what was written, and what became of it.
	Report *Report
	// Refused are the operations that were not carried out.
	Refused []Refusal
}

// Refusal is an operation of a plan that was not carried out, because carrying it
// out would do something else by now.
type Refusal struct {
	Key Key
	// Planned is what the plan says, Now what would be done by now; its Action is
	// Unchanged if nothing would be.
	Planned, Now Operation
}

// String is the refusal in plain words, without values.
func (r Refusal) String() string {
	return oneLine(fmt.Sprintf("%s: planned was %q, now it would be %q", r.Key, r.Planned, r.Now))
}

// Apply carries a plan out, and puts its mappings into force. Each operation is
// planned anew right before; if another one would come out by now, because the
// source, the target or what was agreed on moved, it is refused and the others go
// on. A refused record is not lost: the next sweep finds it, or a new plan.
//
// Operations that the plan withholds, and what was unknown to it, are left alone.
// Apply may be repeated: what is done already is refused as unchanged.
func (e *Engine) Apply(ctx context.Context, plan *Plan) (*Applied, error) {
	if plan == nil || plan.Format != planFormat {
		return nil, fmt.Errorf("syncer: apply: the plan is not of format %d: plan anew", planFormat)
	}
	if err := e.heedPauses(ctx); err != nil {
		return nil, err
	}
	for _, part := range plan.Flows {
		if err := e.mayApply(ctx, part); err != nil {
			return nil, fmt.Errorf("syncer: apply to %s/%s: %w", part.Tenant, part.Flow, err)
		}
	}
	applied := &Applied{}
	r := e.begin("apply", planScope(plan))
	release := e.pool.acquire()
	err := func() error {
		dry := e.dryRun()
		for _, part := range plan.Flows {
			if err := e.apply(ctx, dry, part, r, applied); err != nil {
				return fmt.Errorf("syncer: apply to %s/%s: %w", part.Tenant, part.Flow, err)
			}
		}
		return nil
	}()
	release()
	applied.Report = r.end()
	return applied, err
}

// planScope is the smallest scope that holds a plan.
func planScope(plan *Plan) Scope {
	var scope Scope
	for i, part := range plan.Flows {
		if i == 0 {
			scope = Scope{part.Tenant, part.Flow}
		}
		if scope.Tenant != part.Tenant {
			scope.Tenant = ""
		}
		if scope.Flow != part.Flow {
			scope.Flow = ""
		}
	}
	return scope
}

// planned is the flow of a part of a plan.
func (e *Engine) planned(ctx context.Context, part FlowPlan) (*tenant, *flow, error) {
	t, err := e.tenant(ctx, part.Tenant)
	if err != nil {
		return nil, nil, err
	}
	f := t.named[part.Flow]
	if f == nil {
		return nil, nil, fmt.Errorf("tenant %q has no flow %q", part.Tenant, part.Flow)
	}
	return t, f, nil
}

// mayApply checks a part of a plan before anything of the plan is done.
func (e *Engine) mayApply(ctx context.Context, part FlowPlan) error {
	t, f, err := e.planned(ctx, part)
	if err != nil {
		return err
	}
	if reason := e.pausedBy(t.id, f.name); reason != nil {
		return fmt.Errorf("%w: %w", ErrPaused, reason)
	}
	spec, err := e.store.Spec(ctx, t.id, f.name)
	switch {
	case err != nil:
		return err
	case f.version != part.Mapping:
		return fmt.Errorf("%w: it was made with another mapping than this process has", ErrPlanMoved)
	case spec.Number != part.InForce && spec.Version != part.Mapping:
		return fmt.Errorf("%w: another mapping came into force", ErrPlanMoved)
	}
	return nil
}

func (e *Engine) apply(ctx context.Context, dry *dryRun, part FlowPlan, r *run, applied *Applied) error {
	t, f, err := e.planned(ctx, part)
	if err != nil {
		return err
	}
	if err := e.start(ctx, t); err != nil {
		return err
	}
	if _, err := e.inForce(ctx, t, f, true); err != nil {
		return err
	}
	s := &sweep{Engine: e, tenant: t, flow: f, run: r}
	for some := range slices.Chunk(part.Operations, parentsAtOnce) {
		marks, refused, err := s.rehearseAll(ctx, dry, some)
		if err != nil {
			return err
		}
		applied.Refused = append(applied.Refused, refused...)
		if len(marks) > 0 {
			e.pool.wake()
		}
		r.saw(t, f, len(some), len(part.Operations), nil)
		if err := e.drain(ctx, t, f); err != nil {
			return err
		}
	}
	r.complete(t, f)
	return nil
}

// rehearseAll plans operations anew, and marks those that come out the same, with
// what was read: so it is that which is written, if nothing else happens to them.
func (s *sweep) rehearseAll(ctx context.Context, dry *dryRun, planned []Operation) (marks []Mark, refused []Refusal, err error) {
	since, err := s.store.Draw(ctx)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(planned))
	for i, op := range planned {
		ids[i] = op.ID
	}
	links, err := s.store.Links(ctx, s.tenant.id, s.flow.name, ids)
	if err != nil {
		return nil, nil, err
	}
	found := make([]*rehearsal, len(planned))
	errs := make([]error, len(planned))
	s.sideBySide(len(planned), func(i int) {
		found[i], errs[i] = dry.rehearseKey(ctx, s.tenant, s.flow, planned[i], links)
	})
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	for i, rehearsed := range found {
		now := rehearsed.operation(ctx)
		if rehearsed.side.written == 0 && now.Action != HeldAction && now.Why == "" {
			now = Operation{ID: now.ID, Action: Unchanged}
		}
		if !now.same(planned[i]) {
			refused = append(refused, Refusal{
				Key: Key{Tenant: s.tenant.id, Flow: s.flow.name, ID: ids[i]}, Planned: planned[i], Now: now,
			})
			continue
		}
		mark := markOf(s.tenant, s.flow, rehearsed.job.source, "plan")
		mark.Key, mark.Drift = rehearsed.job.claim.Key, rehearsed.job.claim.Drift
		if now.Action == Deleted && rehearsed.job.source.Value == nil {
			mark.Gone, mark.RowGone, mark.Parent = true, true, rehearsed.job.link.Parent
		}
		marks = append(marks, mark)
	}
	return marks, refused, s.store.Observe(ctx, Observation{Since: since, Marks: marks})
}

// rehearseKey does the work of a planned key as it stands, in a dry run.
func (d *dryRun) rehearseKey(ctx context.Context, t *tenant, f *flow, planned Operation, links map[string]Link) (*rehearsal, error) {
	claim := Claim{Mark: Mark{
		Key: Key{Tenant: t.id, Flow: f.name, ID: planned.ID}, Trigger: "plan", Gone: planned.Action == Deleted, Drift: planned.Drift,
	}}
	if link, known := links[planned.ID]; known {
		claim.Link, claim.Parent = &link, link.Parent
	}
	if f.parent != "" && claim.Parent != "" {
		parents, err := d.store.Links(ctx, t.id, f.parent, []string{claim.Parent})
		if err != nil {
			return nil, err
		}
		if parent, known := parents[claim.Parent]; known {
			claim.ParentLink = &parent
		}
	}
	return d.rehearse(ctx, t, f, claim, nil)
}
