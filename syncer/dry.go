package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// errDry is what a write to the store would be while a plan is made.
var errDry = errors.New("syncer: a plan writes nothing")

// dryStore is a Store that is read only (P8: a plan writes nothing), as far as the work of a key uses it.
// Removals are counted by the guard as if they happened, those before the plan
// apart.
type dryStore struct {
	Store
	mu      sync.Mutex
	removed map[Scope]int
}

func (s *dryStore) Notify(context.Context, []Mark) error                { return errDry }
func (s *dryStore) Observe(context.Context, Observation) error          { return errDry }
func (s *dryStore) Draw(context.Context) (int64, error)                 { return 0, errDry }
func (s *dryStore) Unpark(context.Context, UnparkRequest) error         { return nil }
func (s *dryStore) Fold(context.Context, FoldRequest) (int, error)      { return 0, errDry }
func (s *dryStore) TrimEvents(context.Context, int64, int) (int, error) { return 0, errDry }
func (s *dryStore) Pause(context.Context, Pause) error                  { return errDry }
func (s *dryStore) Resume(context.Context, string, string) (bool, error) {
	return false, errDry
}

func (s *dryStore) Claim(context.Context, ClaimRequest) ([]Claim, time.Duration, error) {
	return nil, 0, errDry
}

func (s *dryStore) BeginSweep(context.Context, SweepID, time.Duration) (SweepState, error) {
	return SweepState{}, errDry
}

func (s *dryStore) Enforce(context.Context, string, string, string, Rules, int64) (Spec, error) {
	return Spec{}, errDry
}

func (s *dryStore) Commit(_ context.Context, results []Result) []error {
	return fill(make([]error, len(results)), errDry)
}

// Extend and Intend say that all is well: there is no lease.
func (s *dryStore) Extend(_ context.Context, leases []Lease, _ time.Duration) []error {
	return make([]error, len(leases))
}

func (s *dryStore) Intend(_ context.Context, intents []Intent) []error {
	return make([]error, len(intents))
}

// Leave asks the guard, and counts a removal in the plan alone.
func (s *dryStore) Leave(ctx context.Context, request LeaveRequest) (bool, error) {
	if request.Guard == (Guard{}) {
		return true, nil
	}
	links, err := s.CountLinks(ctx, request.Tenant, request.Flow)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := Scope{request.Tenant, request.Flow}
	if !request.Guard.Allows(links[Linked]+links[Held]-s.removed[of], s.removed[of]) {
		return false, nil
	}
	s.removed[of]++
	return true, nil
}

// recorder are sides that are read, and whose writes are noted instead of sent.
type recorder struct {
	sides
	// taken finds the record that has an external id; nil if nobody has it.
	taken func(ctx context.Context, externalID string) (*Record[Fields], error)

	source, target, written int
	moves                   string // the target's id of the new parent
}

func (r *recorder) read(ctx context.Context, ref Ref) (Record[json.RawMessage], error) {
	r.source++
	return r.sides.read(ctx, ref)
}

func (r *recorder) scan(ctx context.Context, query Query, cursor string) (Page[json.RawMessage], error) {
	r.source++
	return r.sides.scan(ctx, query, cursor)
}

func (r *recorder) held(ctx context.Context, ref Ref) (Record[Fields], error) {
	r.target++
	return r.sides.held(ctx, ref)
}

func (r *recorder) find(ctx context.Context, externalID string) (*Record[Fields], error) {
	r.target++
	return r.sides.find(ctx, externalID)
}

func (r *recorder) listHeld(ctx context.Context, cursor string) (Page[Fields], error) {
	r.target++
	return r.sides.listHeld(ctx, cursor)
}

func (r *recorder) create(ctx context.Context, draft Draft[Fields]) (Record[Fields], error) {
	r.written++
	taken, err := r.taken(ctx, draft.ExternalID)
	switch {
	case err != nil:
		return Record[Fields]{}, err
	case taken != nil:
		return Record[Fields]{}, &Error{Kind: KindTaken, Conflict: taken.ID, Err: errors.New("the external id is taken")}
	}
	return Record[Fields]{Ref: Ref{Parent: draft.Parent}, Value: draft.Value}, nil
}

