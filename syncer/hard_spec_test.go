package syncer_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

func TestANewMappingIsSentFromTheBasesWithoutAReadOrAListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapperVersion = "1"
		w.restart(t)
		w.fill(30)
		w.skip["p007"] = true
		w.backfill(t)
		w.cards.took()
		reads, lists := w.people.reads, w.people.lists
		w.people.drop("p007") // it was left out; only a read says that it is gone
		w.mapperVersion, w.skip["p007"] = "2", false
		w.mapper = func(p person) card { return card{Title: opt.Set(p.Name + "!"), Town: opt.OrNull(p.City)} }
		w.people.hide = all(30)
		w.restart(t)
		// The listing shows nothing: all that is written comes from the bases.
		_, err := w.engine.Backfill(t.Context(), syncer.Scope{Flow: "people"})
		require.NoError(t, err)
		assert.Len(t, w.cards.took(), 29)
		for _, h := range w.cards.records {
			assert.Equal(t, byte('!'), h.value.Title.Or("?")[len(h.value.Title.Or("?"))-1])
		}
		assert.Nil(t, w.cards.byExternal("p007"), "no ghost of what is gone")
		assert.LessOrEqual(t, w.people.reads-reads, 21, "what the sweep confirms, nothing else")
		assert.Equal(t, 1, w.people.lists-lists)
	})
}

// A record that may have moved waits for a sweep. A new mapping must not park it
// under its parent, where no sweep would look at it.
func TestANewMappingKeepsNoRecordThatWentWithItsParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.can.Cascades, w.cards.children, w.pets.can.Moves, w.mapperVersion = false, nil, true, "1"
		w.restart(t)
		w.fill(5)
		w.backfill(t)
		w.people.drop("p000")
		w.pets.drop("dog of p000")
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "p000"}, Gone: true})
		require.NoError(t, w.engine.Wait(t.Context()))
		require.NotNil(t, w.petCards.byExternal("dog of p000"), "it may have moved")
		w.mapperVersion = "2"
		w.mapper = func(p person) card { return card{Title: opt.Set(p.Name + "!"), Tags: opt.Set(p.Tags)} }
		w.restart(t)
		w.backfill(t)
		assert.Nil(t, w.petCards.byExternal("dog of p000"))
		w.inStep(t)
	})
}

func TestAnotherMappingStopsItsFlowAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(2)
		w.backfill(t)
		spec, err := w.store.Spec(t.Context(), "here", "pets")
		require.NoError(t, err)
		_, err = w.store.Enforce(t.Context(), "here", "pets", "of another process", syncer.Rules{}, spec.Number)
		require.NoError(t, err)
		w.running(t, func() {
			for _, flow := range []string{"people", "pets"} {
				source, id := w.people, "p000"
				if flow == "pets" {
					source, id = w.pets, "dog of p000"
				}
				source.put(person{ID: id, Boss: "p000", Name: "Changed"})
				require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: flow, Ref: syncer.Ref{ID: id}}))
			}
			elapse(time.Minute)
		})
		assert.Equal(t, "changed", w.cards.byExternal("p000").value.Title.Or(""), "the other flow goes on")
		assert.Equal(t, "dog", w.petCards.byExternal("dog of p000").value.Title.Or(""), "this one writes nothing")
		require.Len(t, w.alerts, 1)
		w.backfill(t) // it puts ours into force
		w.inStep(t)
	})
}

func TestHard17AMappingIsReloadedInMidSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapperVersion = "1"
		w.restart(t)
		w.fill(60)
		older := w.engine
		w.cards.fail = func(string) error { return nil }
		w.people.onGet = nil
		var pages atomic.Int32
		reached, goOn := make(chan struct{}), make(chan struct{})
		w.people.fail = func() error { // at each page, with the lock held
			if pages.Add(1) == 5 {
				close(reached)
			}
			return nil
		}
		done := make(chan error)
		go func() {
			<-goOn
			_, err := older.Backfill(t.Context())
			done <- err
		}()
		close(goOn)
		<-reached
		w.mapperVersion = "2"
		w.mapper = func(p person) card { return card{Title: opt.Set(p.Name + "!")} }
		w.restart(t)
		w.backfill(t)
		if err := <-done; err != nil {
			require.ErrorIs(t, err, syncer.ErrNotInForce)
		}
		w.backfill(t)
		w.inStep(t)
		for _, h := range w.cards.records {
			assert.Contains(t, h.value.Title.Or(""), "!")
		}
	})
}

func TestHard17ALimitChangesAndNothingIsBurnt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		n := 0
		w.cards.fail = func(string) error { // one call a minute, then as many as one likes
			if n++; n < 40 && n%10 != 0 {
				return &syncer.Error{Kind: syncer.KindPace, Wait: time.Minute, Err: fmt.Errorf("429")}
			}
			return nil
		}
		w.running(t, func() { elapse(time.Hour) })
		for _, action := range []syncer.Action{syncer.Retried, syncer.DeadLetter} {
			events, err := w.store.Events(t.Context(), syncer.EventQuery{Action: action})
			require.NoError(t, err)
			assert.Empty(t, events, "a limit is no attempt")
		}
		assert.Len(t, w.cards.records, 30)
		w.inStep(t)
	})
}
