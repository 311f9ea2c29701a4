package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// hooked is a store whose calls are counted, and may fail before or after their
// effect.
type hooked struct {
	syncer.Store
	mu     sync.Mutex
	calls  int
	before func(call int) error
	after  func(call int) error
}

func (s *hooked) call(do func() error) error {
	s.mu.Lock()
	s.calls++
	n := s.calls
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(n); err != nil {
			return err
		}
	}
	err := do()
	if err == nil && s.after != nil {
		err = s.after(n)
	}
	return err
}

func (s *hooked) all(n int, do func() []error) []error {
	var errs []error
	if err := s.call(func() error { errs = do(); return nil }); err != nil {
		errs = make([]error, n)
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

func (s *hooked) Notify(ctx context.Context, marks []syncer.Mark) error {
	return s.call(func() error { return s.Store.Notify(ctx, marks) })
}

func (s *hooked) Claim(ctx context.Context, request syncer.ClaimRequest) (claims []syncer.Claim, idle time.Duration, err error) {
	err = s.call(func() error { claims, idle, err = s.Store.Claim(ctx, request); return err })
	if err != nil {
		claims = nil
	}
	return claims, idle, err
}

func (s *hooked) Commit(ctx context.Context, results []syncer.Result) []error {
	return s.all(len(results), func() []error { return s.Store.Commit(ctx, results) })
}

func (s *hooked) Intend(ctx context.Context, intents []syncer.Intent) []error {
	return s.all(len(intents), func() []error { return s.Store.Intend(ctx, intents) })
}

func (s *hooked) Leave(ctx context.Context, request syncer.LeaveRequest) (allowed bool, err error) {
	err = s.call(func() error { allowed, err = s.Store.Leave(ctx, request); return err })
	return allowed, err
}

func (s *hooked) Observe(ctx context.Context, o syncer.Observation) error {
	return s.call(func() error { return s.Store.Observe(ctx, o) })
}

func (s *hooked) BeginSweep(ctx context.Context, id syncer.SweepID, lease time.Duration) (state syncer.SweepState, err error) {
	err = s.call(func() error { state, err = s.Store.BeginSweep(ctx, id, lease); return err })
	return state, err
}

func (s *hooked) Enforce(ctx context.Context, tenant, flow, version string, rules syncer.Rules, expected int64) (spec syncer.Spec, err error) {
	err = s.call(func() error { spec, err = s.Store.Enforce(ctx, tenant, flow, version, rules, expected); return err })
	return spec, err
}

func (s *hooked) Unpark(ctx context.Context, request syncer.UnparkRequest) error {
	return s.call(func() error { return s.Store.Unpark(ctx, request) })
}

// busy is a world with something of everything to do: creates, updates, removals,
// children that move, a swap of phone numbers. ready makes its first state.
func busy(t *testing.T, plain bool) *world {
	t.Helper()
	w := newWorld(t)
	w.cards.unique = true
	w.config.Workers = 2
	if plain {
		w = plainWorld(t, false)
		w.config.Workers = 2
	}
	w.restart(t)
	for i := range 6 {
		id := fmt.Sprint("p", i)
		w.people.put(person{ID: id, Name: id, Phone: fmt.Sprint("+1", i)})
		w.pets.put(person{ID: "dog of " + id, Boss: id, Name: "dog of " + id})
	}
	w.backfill(t)
	w.people.drop("p0")
	w.pets.drop("dog of p0")
	w.people.put(person{ID: "p1", Name: "changed", Phone: "+12"})
	w.people.put(person{ID: "p2", Name: "p2", Phone: "+11"})
	w.skip["p3"] = true
	w.people.put(person{ID: "p3", Name: "left"})
	w.pets.put(person{ID: "dog of p4", Boss: "p5", Name: "dog of p4"})
	w.people.put(person{ID: "new", Name: "new"})
	w.pets.put(person{ID: "dog of new", Boss: "new", Name: "dog of new"})
	return w
}

// settled requires that both sides are in step, with nothing twice and nothing
// left behind.
func (w *world) settled(t *testing.T) {
	t.Helper()
	w.inStep(t)
	for what, desk := range map[string]*desk{"people": w.cards, "pets": w.petCards} {
		assert.Len(t, desk.records, 5, what)
		seen := map[string]bool{}
		for _, h := range desk.records {
			title := h.value.Title.Or("")
			assert.False(t, seen[title], "P2: %s twice", title)
			seen[title] = true
		}
	}
	counts, err := w.store.Counts(t.Context(), "", "")
	require.NoError(t, err)
	for name, c := range counts {
		assert.Zero(t, c, name)
	}
}

var errKilled = errors.New("the process was killed")

// TestHard15KilledAtEveryStoreCommit kills the process at the n-th store call,
// before or after its effect, for every n. The next process ends the work.
func TestHard15KilledAtEveryStoreCommit(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("plain %t, effect %t", plain, effect), func(t *testing.T) {
				t.Parallel()
				n := 0
				var killed atomic.Bool
				for killed.Store(true); killed.Load(); {
					n++
					synctest.Test(t, func(t *testing.T) {
						w := busy(t, plain)
						store := w.store
						killed.Store(false)
						kill := func(call int) error {
							if call < n {
								return nil
							}
							killed.Store(true)
							return errKilled
						}
						mortal := &hooked{Store: store}
						if effect {
							mortal.after = kill
							mortal.before = func(call int) error { // only the n-th has its effect
								if call > n {
									killed.Store(true) // also if the n-th was cut off by that
									return errKilled
								}
								return nil
							}
						} else {
							mortal.before = kill
						}
						w.store = mortal
						w.restart(t)
						_, _ = w.engine.Backfill(t.Context()) // killed after its last work, it does not notice
						w.store = store
						w.restart(t)
						w.backfill(t)
						w.backfill(t) // what a sweep of a dead process had in hand is left to the next
						w.settled(t)
						w.cards.took()
						w.petCards.took()
						w.backfill(t)
						assert.Empty(t, append(w.cards.took(), w.petCards.took()...), "killed at %d", n)
					})
					if t.Failed() {
						t.Fatalf("killed at store call %d", n)
					}
				}
				assert.Greater(t, n, 25, "there was much to be killed in")
			})
		}
	}
}

