package syncer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// keepEvents is how long the id of an event is remembered.
const keepEvents = 72 * time.Hour

// memoryStore is a Store that forgets everything when the process ends.
type memoryStore struct {
	mu       sync.Mutex
	closed   bool
	sequence int64
	marks    map[Key]*storedMark
	links    map[Key]Link
	targets  map[Key]string // by tenant, flow and target id: the source id
	sweeps   map[Key]SweepState
	seen     map[Key]map[string]bool // by tenant and flow: ids of the last sweep
	removals map[Key][]time.Time     // by tenant and flow
	eventIDs map[Key]time.Time       // by tenant and event id
	events   []Event
}

// storedMark is a mark with the state that only the store knows.
type storedMark struct {
	Mark
	number, fence int64
	due           time.Time
	leasedUntil   time.Time // zero: not leased
	attempt       int
	doubt, dead   bool
	park          Key   // parked under it; zero: not parked
	rowNumber     int64 // the number that Row belongs to
}

// NewMemoryStore returns a Store in memory, for tests and trials. What it knows
// is lost when the process ends; the next start then compares everything anew.
func NewMemoryStore() Store {
	return &memoryStore{
		sequence: time.Now().UnixMicro(),
		marks:    map[Key]*storedMark{}, links: map[Key]Link{}, targets: map[Key]string{},
		sweeps: map[Key]SweepState{}, seen: map[Key]map[string]bool{},
		removals: map[Key][]time.Time{}, eventIDs: map[Key]time.Time{},
	}
}

// enter locks the store for one transaction.
func (s *memoryStore) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrStoreClosed
	}
	return nil
}

func (s *memoryStore) next() int64 {
	s.sequence++
	return s.sequence
}

func (s *memoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *memoryStore) Notify(ctx context.Context, marks []Mark) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	now := time.Now()
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
	maps.DeleteFunc(s.eventIDs, func(_ Key, at time.Time) bool { return now.Sub(at) > keepEvents })
	return nil
}

// mark marks a key, or renews its mark.
func (s *memoryStore) mark(mark Mark, now time.Time) *storedMark {
	stored := s.marks[mark.Key]
	if stored == nil {
		stored = &storedMark{Mark: mark}
		s.marks[mark.Key] = stored
	} else {
		mark.Lane = min(mark.Lane, stored.Lane)
		mark.Released = mark.Released || stored.Released
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
	stored.number, stored.due, stored.rowNumber = s.next(), now, 0
	return stored
}

func (s *memoryStore) Claim(ctx context.Context, request ClaimRequest) ([]Claim, time.Duration, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	now := time.Now()
	var ready []*storedMark
	idle := time.Duration(-1)
	for _, mark := range s.marks {
		if mark.dead || mark.park != (Key{}) || slices.Contains(request.Skip, mark.Tenant) {
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
		if parent, known := s.parentOf(mark, request.Parents); known && parent.State == Leaving {
			continue
		}
		ready = append(ready, mark)
	}
	slices.SortFunc(ready, func(a, b *storedMark) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.number, b.number))
	})
	ready = ready[:min(len(ready), request.N)]
	claims := make([]Claim, len(ready))
	for i, mark := range ready {
		claims[i] = s.lease(mark, request, now)
	}
	return claims, idle, nil
}

func (s *memoryStore) parentOf(mark *storedMark, parents map[string]string) (Link, bool) {
	flow := parents[mark.Flow]
	if flow == "" || mark.Parent == "" {
		return Link{}, false
	}
	link, known := s.links[Key{Tenant: mark.Tenant, Flow: flow, ID: mark.Parent}]
	return link, known
}

func (s *memoryStore) lease(mark *storedMark, request ClaimRequest, now time.Time) Claim {
	claim := Claim{
		Mark: mark.Mark, Number: mark.number, Attempt: mark.attempt,
		Doubt: mark.doubt || !mark.leasedUntil.IsZero(),
	}
	if mark.rowNumber != mark.number {
		claim.Row, claim.RowGone = nil, false
	}
	mark.doubt = claim.Doubt
	mark.fence, mark.leasedUntil = s.next(), now.Add(request.Lease)
	claim.Fence = mark.fence
	if link, known := s.links[mark.Key]; known {
		link.Touched = mark.fence
		s.links[mark.Key] = link
		claim.Link = &link
	}
	if parent, known := s.parentOf(mark, request.Parents); known {
		parent.Base = Base{}
		claim.ParentLink = &parent
	}
	return claim
}

// holder returns the mark if the fence is its lease.
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

func (s *memoryStore) Leave(ctx context.Context, request LeaveRequest) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	link, known := s.links[request.Key]
	switch {
	case s.holder(request.Key, request.Fence) == nil:
		return false, ErrFenced
	case known && link.State == Leaving:
		return true, nil
	}
	if request.Guard != (Guard{}) {
		of := Key{Tenant: request.Tenant, Flow: request.Flow}
		now := time.Now()
		s.removals[of] = slices.DeleteFunc(s.removals[of], func(at time.Time) bool {
			return now.Sub(at) >= request.Guard.Window
		})
		links := 0
		for key, link := range s.links {
			if key.Tenant == of.Tenant && key.Flow == of.Flow && link.State.HasTarget() {
				links++
			}
		}
		if !request.Guard.Allows(links, len(s.removals[of])) {
			return false, nil
		}
		s.removals[of] = append(s.removals[of], now)
	}
	link.Key, link.State, link.Touched = request.Key, Leaving, s.next()
	s.links[request.Key] = link
	return true, nil
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
		switch {
		case mark.dead:
			c.Dead++
		case !mark.leasedUntil.IsZero():
			c.Claimed++
		case mark.park != (Key{}):
			c.Parked++
		default:
			c.Waiting++
		}
		counts[key.Flow] = c
	}
	return counts, nil
}
