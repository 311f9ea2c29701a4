package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

func TestHard6EventsOutOfOrderTwiceAndLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "v1"})
		w.backfill(t)
		event := func(id string, gone bool) {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: id, Gone: gone,
			}))
		}
		w.running(t, func() {
			w.people.put(person{ID: "a", Name: "v2"})
			for _, id := range []string{"2", "1", "1", "2", "2"} {
				event(id, false)
				synctest.Wait()
			}
			assert.Equal(t, "v2", w.cards.byExternal("a").value.Title.Or(""))
			w.people.drop("a")
			event("3", true)
			synctest.Wait()
			elapse(70 * time.Minute)
			event("late", false)
			elapse(time.Minute)
			assert.Nil(t, w.cards.byExternal("a"), "a late update does not bring it back")
		})
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, e := range events {
			seen[e.EventID] = true
		}
		assert.True(t, seen["2"] && seen["1"] && seen["3"] && seen["late"])
	})
}

func TestAReadThatContradictsItsEventIsPutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.running(t, func() {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: "1",
			}))
			elapse(5 * time.Second) // a replica shows it late
			w.people.put(person{ID: "a", Name: "Ann"})
			elapse(6 * time.Second)
			assert.NotNil(t, w.cards.byExternal("a"))
		})
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		require.Len(t, events, 3)
		assert.Equal(t, []string{"stale", "stale", ""}, []string{events[0].Kind, events[1].Kind, events[2].Kind})
		assert.Equal(t, 1, events[2].Attempt, "a snooze is no attempt")
	})
}

func TestHard24AWorkerStallsPastItsLeaseAndWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Old"})
		w.backfill(t)
		var stalled sync.Once
		w.people.put(person{ID: "a", Name: "Older"})
		w.people.onGet = func(string) {
			stalls := false
			stalled.Do(func() { stalls = true })
			if stalls {
				w.people.put(person{ID: "a", Name: "Newest"})
				stall(2 * time.Minute) // it has read nothing yet, but its lease is over
			}
		}
		other, err := syncer.New(w.config)
		require.NoError(t, err)
		ctx, cancel := contextOf(t)
		first, second := make(chan error), make(chan error)
		go func() { first <- w.engine.Run(ctx) }()
		require.NoError(t, w.engine.Notify(ctx, syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
		elapse(time.Second)
		go func() { second <- other.Run(ctx) }()
		elapse(5 * time.Minute)
		cancel()
		require.NoError(t, <-first)
		require.NoError(t, <-second)
		assert.Equal(t, "newest", w.cards.byExternal("a").value.Title.Or(""))
		w.inStep(t)
	})
}

func TestHard19TwoEnginesOnOneStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.Workers = 4
		w.restart(t)
		w.fill(60)
		working := map[string]bool{}
		w.people.onGet = func(string) { stall(50 * time.Millisecond) }
		w.cards.fail = func(call string) error { // called with the lock held
			assert.False(t, working[call], "never both on a key")
			working[call] = true
			return nil
		}
		w.cards.after = func(call string) error { delete(working, call); return nil }
		other, err := syncer.New(w.config)
		require.NoError(t, err)
		for i := range 60 {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: fmt.Sprintf("p%03d", i)}}))
		}
		ctx1, stop1 := contextOf(t)
		ctx2, stop2 := contextOf(t)
		first, second := make(chan error), make(chan error)
		go func() { first <- w.engine.Run(ctx1) }()
		go func() { second <- other.Run(ctx2) }()
		elapse(200 * time.Millisecond)
		stop1()
		require.NoError(t, <-first)
		elapse(5 * time.Second)
		assert.Len(t, w.cards.records, 60, "the other has its work within seconds")
		stop2()
		require.NoError(t, <-second)
	})
}

func TestHard23ShutdownLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	for stop := range 12 {
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.config.Workers = 2
				w.restart(t)
				w.fill(10)
				ctx, cancel := contextOf(t)
				n := 0
				w.cards.after = func(string) error {
					if n++; n == stop {
						cancel()
					}
					return nil
				}
				done := make(chan error)
				go func() { done <- w.engine.Run(ctx) }()
				elapse(time.Minute)
				cancel()
				began := time.Now()
				require.NoError(t, <-done)
				assert.Less(t, time.Since(began), 11*time.Second)
				counts, err := w.store.Counts(t.Context(), "", "")
				require.NoError(t, err)
				assert.Zero(t, counts["people"].Claimed+counts["people"].Dead)
				events, err := w.store.Events(t.Context(), syncer.EventQuery{Action: syncer.Retried})
				require.NoError(t, err)
				assert.Empty(t, events, "a shutdown is no failure")
				w.restart(t)
				w.cards.after = nil
				w.backfill(t)
				w.inStep(t)
			})
		})
	}
}

// failing is a store whose Notify fails once.
type failing struct {
	syncer.Store
	fail bool
}

func (s *failing) Notify(ctx context.Context, marks []syncer.Mark) error {
	if s.fail {
		s.fail = false
		return errors.New("the disk is full")
	}
	return s.Store.Notify(ctx, marks)
}

func TestHard30AWebhookWhoseMarkCouldNotBeStoredComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.store = &failing{Store: w.store, fail: true}
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		change := syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: "1"}
		require.Error(t, w.engine.Notify(t.Context(), change))
		require.NoError(t, w.engine.Notify(t.Context(), change))
		w.running(t, func() {})
		assert.NotNil(t, w.cards.byExternal("a"))
	})
}

func TestHard18ARestoredBackupIsALargeOverlapWithoutEchoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		w.backfill(t)
		w.store = syncer.NewMemoryStore() // all that the store knew is lost
		w.restart(t)
		elapse(time.Hour)
		w.cards.took()
		report := w.backfill(t)
		assert.Equal(t, 20, report.Flows["people"].Adopted)
		assert.Len(t, w.cards.records, 20, "P2")
		w.inStep(t)
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took())
	})
}

func TestHard20ASmallTenantIsNotDelayedByALargeOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := syncer.NewMemoryStore()
		ctx := t.Context()
		for i := range 5000 {
			require.NoError(t, store.Notify(ctx, []syncer.Mark{{Key: syncer.Key{Tenant: "large", Flow: "f", ID: fmt.Sprint(i)}, Lane: syncer.RealTime}}))
		}
		require.NoError(t, store.Notify(ctx, []syncer.Mark{{Key: syncer.Key{Tenant: "small", Flow: "f", ID: "1"}, Lane: syncer.RealTime}}))
		claims, _, err := store.Claim(ctx, syncer.ClaimRequest{N: 4, Lease: minute})
		require.NoError(t, err)
		assert.Equal(t, "small", claims[1].Tenant)
	})
}

func TestHard21TextThatIsHard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for id, text := range map[string]string{
			"emoji": "👩‍👩‍👧 ça", "rtl": "שלום עולם", "nul": "a\x00b", "format": "%s %d '; DROP TABLE links; --",
		} {
			w.people.put(person{ID: id, Name: "X", City: text})
		}
		w.mapper = func(p person) card { return card{Title: opt.Set("t"), Town: opt.Set(p.City)} }
		w.restart(t)
		w.backfill(t)
		for id := range w.people.records {
			assert.Equal(t, w.people.records[id].City, w.cards.byExternal(id).value.Town.Or(""), id)
		}
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took())
	})
}
