package syncer

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// keepEvents is how long the id of an event is remembered.
const keepEvents = 48 * time.Hour

// memoryStore is a Store that forgets everything when the process ends.
type memoryStore struct {
	mu       sync.Mutex
	closed   bool
	sequence int64
	marks    map[Key]*storedMark
	parks    map[parkKey]map[Key]bool // what is parked under what
	intents  map[Key]storedIntent
	links    map[Key]*memoryLink
	targets  map[Key]string          // by tenant, flow and target id: the source id
	families map[Key]map[string]bool // by tenant, flow and parent's id: the children's ids
	states   map[Key]map[State]int   // by tenant and flow: how many links
	order    map[Key][]string        // by tenant and flow: ids of links in order; nil if it has to be made
	sweeps   map[SweepID]*storedSweep
	removals map[Key][]time.Time // by tenant and flow
	specs    map[Key]Spec        // by tenant and flow
	rules    map[Key]Rules       // by tenant, flow and version
	eventIDs map[Key]time.Time   // by tenant and event id
	events   []Event
	loans    map[string]map[int64]*memoryLoan // by rate
	pauses   map[Key]Pause                    // by tenant and flow
	noted    map[Key]memoryNote               // by tenant, flow and target id
}

// storedMark is a mark with the state that only the store knows.
type storedMark struct {
	Mark
	number, fence    int64
	made, marked     time.Time // when the key was first marked since it last was not, and last
	due              time.Time
	leasedUntil      time.Time // zero: not leased
	attempt, snoozes int
	doubt, dead      bool
	park             Park  // what it waits for; zero: not parked
	rowNumber        int64 // the number that Row belongs to
	kind, err        string
}

// storedIntent is an intent with the time of its latest version.
type storedIntent struct {
	Intent
	at time.Time
}

// memoryLink is a link with the time when it was touched.
type memoryLink struct {
	Link
	at time.Time
}

// storedSweep is a sweep with its lease and what it saw.
type storedSweep struct {
	SweepState
	leasedUntil time.Time
	seen        map[string]bool
}

// parkKey is what marks are parked under: a parent, or a record of the target.
type parkKey struct {
	Key
	target bool
}

// NewMemoryStore returns a Store in memory, for tests and trials. What it knows
// is lost when the process ends; the next start then compares everything anew.
func NewMemoryStore() Store {
	return &memoryStore{
		sequence: time.Now().UnixMicro(),
		marks:    map[Key]*storedMark{}, parks: map[parkKey]map[Key]bool{}, intents: map[Key]storedIntent{},
		links: map[Key]*memoryLink{}, targets: map[Key]string{}, families: map[Key]map[string]bool{}, order: map[Key][]string{}, states: map[Key]map[State]int{},
		sweeps: map[SweepID]*storedSweep{}, removals: map[Key][]time.Time{}, specs: map[Key]Spec{}, rules: map[Key]Rules{}, eventIDs: map[Key]time.Time{},
		loans: map[string]map[int64]*memoryLoan{}, pauses: map[Key]Pause{}, noted: map[Key]memoryNote{},
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

func (s *memoryStore) Draw(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.next(), nil
}

func (s *memoryStore) Spec(ctx context.Context, tenant, flow string) (Spec, error) {
	if err := s.enter(ctx); err != nil {
		return Spec{}, err
	}
	defer s.mu.Unlock()
	return s.specs[Key{Tenant: tenant, Flow: flow}], nil
}

func (s *memoryStore) Enforce(ctx context.Context, tenant, flow, version string, rules Rules, expected int64) (Spec, error) {
	if err := s.enter(ctx); err != nil {
		return Spec{}, err
	}
	defer s.mu.Unlock()
	of := Key{Tenant: tenant, Flow: flow}
	if s.specs[of].Number != expected {
		return Spec{}, ErrSpecMoved
	}
	s.specs[of] = Spec{Number: s.next(), Version: version}
	s.rules[Key{tenant, flow, version}] = Rules{maps.Clone(rules.Fingerprints), slices.Clone(rules.Source)}
	return s.specs[of], nil
}

func (s *memoryStore) Rules(ctx context.Context, tenant, flow, version string) (Rules, error) {
	if err := s.enter(ctx); err != nil {
		return Rules{}, err
	}
	defer s.mu.Unlock()
	rules := s.rules[Key{tenant, flow, version}]
	return Rules{maps.Clone(rules.Fingerprints), slices.Clone(rules.Source)}, nil
}
