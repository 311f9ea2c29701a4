package syncer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// stalling is a target whose answers to creates are long on their way: what they
// did is done by then.
type stalling struct {
	*desk
	after func() time.Duration
}

func (s stalling) Create(ctx context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	record, err := s.desk.Create(ctx, draft)
	if err == nil {
		stall(s.after())
	}
	return record, err
}

// two runs two engines on one store while f goes on.
func (w *world) two(t *testing.T, f func()) {
	t.Helper()
	other, err := syncer.New(w.config)
	require.NoError(t, err)
	ctx, cancel := contextOf(t)
	first, second := make(chan error), make(chan error)
	go func() { first <- w.engine.Run(ctx) }()
	go func() { second <- other.Run(ctx) }()
	f()
	cancel()
	require.NoError(t, <-first)
	require.NoError(t, <-second)
}

// TestHard13 has three events of a new contact, for the workers of two processes,
// one of which stalls past its lease after its create. The other one takes over,
// and the late commit is refused.
func TestHard13AWorkerStallsPastItsLeaseAfterItsCreate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var stalls atomic.Bool
		w.around = func(d *desk) syncer.Target[card] {
			return stalling{d, func() time.Duration {
				if stalls.CompareAndSwap(false, true) {
					return 2 * time.Minute
				}
				return 0
			}}
		}
		w.config.Workers = 3
		w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
		w.restart(t)
		w.backfill(t)
		w.two(t, func() {
			synctest.Wait()
			w.people.put(person{ID: "a", Name: "Ann"})
			for _, event := range []string{"create", "update", "tags"} {
				require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
					Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: event,
				}))
			}
			elapse(time.Second)
			require.Len(t, w.cards.records, 1)
			w.people.put(person{ID: "a", Name: "Anna", Tags: []string{"vip"}})
			elapse(5 * time.Minute)
		})
		require.Len(t, w.cards.records, 1, "P2")
		assert.Equal(t, "anna", w.cards.byExternal("a").value.Title.Or(""))
		assert.Equal(t, []string{"vip"}, w.cards.byExternal("a").value.Tags.Or(nil))
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		var actions []syncer.Action
		for _, event := range events {
			actions = append(actions, event.Action)
		}
		assert.Contains(t, actions, syncer.Adopted, "who takes over looks for what was created")
		assert.NotContains(t, actions, syncer.Created, "the late commit was refused")
		assert.Equal(t, []string{"create a"}, creates(w.cards.took()))
		w.inStep(t)
	})
}

func creates(calls []string) (some []string) {
	for _, call := range calls {
		if call[:6] == "create" {
			some = append(some, call)
		}
	}
	return some
}

// TestHard13OfManySeeds does the same at random: for targets with external ids, with
// intents, and with idempotency keys.
func TestHard13OfManySeeds(t *testing.T) {
	t.Parallel()
	stallAtRandom(t, 100)
}

func TestHard13OfThousandsOfSeeds(t *testing.T) {
	t.Parallel()
	testenv.Long(t)
	stallAtRandom(t, 10_000)
}

func stallAtRandom(t *testing.T, seeds int) {
	t.Helper()
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 13))
			w := newWorld(t)
			if seed%3 > 0 {
				w = plainWorld(t, seed%3 == 1)
			}
			var calls atomic.Int32
			waits := []time.Duration{time.Duration(r.IntN(60)) * time.Second, time.Duration(r.IntN(60)) * time.Second}
			w.around = func(d *desk) syncer.Target[card] {
				return stalling{d, func() time.Duration {
					if n := int(calls.Add(1)); n <= len(waits) {
						return waits[n-1]
					}
					return 0
				}}
			}
			w.config.Workers = 3
			w.restart(t)
			w.two(t, func() {
				for range 3 {
					elapse(time.Duration(r.IntN(30_000)) * time.Millisecond)
					w.people.put(person{ID: "a", Name: fmt.Sprint("Ann ", r.IntN(3))})
					require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
						Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"},
					}))
				}
				elapse(10 * time.Minute)
			})
			require.Len(t, w.cards.records, 1, "P2, seed %d", seed)
			w.inStep(t)
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestHard24 has a worker that reads, stalls past its lease, and wakes with what
// is old by then.
func TestHard24AWorkerReadsStallsAndWakesWithWhatIsOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Old"})
		w.backfill(t)
		w.cards.took()
		w.people.put(person{ID: "a", Name: "Older"})
		var stalled atomic.Bool
		w.people.onRead = func(string) {
			if stalled.CompareAndSwap(false, true) {
				w.people.put(person{ID: "a", Name: "Newest", City: "Rome"})
				stall(2 * time.Minute)
			}
		}
		w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
		w.restart(t)
		w.two(t, func() {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
			elapse(time.Minute)
			assert.Equal(t, "newest", w.cards.byExternal("a").value.Title.Or(""), "the other one took over")
			elapse(5 * time.Minute)
		})
		assert.Len(t, w.cards.took(), 1, "P6: who woke up late wrote nothing")
		assert.Equal(t, "newest", w.cards.byExternal("a").value.Title.Or(""))
		assert.Equal(t, opt.Set("Rome"), w.cards.byExternal("a").value.Town)
		w.inStep(t)
	})
}
