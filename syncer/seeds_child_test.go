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

// The bugs that the simulation found, each as the shortest history that shows it.
// Worlds change, and with them what a seed means: these stay.

// movingWorld is a world whose pets are listed by their bosses, and move.
func movingWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.pets.can = syncer.SourceCapabilities{ListsByParent: true, Moves: true}
	w.restart(t)
	return w
}

// hint marks a key as a webhook does.
func (w *world) hint(t *testing.T, flow string, change syncer.Change) {
	t.Helper()
	w.hints++
	change.Tenant, change.Flow, change.EventID = "here", flow, fmt.Sprint("hint ", w.hints)
	require.NoError(t, w.engine.Notify(t.Context(), change))
}

func (w *world) linkOf(t *testing.T, flow, id string) syncer.Link {
	t.Helper()
	links, err := w.store.Links(t.Context(), "here", flow, []string{id})
	require.NoError(t, err)
	return links[id]
}

// seeds 20670, 20731
func TestADoubtOutlivesAMoveThatEndsItsMark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := movingWorld(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex", Tags: []string{"b", "c"}})
		w.backfill(t)
		w.petCards.fail = func(string) error {
			w.petCards.fail = nil
			return errDown // an update of which the engine can't know that it did not happen
		}
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Max", City: "Rome", Tags: []string{"a", "b"}})
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "old"}})
			synctest.Wait()
			w.pets.put(person{ID: "dog", Boss: "new", Name: "Max", City: "Rome", Tags: []string{"a", "b"}})
			elapse(minute)
			marks, err := w.store.Marks(t.Context(), syncer.MarkQuery{Tenant: "here", Flow: "pets"})
			require.NoError(t, err)
			require.Empty(t, marks, "where it went, the next sweep says")
		})
		w.backfill(t)
		w.inStep(t)
		dog := w.petCards.byExternal("dog").value
		assert.ElementsMatch(t, []string{"a", "b"}, dog.Tags.Or(nil))
		assert.Equal(t, "Rome", dog.Town.Or(""))
	})
}

// seeds 13453, 22856
func TestAChildThatMovesUnderADeletedRecordLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.children = nil // nothing cascades
		w.cards.can.Cascades = false
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
		w.backfill(t)
		require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("new").id}, ""))
		w.running(t, func() {
			elapse(70 * time.Minute)
			require.Equal(t, syncer.GoneAtTarget, w.linkOf(t, "people", "new").State)
			w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "new"}})
			elapse(minute)
			assert.Equal(t, syncer.GoneAtTarget, w.linkOf(t, "pets", "dog").State)
			assert.Empty(t, w.petCards.records, "it has no place at the target")
			w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "old"}})
			elapse(minute)
			assert.NotNil(t, w.petCards.byExternal("dog"), "there it has one")
		})
	})
}

// seed 22476
func TestAChildThatIsParkedAndGoneLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := movingWorld(t)
		w.cards.children = nil
		w.cards.can.Cascades = false
		w.people.put(person{ID: "kept", Name: "Kept"})
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
		w.backfill(t)
		w.people.drop("boss")
		w.pets.drop("dog")
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "boss"}, Gone: true})
			elapse(minute)
		})
		require.NotEmpty(t, w.petCards.records, "it may have moved: a sweep tells")
		w.mapper = func(p person) card { return card{Title: opt.Set("now " + p.Name), Tags: opt.Set(p.Tags)} }
		w.mapperVersion = "2" // sent from the bases: the record is not read, and waits for its boss
		w.restart(t)
		w.backfill(t)
		w.running(t, func() { elapse(minute) })
		w.backfill(t)
		assert.Empty(t, w.petCards.records)
		w.inStep(t)
	})
}

// seed 35390
func TestAChildThatMovedAwayBeforeACascadeIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
		w.backfill(t)
		w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
		w.people.drop("old")
		// A worker moves the record, and dies before it commits.
		w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "new"}})
		claims, _, err := w.store.Claim(t.Context(), syncer.ClaimRequest{N: 1, Lease: minute})
		require.NoError(t, err)
		require.Len(t, claims, 1)
		_, err = w.petCards.Update(t.Context(), claims[0].Link.Target, syncer.Patch[card]{Parent: w.linkOf(t, "people", "new").Target.ID})
		require.NoError(t, err)
		w.restart(t)
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "old"}, Gone: true})
			elapse(10 * minute)
		})
		assert.Len(t, w.petCards.records, 1, "P2")
		w.inStep(t)
	})
}

// seeds 14, 36
func TestAParkedChildThatMovesOrGoesIsNotParkedAnyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.backfill(t)
		w.pets.put(person{ID: "dog", Boss: "nobody", Name: "Rex"})
		w.pets.put(person{ID: "cat", Boss: "nobody", Name: "Tom"})
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "nobody"}})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "cat", Parent: "nobody"}})
			elapse(minute)
			counts, err := w.store.Counts(t.Context(), "here", "pets")
			require.NoError(t, err)
			require.Equal(t, 2, counts["pets"].Parked)
			w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
			w.pets.drop("cat")
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "boss"}})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "cat", Parent: "nobody"}, Gone: true})
			elapse(minute)
			counts, err = w.store.Counts(t.Context(), "here", "pets")
			require.NoError(t, err)
			assert.Zero(t, counts["pets"])
			assert.NotNil(t, w.petCards.byExternal("dog"))
		})
	})
}

