package syncer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// running lets the engine run for a while.
func (w *world) running(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := contextOf(t)
	done := make(chan error)
	go func() { done <- w.engine.Run(ctx) }()
	synctest.Wait()
	f()
	synctest.Wait()
	cancel()
	require.NoError(t, <-done)
}

func TestHard25APersonEditsAndAnotherDeletesAtTheTarget(t *testing.T) {
	t.Parallel()
	for policy, want := range map[syncer.DriftPolicy]string{
		syncer.DriftRestore: "Rome", syncer.DriftKeep: "Oslo", syncer.DriftReport: "Oslo",
	} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.onDrift = policy
				w.restart(t)
				w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
				w.people.put(person{ID: "b", Name: "Bob", City: "Rome"})
				w.backfill(t)
				w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
				require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("b").id}, ""))
				w.cards.took()
				w.running(t, func() { elapse(70 * time.Minute) })
				assert.Equal(t, want, w.cards.byExternal("a").value.Town.Or(""))
				links, err := w.store.Links(t.Context(), "here", "people", []string{"b"})
				require.NoError(t, err)
				assert.Equal(t, syncer.GoneAtTarget, links["b"].State, "absence in a target sweep is: gone in the target")
				writes := len(w.cards.took())
				assert.LessOrEqual(t, writes, 1)
				w.people.put(person{ID: "a", Name: "Ann", City: "Bern"})
				w.backfill(t)
				assert.Equal(t, "Bern", w.cards.byExternal("a").value.Town.Or(""), "what changed in the source is written under every policy")
			})
		})
	}
}

func TestHard25WhoInsistsWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.running(t, func() {
			for range 5 { // a rule of the target sets the field each time
				w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
				elapse(70 * time.Minute)
			}
		})
		assert.Equal(t, "Oslo", w.cards.byExternal("a").value.Town.Or(""))
		n := 0
		for _, call := range w.cards.took() {
			if call == "update t001" {
				n++
			}
		}
		assert.Equal(t, 1, n, "restored once, then left")
		told := 0
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		for _, event := range events {
			for _, warning := range event.Warnings {
				if warning == "town: somebody changed it at the target again; it is left" {
					told++
				}
			}
		}
		assert.Equal(t, 1, told, "and reported once")
	})
}

func TestHard2AnEchoIsNoWriteAndAnEditInItsWindowIsSeen(t *testing.T) {
	t.Parallel()
	for _, shift := range []time.Duration{0, 61 * time.Second, 16 * time.Minute, 25 * time.Hour} {
		t.Run(shift.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
				w.backfill(t)
				id := w.cards.byExternal("a").id
				w.cards.took()
				elapse(shift)
				event := func(n int) {
					require.NoError(t, w.engine.NotifyTarget(t.Context(), syncer.TargetChange{
						Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}, EventID: fmt.Sprint("e", n),
					}))
					require.NoError(t, w.engine.Wait(t.Context()))
				}
				w.running(t, func() {
					w.cards.took()
					event(1)
					assert.Empty(t, w.cards.took(), "P5")
					elapse(200 * time.Millisecond)
					w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
					event(2)
					assert.Equal(t, "Rome", w.cards.byExternal("a").value.Town.Or(""))
				})
			})
		})
	}
}

func TestHard3ALossyTargetIsQuietAfterOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20) // the target lower-cases titles
		w.backfill(t)
		w.cards.took()
		w.running(t, func() { elapse(3 * time.Hour) })
		assert.Empty(t, w.cards.took())
		v, err := w.engine.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 20, v.Flows["people"].Altered)
	})
}

func TestARecordOfTheTargetWithOurExternalIDButNoLinkMarksItsKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		_, err := w.cards.Create(t.Context(), syncer.Draft[card]{ExternalID: "orphan", Value: card{Title: opt.Set("x")}})
		require.NoError(t, err)
		w.running(t, func() { elapse(70 * time.Minute) })
		assert.NotNil(t, w.cards.byExternal("orphan"), "nobody says that it may go")
		w.people.put(person{ID: "orphan", Name: "Found"})
		w.running(t, func() { elapse(70 * time.Minute) })
		assert.Len(t, w.cards.records, 2)
		w.inStep(t)
	})
}

func TestManyRecordsGoneAtTheTargetAreAnAccountError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(100)
		w.backfill(t)
		clear(w.cards.records) // another account
		clear(w.petCards.records)
		w.running(t, func() { elapse(70 * time.Minute) })
		counts, err := w.store.CountLinks(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.LessOrEqual(t, counts[syncer.GoneAtTarget], 40)
		require.NotEmpty(t, w.alerts)
		assert.Contains(t, w.alerts[0].Text, "is it the right account?")
	})
}
