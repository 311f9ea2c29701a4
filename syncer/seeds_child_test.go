package syncer_test

import (
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

// hint marks a key as a webhook does that nobody waits for.
func (w *world) hint(t *testing.T, flow string, change syncer.Change) {
	t.Helper()
	change.Tenant, change.Flow = "here", flow
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