// seed 217
func TestAParentOfWhichNobodyToldIsLookedAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.backfill(t) // no sweep is due
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "boss"}})
			elapse(minute)
		})
		assert.NotNil(t, w.petCards.byExternal("dog"))
		w.inStep(t)
	})
}

// seed 382
func TestAMovedChildThatACascadeTookAlongComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
		w.backfill(t)
		w.running(t, func() {
			require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("old").id}, ""))
			w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "new"}})
			elapse(5 * minute)
		})
		assert.Equal(t, syncer.GoneAtTarget, w.linkOf(t, "people", "old").State)
		require.NotNil(t, w.petCards.byExternal("dog"), "nobody deleted it")
		assert.Equal(t, w.cards.byExternal("new").id, w.petCards.byExternal("dog").parent)
		w.inStep(t)
	})
}

// seed 3575
func TestAChildThatNeverHadACounterpartWasDeletedByNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.backfill(t)
		require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("old").id}, ""))
		w.running(t, func() {
			elapse(70 * time.Minute)
			w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "old"}})
			elapse(minute)
			require.Equal(t, syncer.GoneAtTarget, w.linkOf(t, "pets", "dog").State)
			w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "new"}})
			elapse(minute)
		})
		assert.NotNil(t, w.petCards.byExternal("dog"))
		w.inStep(t)
	})
}

// seed 158
func TestARemovalThatFailedIsNotForgottenWhenTheParentGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := movingWorld(t)
		w.cards.children = nil
		w.cards.can.Cascades = false
		w.people.put(person{ID: "kept", Name: "Kept"})
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
		w.backfill(t)
		w.petCards.fail = func(string) error {
			w.petCards.fail = nil
			return errDown
		}
		w.pets.drop("dog")
		w.people.drop("boss")
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "boss"}, Gone: true})
			synctest.Wait()
			require.Equal(t, syncer.Leaving, w.linkOf(t, "pets", "dog").State)
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "boss"}, Gone: true})
			elapse(5 * minute)
		})
		assert.Empty(t, w.petCards.records)
	})
}

// seed 1181
func TestAWriteUnderAParentThatIsNotThereIsNoStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.backfill(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
		w.backfill(t)
		calls := 0
		w.petCards.fail = func(string) error { // the new boss's card is not to be found there
			calls++
			return errNotThere
		}
		w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "new"}})
			elapse(5 * minute)
			assert.Less(t, calls, 20)
			w.petCards.fail = nil
			elapse(30 * minute)
		})
		w.backfill(t)
		w.inStep(t)
	})
}

// seed 42690
func TestAChildIsNotLeftOutByWhatItsParentWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.skip["boss"] = true
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.backfill(t)
		w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
		w.pets.onGet = func(string) { stall(5 * time.Second) }
		w.running(t, func() {
			w.hint(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog", Parent: "boss"}})
			elapse(time.Second)
			delete(w.skip, "boss")
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "boss"}}) // it comes while the dog is read
			elapse(minute)
		})
		assert.NotNil(t, w.petCards.byExternal("dog"))
		w.inStep(t)
	})
}

// seed 44939
func TestAMovedChildThatADetachedParentTookAlongComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := movingWorld(t)
		w.onSourceGone = syncer.LeaveDetach
		w.restart(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.people.put(person{ID: "new", Name: "New"})
		w.pets.put(person{ID: "dog", Boss: "old", Name: "Rex"})
		w.backfill(t)
		w.people.drop("old")
		w.pets.put(person{ID: "dog", Boss: "new", Name: "Rex"})
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "old"}, Gone: true})
			elapse(minute)
		})
		require.Equal(t, syncer.Detached, w.linkOf(t, "people", "old").State)
		require.NoError(t, w.cards.Delete(t.Context(), w.linkOf(t, "people", "old").Target, ""))
		w.backfill(t)
		assert.NotNil(t, w.petCards.byExternal("dog"))
		w.inStep(t)
	})
}

// seed 51541
func TestDetachedChildrenComeBackWithTheirParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.onSourceGone = syncer.LeaveDetach
		w.restart(t)
		w.people.put(person{ID: "boss", Name: "Boss"})
		w.pets.put(person{ID: "dog", Boss: "boss", Name: "Rex"})
		w.backfill(t)
		w.people.drop("boss")
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "boss"}, Gone: true})
			elapse(minute)
			require.Equal(t, syncer.Detached, w.linkOf(t, "pets", "dog").State)
			w.pets.put(person{ID: "dog", Boss: "boss", Name: "Max"})
			w.people.put(person{ID: "boss", Name: "Boss"})
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "boss"}})
			elapse(minute)
		})
		assert.Equal(t, "max", w.petCards.byExternal("dog").value.Title.Or(""))
		w.inStep(t)
	})
}