// TestHard23ShutdownAtEveryStoreCall ends Run's context at the n-th store call.
func TestHard23ShutdownAtEveryStoreCall(t *testing.T) {
	t.Parallel()
	n := 0
	var stopped atomic.Bool
	for stopped.Store(true); stopped.Load(); {
		n++
		synctest.Test(t, func(t *testing.T) {
			w := busy(t, false)
			store := w.store
			ctx, cancel := contextOf(t)
			stopped.Store(false)
			var began atomic.Pointer[time.Time]
			begin := func() { now := time.Now(); began.Store(&now) }
			w.store = &hooked{Store: store, before: func(call int) error {
				if call == n {
					stopped.Store(true)
					begin()
					cancel()
				}
				return nil
			}}
			w.config.Sweep = syncer.Every(time.Millisecond)
			w.restart(t)
			done := make(chan error)
			go func() { done <- w.engine.Run(ctx) }()
			elapse(3 * time.Second)
			if !stopped.Load() {
				begin()
			}
			cancel()
			require.NoError(t, <-done)
			assert.LessOrEqual(t, time.Since(*began.Load()), 13*time.Second, "within the grace period")
			counts, err := store.Counts(t.Context(), "", "")
			require.NoError(t, err)
			assert.Zero(t, counts["people"].Claimed+counts["people"].Dead+counts["pets"].Claimed+counts["pets"].Dead)
			events, err := store.Events(t.Context(), syncer.EventQuery{Action: syncer.Retried})
			require.NoError(t, err)
			assert.Empty(t, events, "a shutdown is no failure")
			w.store, w.config.Sweep = store, nil
			w.restart(t)
			w.backfill(t)
			w.settled(t)
		})
		if t.Failed() {
			t.Fatalf("stopped at store call %d", n)
		}
	}
	assert.Greater(t, n, 25)
}
