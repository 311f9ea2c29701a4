package syncer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

func (s *memoryStore) Notify(ctx context.Context, marks []Mark) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	now := time.Now()
	s.notify(marks, now)
	maps.DeleteFunc(s.eventIDs, func(_ Key, at time.Time) bool { return now.Sub(at) > keepEvents })
	return nil
}

func (s *memoryStore) notify(marks []Mark, now time.Time) {
	for _, mark := range marks {
		if mark.EventID != "" {
			id := Key{Tenant: mark.Tenant, ID: mark.EventID}
			if _, known := s.eventIDs[id]; known {
				continue
			}
			s.eventIDs[id] = now
		}
		mark.Row, mark.RowGone = nil, false
		s.mark(mark, now)
	}
}

// mark marks a key, or renews its mark.
func (s *memoryStore) mark(mark Mark, now time.Time) *storedMark {
	stored := s.marks[mark.Key]
	if stored == nil {
		stored = &storedMark{Mark: mark, made: now}
		s.marks[mark.Key] = stored
	} else {
		if under := stored.park.Parent.ID; under != "" && (mark.Gone || mark.Parent != "" && mark.Parent != under) {
			s.free(stored) // it waits for the wrong parent, or for none any more
		}
		mark.Lane = min(mark.Lane, stored.Lane)
		mark.Released = mark.Released || stored.Released
		mark.Drift = mark.Drift || stored.Drift
		if mark.Parent == "" {
			mark.Parent = stored.Parent
		}
		if mark.Evidence == nil {
			mark.Evidence = stored.Evidence
		}
		stored.Mark = mark
	}
	if stored.dead {
		stored.dead, stored.attempt = false, 0
	}
	stored.number, stored.due, stored.marked, stored.rowNumber, stored.snoozes = s.next(), now, now, 0, 0
	return stored
}

// free releases one mark that is parked under a parent.
func (s *memoryStore) free(mark *storedMark) {
	under := parkKey{Key: mark.park.Parent}
	delete(s.parks[under], mark.Key)
	if len(s.parks[under]) == 0 {
		delete(s.parks, under)
	}
	mark.park = Park{}
}

func (s *memoryStore) Claim(ctx context.Context, request ClaimRequest) ([]Claim, time.Duration, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	now := time.Now()
	ready := turns{n: request.N, marks: map[place][]*storedMark{}}
	idle := time.Duration(-1)
	for _, mark := range s.marks {
		if mark.dead || mark.park != (Park{}) || slices.ContainsFunc(request.Skip, func(s Skip) bool { return s.holds(mark.Mark) }) || s.pauses[Key{Tenant: mark.Tenant, Flow: mark.Flow}] != (Pause{}) {
			continue
		}
		at := mark.due
		if mark.leasedUntil.After(at) {
			at = mark.leasedUntil
		}
		if wait := at.Sub(now); wait > 0 {
			if idle < 0 || wait < idle {
				idle = wait
			}
			continue
		}
		if parent := s.parentOf(mark, request.Parents); parent != nil && parent.State == Leaving {
			continue
		}
		ready.add(mark)
	}
	claims := []Claim{}
	for _, mark := range ready.chosen(request) {
		claims = append(claims, s.lease(mark, request, now))
	}
	return claims, idle, nil
}

// turns are the marks that may be claimed, by lane and tenant, of each the first
// n by their numbers.
type turns struct {
	n     int
	marks map[place][]*storedMark
}

type place struct {
	lane   Lane
	tenant string
}

func (t *turns) add(mark *storedMark) {
	of := place{mark.Lane, mark.Tenant}
	list := t.marks[of]
	if len(list) == t.n && (t.n == 0 || list[t.n-1].number < mark.number) {
		return
	}
	at, _ := slices.BinarySearchFunc(list, mark.number, func(m *storedMark, n int64) int { return cmp.Compare(m.number, n) })
	list = slices.Insert(list, at, mark)
	t.marks[of] = list[:min(len(list), t.n)]
}