func (r *recorder) update(_ context.Context, ref Ref, patch Patch[Fields]) (Record[Fields], error) {
	r.written++
	r.moves = patch.Parent
	if patch.Parent != "" {
		ref.Parent = patch.Parent
	}
	return Record[Fields]{Ref: ref, Value: patch.Value, Version: patch.Version}, nil
}

func (r *recorder) remove(context.Context, Ref, string) error {
	r.written++
	return nil
}

// dryRun does the work of keys with nothing written anywhere: what it would do is
// what the work does, because it is the same code.
type dryRun struct {
	*Engine // of its own, on a store that is read only
	mu      sync.Mutex
	tenants map[string]*tenant
}

func (e *Engine) dryRun() *dryRun {
	config := e.config
	config.Logger, config.OnAlert, config.OnProgress, config.Metrics = slog.New(slog.DiscardHandler), nil, nil, nil
	config.LogValues = true
	config.Rand = rand.New(rand.NewPCG(0, 0)) //nolint:gosec // of its own: the engine's has a lock there
	store := &dryStore{Store: e.store, removed: map[Scope]int{}}
	config.Store = store
	dry := &Engine{config: config, store: store, log: config.Logger, runs: map[*run]struct{}{}}
	dry.intents = newBatcher(maxBatch, store.Intend)
	return &dryRun{Engine: dry, tenants: map[string]*tenant{}}
}

// of is a tenant with what it learns kept apart.
func (d *dryRun) of(t *tenant) *tenant {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tenants[t.id] == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		apart := &tenant{
			id: t.id, flows: t.flows, named: t.named, matchers: map[string]*matcher{},
			can: maps.Clone(t.can), skipped: maps.Clone(t.skipped), goneAt: map[string]map[string]time.Time{},
			failures: map[string]*failures{}, holding: map[string]bool{},
		}
		for name := range t.named {
			apart.matchers[name] = newMatcher()
		}
		d.tenants[t.id] = apart
	}
	return d.tenants[t.id]
}

// rehearsal is the work of one key in a dry run.
type rehearsal struct {
	job    *job
	side   *recorder
	result Result
}

// maxSteps is how many steps of a key's work are rehearsed: an adoption links
// first, and writes then.
const maxSteps = 3

// rehearse does the work of a key. taken is nil to ask the target.
func (d *dryRun) rehearse(ctx context.Context, t *tenant, f *flow, claim Claim, taken func(context.Context, string) (*Record[Fields], error)) (*rehearsal, error) {
	t = d.of(t)
	can, err := d.capable(ctx, t, f)
	if err != nil {
		return nil, err
	}
	side := &recorder{sides: f.sides, taken: taken}
	if taken == nil {
		side.taken = side.find
	}
	if !can.target.ExternalIDs {
		side.taken = func(context.Context, string) (*Record[Fields], error) { return nil, nil } //nolint:nilnil // nobody has it
	}
	of := *f
	of.sides = side
	for range maxSteps {
		j := &job{
			Engine: d.Engine, tenant: t, flow: &of, claim: claim, started: time.Now(), lease: time.Now().Add(day),
			link: Link{Key: claim.Key, State: Unlinked}, sourceCan: can.source, targetCan: can.target,
			event: Event{Key: claim.Key, Trigger: claim.Trigger, Attempt: 1},
		}
		if claim.Link != nil {
			j.link = *claim.Link
		}
		r := &rehearsal{job: j, side: side, result: j.handle(ctx)}
		if r.result.Next != Again || r.result.Event.Action != Adopted {
			return r, ctx.Err()
		}
		claim.Link = r.result.Link
		claim.Row = j.source.Value
	}
	return nil, &Error{Kind: KindTransient, Err: errors.New("it takes several steps, and what they lead to can't be told")}
}
