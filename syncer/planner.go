package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// planner makes the plan of one flow.
type planner struct {
	*comparison // reads both sides
	dry         *dryRun
	made        FlowPlan

	drift   bool // is looked for
	listing lock // guards held, while the target is read
	// parents are what becomes of the records that these belong to.
	parents *flowOutcome

	mu             sync.Mutex
	source, target int            // requests of the price
	unknown        map[string]int // by why: the place in made.Unknown
}

// Plan says what Backfill would write now, and what that costs. It reads both
// sides and writes nothing, anywhere. A mapping that is not in force yet is planned
// with like any other: so a new one is looked at before it rewrites anything.
//
// It reads the source's listing, and by id what a listing does not show whole; of
// the target the listing, if records would be created. Drift is looked for only
// WithDrift. Removals of the last 24 hours do not count in the guard of a plan.
func (e *Engine) Plan(ctx context.Context, opts ...PlanOption) (*Plan, error) {
	var o planOptions
	for _, option := range opts {
		option.plan(&o)
	}
	within, err := scopeOf(o.scopes)
	if err != nil {
		return nil, err
	}
	dry, r := e.dryRun(), e.beginApart("plan", within)
	defer r.end()
	plan := &Plan{Format: planFormat, At: time.Now()}
	source, target := 0, 0
	outcomes := map[Scope]*flowOutcome{}
	err = e.eachFlow(ctx, within, func(t *tenant, f *flow) error {
		if err := e.start(ctx, t); err != nil {
			return err
		}
		if t.skips(f.name) {
			return nil
		}
		p := &planner{
			dry: dry, drift: o.drift, unknown: map[string]int{}, listing: newLock(), parents: outcomes[Scope{t.id, f.parent}],
			comparison: &comparison{sweep: &sweep{Engine: dry.Engine, tenant: dry.of(t), flow: f, run: r}},
		}
		if err := p.plan(ctx); err != nil {
			return fmt.Errorf("syncer: plan %s/%s: %w", t.id, f.name, err)
		}
		outcomes[Scope{t.id, f.name}] = p.outcome()
		plan.Flows = append(plan.Flows, p.made)
		source, target = source+p.source, target+p.target
		r.complete(t, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	plan.Price = e.config.price(source, target)
	plan.Spent = e.config.price(r.spentOn(sourceSide), r.spentOn(targetSide))
	return plan, nil
}

// flowOutcome is what a plan does to those records of a flow that others may
// belong to.
type flowOutcome struct {
	created int
	deleted map[string]bool // by the source's id
	anew    map[string]bool // created again, by the source's id
}

func (p *planner) outcome() *flowOutcome {
	outcome := &flowOutcome{deleted: map[string]bool{}, anew: map[string]bool{}}
	for _, op := range p.made.Operations {
		switch op.Action {
		case Created:
			outcome.created++
			outcome.anew[op.ID] = op.Drift
		case Deleted:
			outcome.deleted[op.ID] = true
		default:
		}
	}
	return outcome
}

// plan plans the flow.
func (p *planner) plan(ctx context.Context) error {
	p.made = FlowPlan{Tenant: p.tenant.id, Flow: p.flow.name, Mapping: p.flow.version}
	spec, err := p.store.Spec(ctx, p.tenant.id, p.flow.name)
	if err != nil {
		return err
	}
	p.made.InForce = spec.Number
	if spec.Number != 0 {
		differs, err := p.changed(ctx, p.tenant, p.flow, spec.Version)
		if err != nil {
			return err
		}
		p.made.Rules = slices.Sorted(maps.Keys(differs.fields))
	}
	if p.can, err = p.capable(ctx, p.tenant, p.flow); err != nil {
		return err
	}
	full, err := p.store.Sweep(ctx, SweepID{Tenant: p.tenant.id, Flow: p.flow.name, Name: SweepFull})
	if err != nil {
		return err
	}
	if full.Generation == 0 {
		if err := p.existing(ctx); err != nil {
			return err
		}
	}
	if p.drift {
		if err := p.readTarget(ctx); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	if err := p.eachPage(ctx, func(rows []Record[json.RawMessage]) error { return p.rows(ctx, rows, seen) }); err != nil {
		return err
	}
	if p.can.source.ListsByParent && p.parents != nil && p.parents.created > 0 {
		p.made.Unknown = append(p.made.Unknown, Unplanned{N: p.parents.created, Why: fmt.Sprintf(
			"records of the flow %s would be created: what belongs to them is planned once they are there", p.flow.parent)})
	}
	if err := p.gone(ctx, seen); err != nil {
		return err
	}
	for _, list := range [][]Operation{p.made.Operations, p.made.Withheld} {
		slices.SortFunc(list, func(a, b Operation) int { return strings.Compare(a.ID, b.ID) })
	}
	return nil
}

// rows plans what a page of the source shows.
func (p *planner) rows(ctx context.Context, rows []Record[json.RawMessage], seen map[string]bool) error {
	rows = slices.DeleteFunc(rows, func(row Record[json.RawMessage]) bool { return seen[row.ID] })
	ids, parents := make([]string, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		ids[i], parents[i], seen[row.ID] = row.ID, row.Parent, true
	}
	links, err := p.store.Links(ctx, p.tenant.id, p.flow.name, ids)
	if err != nil {
		return err
	}
	var parentLinks map[string]Link
	if p.flow.parent != "" {
		if parentLinks, err = p.store.Links(ctx, p.tenant.id, p.flow.parent, parents); err != nil {
			return err
		}
	}
	var claims []Claim
	var standing []State
	for _, row := range rows {
		claim := p.claim(row.Ref, links, parentLinks)
		if p.parentLeaves(claim) {
			continue
		}
		claim.Drift = p.drifted(claim)
		same := false
		if claim.Link != nil && claim.Link.Refused == nil {
			if same, err = p.unchanged(ctx, p.tenant, p.flow, row, *claim.Link); err != nil {
				return err
			}
			if row, err = p.whole(ctx, row, *claim.Link); err != nil {
				return err
			}
		}
		if same && !claim.Drift {
			p.made.Unchanged++
			standing = append(standing, claim.Link.State)
			continue
		}
		switch {
		case !row.Partial:
			claim.Row = row.Value
		case same:
			claim.Row = claim.Link.Base.Source
		}
		claims = append(claims, claim)
	}
	p.run.saw(p.tenant, p.flow, len(rows), p.total, standing)
	return p.all(ctx, claims)
}

func (p *planner) claim(ref Ref, links, parents map[string]Link) Claim {
	claim := Claim{Mark: Mark{
		Key: Key{Tenant: p.tenant.id, Flow: p.flow.name, ID: ref.ID}, Parent: ref.Parent, Trigger: "plan",
	}}
	if link, known := links[ref.ID]; known {
		claim.Link = &link
	}
	if parent, known := parents[ref.Parent]; known {
		claim.ParentLink = &parent
	}
	return claim
}

// gone plans what the source has no more. Each is read again before it counts.
func (p *planner) gone(ctx context.Context, seen map[string]bool) error {
	return p.eachLink(ctx, p.tenant, p.flow, Linked, func(links []Link) error {
		var claims []Claim
		for _, link := range links {
			if seen[link.ID] {
				continue
			}
			claim := p.claim(Ref{ID: link.ID, Parent: link.Parent}, map[string]Link{link.ID: link}, nil)
			claim.Gone = true
			if !p.parentLeaves(claim) {
				claims = append(claims, claim)
			}
		}
		if p.flow.parent != "" {
			var ids []string
			for _, claim := range claims {
				ids = append(ids, claim.Parent)
			}
			parents, err := p.store.Links(ctx, p.tenant.id, p.flow.parent, ids)
			if err != nil {
				return err
			}
			for i := range claims {
				if parent, known := parents[claims[i].Parent]; known {
					claims[i].ParentLink = &parent
				}
			}
		}
		return p.all(ctx, claims)
	})
}

// all plans keys side by side.
func (p *planner) all(ctx context.Context, claims []Claim) error {
	// The target is listed once for all of them: that takes longer than one call may.
	taken := func(_ context.Context, externalID string) (*Record[Fields], error) { return p.taken(ctx, externalID) }
	errs := make([]error, len(claims))
	p.sideBySide(len(claims), func(i int) {
		rehearsed, err := p.dry.rehearse(ctx, p.tenant, p.flow, claims[i], taken)
		if err != nil {
			errs[i] = err
			return
		}
		errs[i] = p.add(ctx, rehearsed)
	})
	return errors.Join(errs...)
}

// taken finds a record of the target by its external id in the listing, which is
// read once if anything would be created.
func (p *planner) taken(ctx context.Context, externalID string) (*Record[Fields], error) {
	p.listing.Lock()
	defer p.listing.Unlock()
	if p.held == nil {
		if err := p.readTarget(ctx); err != nil {
			return nil, err
		}
	}
	record, there := p.held[externalID]
	if !there {
		return nil, nil //nolint:nilnil // nobody has it
	}
	return &record, nil
}

// add puts a key into the plan.
func (p *planner) add(ctx context.Context, r *rehearsal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run.asked(sourceSide, r.side.source)
	p.run.asked(targetSide, r.side.target)
	event := r.result.Event
	p.run.did(p.tenant, p.flow, event)
	switch event.Action {
	case Retried, Snoozed, Superseded, ListedAction:
		if event.Kind == KindAccount.String() || event.Kind == KindLacks.String() {
			return &Error{Kind: KindAccount, Err: fmt.Errorf("it can't be planned: %s", event.Error)}
		}
		p.isUnknown(r.job.claim.ID, "it could not be read: "+event.Error)
	case ParkedAction:
		p.isUnknown(r.job.claim.ID, "what it belongs to is not there yet")
	case HeldAction, DeadLetter, Conflict:
		op := r.operation(ctx)
		if event.Action == HeldAction {
			op.Why = "the guard would hold the removal"
		}
		p.made.Withheld = append(p.made.Withheld, op)
	default:
		if r.side.written == 0 {
			p.left(ctx, r)
			return nil
		}
		op := r.operation(ctx)
		op.Drift = r.job.claim.Drift
		if op.Drift && op.Action == Created {
			op.Why = "somebody deleted it at the target"
		} else if op.Drift {
			op.Why = "somebody changed it at the target"
		}
		p.made.Operations = append(p.made.Operations, op)
		// Apply reads the source, plans the key again, and then does its work.
		p.source++
		p.target += 2*r.side.target + r.side.written
		if event.Action == Created && p.can.target.ExternalIDs {
			p.target++ // whether the external id is taken
		}
	}
	return nil
}

// parentLeaves notes a record whose parent the plan deletes, or creates again: what
// becomes of it follows from that.
func (p *planner) parentLeaves(claim Claim) bool {
	why := ""
	switch {
	case p.parents == nil:
	case p.parents.deleted[claim.Parent]:
		why = "what it belongs to would be deleted: it goes with that, or is planned once it is gone"
	case p.parents.anew[claim.Parent]:
		why = "what it belongs to would be created again: it is planned once that is there"
	}
	if why == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isUnknown(claim.ID, why)
	return true
}

// isUnknown notes what can't be planned. P8: it is not taken to be nothing.
func (p *planner) isUnknown(id, why string) {
	at, known := p.unknown[why]
	if !known {
		at = len(p.made.Unknown)
		p.unknown[why] = at
		p.made.Unknown = append(p.made.Unknown, Unplanned{Why: why})
	}
	u := &p.made.Unknown[at]
	u.IDs, u.N = append(u.IDs, id), u.N+1
	slices.Sort(u.IDs)
}