// chosen takes them lane by lane, and in each lane the tenants' first marks
// before any tenant's second one (P9).
func (t *turns) chosen(request ClaimRequest) []*storedMark {
	lanes := []Lane{request.First}
	for _, lane := range []Lane{RealTime, Retry, Sweep} {
		if lane != request.First {
			lanes = append(lanes, lane)
		}
	}
	var chosen []*storedMark
	taken := map[string]int{}
	for _, lane := range lanes {
		for turn := range t.n {
			var round []*storedMark
			for of, list := range t.marks {
				if of.lane == lane && turn < len(list) {
					round = append(round, list[turn])
				}
			}
			if len(round) == 0 {
				break
			}
			slices.SortFunc(round, func(a, b *storedMark) int { return cmp.Compare(a.number, b.number) })
			for _, mark := range round {
				if len(chosen) < request.N && (request.PerTenant == 0 || taken[mark.Tenant] < request.PerTenant) {
					taken[mark.Tenant]++
					chosen = append(chosen, mark)
				}
			}
		}
	}
	return chosen
}

func (s *memoryStore) parentOf(mark *storedMark, parents map[string]string) *Link {
	flow := parents[mark.Flow]
	if flow == "" || mark.Parent == "" {
		return nil
	}
	stored := s.links[Key{Tenant: mark.Tenant, Flow: flow, ID: mark.Parent}]
	if stored == nil {
		return nil
	}
	link := stored.Link
	link.Base, link.Refused = Base{}, nil
	return &link
}

func (s *memoryStore) lease(mark *storedMark, request ClaimRequest, now time.Time) Claim {
	claim := Claim{
		Mark: mark.Mark, Number: mark.number, Age: now.Sub(mark.marked), Attempt: mark.attempt, Snoozes: mark.snoozes,
		Doubt: mark.doubt || !mark.leasedUntil.IsZero(),
		Spec:  s.specs[Key{Tenant: mark.Tenant, Flow: mark.Flow}],
	}
	if mark.rowNumber != mark.number {
		claim.Row, claim.RowGone = nil, false
	}
	mark.doubt = claim.Doubt
	mark.fence, mark.leasedUntil, mark.rowNumber = s.next(), now.Add(request.Lease), 0
	claim.Fence = mark.fence
	if stored := s.links[mark.Key]; stored != nil {
		stored.Touched, stored.at = mark.fence, now
		link := stored.Link
		claim.Link = &link
	}
	if stored, known := s.intents[mark.Key]; known {
		intent := stored.Intent
		intent.Age = now.Sub(stored.at)
		claim.Intent = &intent
	}
	claim.ParentLink = s.parentOf(mark, request.Parents)
	return claim
}

// holder returns the mark if the fence is its lease. P6: whoever stalled past its
// lease is not the holder any more.
func (s *memoryStore) holder(key Key, fence int64) *storedMark {
	mark := s.marks[key]
	if mark == nil || mark.fence != fence || mark.leasedUntil.IsZero() {
		return nil
	}
	return mark
}

func (s *memoryStore) Extend(ctx context.Context, leases []Lease, d time.Duration) []error {
	errs := make([]error, len(leases))
	if err := s.enter(ctx); err != nil {
		return fill(errs, err)
	}
	defer s.mu.Unlock()
	for i, lease := range leases {
		if mark := s.holder(lease.Key, lease.Fence); mark != nil {
			mark.leasedUntil = time.Now().Add(d)
		} else {
			errs[i] = ErrFenced
		}
	}
	return errs
}

