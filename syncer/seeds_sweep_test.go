package syncer_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// The bugs that the simulation found in sweeps and in the pool; see
// seeds_child_test.go.

// seed 35715
func TestTheFirstSweepOfChangesGoesBackToAFullSweepThatWasComplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.can.Since = true
		w.config.Sweep, w.config.Changes = syncer.Every(1000*time.Hour), syncer.Every(time.Minute)
		w.restart(t)
		w.fill(3)
		w.backfill(t)
		elapse(time.Hour)
		w.people.put(person{ID: "z", Name: "On the second page"})
		elapse(time.Hour)
		pages := 0
		w.people.fail = func() error {
			if pages++; pages > 1 {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("it breaks off")}
			}
			return nil
		}
		_, err := w.engine.Backfill(t.Context())
		require.Error(t, err)
		w.people.fail = nil
		w.running(t, func() { elapse(5 * time.Minute) })
		assert.NotNil(t, w.cards.byExternal("z"))
	})
}

// seeds 772, 1311
func TestARowOfALaggingListingIsNoRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.can.Lag = 20 * time.Second
		w.restart(t)
		w.people.put(person{ID: "a", Name: "One"})
		w.backfill(t)
		w.people.put(person{ID: "a", Name: "Two"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
		w.people.listed = map[string]person{"a": {ID: "a", Name: "One"}}
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took(), "P6")
		assert.Equal(t, "two", w.cards.byExternal("a").value.Title.Or(""))
	})
}

// seed 8
func TestRunReturnsWhenSeveralFindThatTheStoreIsBroken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		for i := range 20 {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: w.people.ids()[i]}})
		}
		broken := errors.New("the disk is gone")
		w.people.onGet = func(string) { stall(time.Second) } // all of them fail together
		w.store = &hooked{Store: w.store, before: func(n int) error {
			if n > 20 {
				return broken
			}
			return nil
		}}
		w.restart(t)
		ctx, cancel := contextOf(t)
		defer cancel()
		require.ErrorIs(t, w.engine.Run(ctx), broken)
	})
}

// seed 16
func TestAnOperationStartsWhileThePoolOfAnotherStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.backfill(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.people.onGet = func(string) { stall(3 * time.Second) }
		ctx, cancel := contextOf(t)
		done := make(chan error)
		go func() { done <- w.engine.Run(ctx) }()
		synctest.Wait()
		w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
		synctest.Wait()
		cancel() // the pool stops once the read has ended
		synctest.Wait()
		w.backfill(t) // a mutex would be waited for, and no time passes meanwhile
		require.NoError(t, <-done)
		assert.NotNil(t, w.cards.byExternal("a"))
	})
}

// seed 40639
func TestARemovalThatFailedTooOftenIsTriedAgainByTheNextSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.MaxAttempts = 3
		w.restart(t)
		w.fill(3)
		w.backfill(t)
		w.people.drop("p001")
		w.pets.drop("dog of p001")
		w.cards.fail = func(string) error { return errDown }
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "p001"}, Gone: true})
			elapse(10 * minute)
		})
		counts, err := w.store.Counts(t.Context(), "here", "people")
		require.NoError(t, err)
		require.Equal(t, 1, counts["people"].Dead)
		w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog of p001", Parent: "p001"}, Gone: true})
		w.backfill(t) // it fails again, and what belongs to it does not wait for ever
		assert.Len(t, w.cards.records, 3)
		w.cards.fail = nil
		w.backfill(t)
		assert.Len(t, w.cards.records, 2)
		w.inStep(t)
	})
}

// seeds 9889, 16617
func TestATargetSweepFindsWhatIsGoneAmongDeadLetters(t *testing.T) {
	t.Parallel()
	for side, down := range map[string]func(w *world, err error){
		"source": func(w *world, err error) { w.people.fail = func() error { return err } },
		"target": func(w *world, err error) { w.cards.fail = func(string) error { return err } },
	} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.onTargetGone = syncer.GoneRecreate
				w.config.MaxAttempts = 3
				w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(2*time.Hour)
				w.restart(t)
				w.fillPeople(3)
				w.backfill(t)
				w.running(t, func() {
					elapse(minute) // the target was swept
					id := w.cards.byExternal("p001").id
					require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: id}, ""))
					down(w, errDown)
					w.targetHint(t, "people", id)
					elapse(10 * minute)
					counts, err := w.store.Counts(t.Context(), "here", "people")
					require.NoError(t, err)
					require.Equal(t, 1, counts["people"].Dead)
					down(w, nil)
					elapse(2 * time.Hour)
				})
				require.NotNil(t, w.cards.byExternal("p001"), "P1")
				w.inStep(t)
			})
		})
	}
}
