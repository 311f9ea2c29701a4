package syncer

import "context"

// PlanOption is a Scope or WithDrift.
type PlanOption interface{ plan(*planOptions) }

type planOptions struct {
	scopes []Scope
	drift  bool
}

func (s Scope) plan(o *planOptions) { o.scopes = append(o.scopes, s) }

type withDrift struct{}

func (withDrift) plan(o *planOptions) { o.drift = true }

// WithDrift makes a Plan show, too, what a target sweep would restore: it looks for
// what others changed or deleted at the target. That costs the target's whole
// listing, and a read of each record that is not as it was answered: Plan.Spent
// says how many requests it was.
func WithDrift() PlanOption { return withDrift{} }

// drifted reports whether drift is looked for, and the target does not hold a record
// as it was answered.
func (p *planner) drifted(claim Claim) bool {
	if !p.drift || claim.Link == nil {
		return false
	}
	held, there := p.held[claim.ID]
	switch claim.Link.State {
	case Linked:
		return !there || held.ID != claim.Link.Target.ID || !p.flow.asAnswered(held, *claim.Link)
	case GoneAtTarget:
		return there
	default:
		return false
	}
}

// left puts a key into the plan for which nothing is written. P8: what others did at
// the target, and is left so, is not shown as in step.
func (p *planner) left(ctx context.Context, r *rehearsal) {
	op := r.operation(ctx)
	op.Drift = r.job.claim.Drift
	switch {
	case !op.Drift:
	case op.Action == GoneRespected:
		op.Why = "somebody deleted it at the target: it is left so"
	case op.Action == Unchanged:
		desired, _, err := p.flow.sides.mapped(ctx, r.job.source.Value)
		if err != nil {
			break
		}
		for _, name := range p.fields(desired, p.held[op.ID].Value, r.job.claim.Link.Base).kept {
			op.Fields = append(op.Fields, FieldChange{Field: name, Before: p.held[op.ID].Value[name], After: desired[name]})
			op.Why = "somebody changed it at the target: it is left so"
		}
	}
	if op.Why == "" {
		p.made.Unchanged++
		return
	}
	p.made.Withheld = append(p.made.Withheld, op)
}