func fill(errs []error, err error) []error {
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func (s *memoryStore) Intend(ctx context.Context, intents []Intent) []error {
	errs := make([]error, len(intents))
	if err := s.enter(ctx); err != nil {
		return fill(errs, err)
	}
	defer s.mu.Unlock()
	now := time.Now()
	for i, intent := range intents {
		if s.holder(intent.Key, intent.Fence) == nil {
			errs[i] = ErrFenced
			continue
		}
		intent.First = now
		if before, known := s.intents[intent.Key]; known {
			intent.First = before.First
		}
		s.intents[intent.Key] = storedIntent{Intent: intent, at: now}
	}
	return errs
}

func (s *memoryStore) Leave(ctx context.Context, request LeaveRequest) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	stored := s.links[request.Key]
	switch {
	case s.holder(request.Key, request.Fence) == nil:
		return false, ErrFenced
	case stored != nil && stored.State == Leaving:
		return true, nil
	}
	now := time.Now()
	if request.Guard != (Guard{}) {
		of := Key{Tenant: request.Tenant, Flow: request.Flow}
		s.removals[of] = slices.DeleteFunc(s.removals[of], func(at time.Time) bool {
			return now.Sub(at) >= request.Guard.Window
		})
		links := s.countLinks(request.Tenant, request.Flow)
		if !request.Guard.Allows(links[Linked]+links[Held], len(s.removals[of])) {
			return false, nil
		}
		s.removals[of] = append(s.removals[of], now)
	}
	if stored == nil {
		return true, nil
	}
	link := stored.Link
	link.State = Leaving
	s.setLink(request.Key, &link, now)
	return true, nil
}

// status is what a mark is doing.
func (m *storedMark) status() MarkStatus {
	switch {
	case m.dead:
		return MarkDead
	case !m.leasedUntil.IsZero():
		return MarkClaimed
	case m.park != (Park{}):
		return MarkParked
	default:
		return MarkWaiting
	}
}

func (s *memoryStore) Counts(ctx context.Context, tenant, flow string) (map[string]MarkCounts, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	counts := map[string]MarkCounts{}
	for key, mark := range s.marks {
		if !(Scope{Tenant: tenant, Flow: flow}).holds(key.Tenant, key.Flow) {
			continue
		}
		c := counts[key.Flow]
		switch mark.status() {
		case MarkDead:
			c.Dead++
		case MarkClaimed:
			c.Claimed++
		case MarkParked:
			c.Parked++
		case MarkWaiting, MarkAny:
			c.Waiting++
		}
		counts[key.Flow] = c
	}
	return counts, nil
}

func (s *memoryStore) Marks(ctx context.Context, query MarkQuery) ([]StoredMark, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []StoredMark
	for key, mark := range s.marks {
		status := mark.status()
		if key.Tenant != query.Tenant || key.Flow != query.Flow || key.ID <= query.After ||
			query.Status != MarkAny && query.Status != status ||
			len(query.IDs) > 0 && !slices.Contains(query.IDs, key.ID) {
			continue
		}
		stored := StoredMark{
			Mark: mark.Mark, Number: mark.number, Status: status, Attempt: mark.attempt,
			Kind: mark.kind, Error: mark.err, Park: mark.park,
		}
		stored.Row, stored.RowGone = nil, false
		found = append(found, stored)
	}
	slices.SortFunc(found, func(a, b StoredMark) int { return cmp.Compare(a.ID, b.ID) })
	return found[:min(len(found), cmp.Or(query.N, defaultEvents))], nil
}

func (s *memoryStore) Fold(ctx context.Context, request FoldRequest) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	total := 0
	var fold []Key
	for key, mark := range s.marks {
		if key.Tenant != request.Tenant {
			continue
		}
		total++
		link, intent := s.links[key], s.intents[key]
		kept := mark.status() != MarkWaiting || mark.doubt || intent.Key == key || mark.Released ||
			!slices.Contains(request.Flows, key.Flow) ||
			link != nil && (link.State == Held || link.State == Leaving)
		if !kept {
			fold = append(fold, key)
		}
	}
	if total <= request.Most || len(fold) == 0 {
		return 0, nil
	}
	for _, key := range fold {
		delete(s.marks, key)
	}
	owed := s.sweep(SweepID{Tenant: request.Tenant, Name: SweepOwed})
	s.begin(owed, time.Now())
	return len(fold), nil
}
