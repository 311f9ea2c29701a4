package syncer_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

func TestHard18AStoreThatIsLockedForAWhileIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		var away atomic.Bool
		trouble := func(int) error {
			if away.Load() {
				return fmt.Errorf("%w: locked", syncer.ErrStoreAway)
			}
			return nil
		}
		w.store = &hooked{Store: w.store, before: trouble}
		w.restart(t)
		w.running(t, func() {
			away.Store(true)
			w.people.put(person{ID: "late", Name: "Late"})
			require.ErrorIs(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "late"}}),
				syncer.ErrStoreAway, "P3: what is not stored is not acknowledged")
			elapse(time.Hour)
			away.Store(false)
			elapse(time.Hour)
		})
		events, err := w.store.Events(t.Context(), syncer.EventQuery{Action: syncer.DeadLetter})
		require.NoError(t, err)
		assert.Empty(t, events, "nothing is burnt")
		require.Len(t, w.alerts, 2, "told once, and once more when it ended")
		assert.Equal(t, []bool{false, true}, []bool{w.alerts[0].Ended, w.alerts[1].Ended})
		w.inStep(t)
	})
}

func TestHard18AStoreThatIsFullStopsRunAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		store := w.store
		full := errors.New("the disk is full")
		w.store = &hooked{Store: store, before: func(n int) error {
			if n > 12 {
				return full
			}
			return nil
		}}
		w.restart(t)
		ctx, cancel := contextOf(t)
		defer cancel()
		require.ErrorIs(t, w.engine.Run(ctx), full)
		w.store = store
		w.restart(t)
		w.backfill(t)
		assert.Len(t, w.cards.records, 20)
		w.inStep(t)
	})
}

func TestHard18AnOldBackupIsALargeOverlap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		w.backfill(t)
		backup := syncer.Backup(w.store)
		elapse(6 * time.Hour)
		for i := range 5 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Changed", Tags: []string{"b"}})
		}
		for i := range 3 {
			w.people.put(person{ID: fmt.Sprint("new", i), Name: "New"})
		}
		w.people.drop("p010")
		w.pets.drop("dog of p010")
		w.backfill(t)
		w.cards.took()
		w.petCards.took()
		w.store = backup
		w.restart(t)
		w.backfill(t)
		w.backfill(t)
		assert.Len(t, w.cards.records, 22, "P2: nothing twice")
		w.inStep(t)
		assert.LessOrEqual(t, len(w.cards.took()), 5+3, "no echo storm")
		assert.Empty(t, w.petCards.took())
	})
}

func TestATenantThatCannotBeOpenedStopsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		w.config.Tenants = several{syncer.One("here", w.petsFlow, w.peopleFlow), []string{"broken", "here", "worse"}}
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		require.NoError(t, w.store.Notify(t.Context(), []syncer.Mark{{Key: syncer.Key{Tenant: "broken", Flow: "people", ID: "x"}}}))
		w.running(t, func() { elapse(time.Minute) })
		assert.Len(t, w.cards.records, 3, "P9")
		assert.NotEmpty(t, w.alerts)
	})
}
