package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// The bugs that the simulation found in what a lost answer leaves; see
// seeds_child_test.go.

// losing lets a target do the next calls of a kind and answer with an error.
func losing(calls string, n int) func(string) error {
	return func(call string) error {
		if !strings.HasPrefix(call, calls) || n == 0 {
			return nil
		}
		n--
		return errors.New("connection reset")
	}
}

// seeds 97, 103
func TestWhatADoubtFoundIsNotForgottenWhenItsKeyIsPutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.backfill(t) // no sweep is due
		w.people.put(person{ID: "a", Name: "Ann"})
		w.cards.after = losing("create", 1)
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			synctest.Wait()
			require.Len(t, w.cards.records, 1)
			w.people.drop("a") // which the event contradicts: the key is put off, three times
			elapse(5 * minute)
		})
		assert.Empty(t, w.cards.records)
	})
}

// seed 207
func TestACreateThatAShutdownCutsOffIsLookedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.backfill(t) // no sweep is due
		w.people.put(person{ID: "a", Name: "Ann"})
		ctx, cancel := contextOf(t)
		w.cards.after = func(string) error {
			w.cards.after = nil
			cancel()
			stall(w.config.Grace + time.Minute)
			return context.Canceled
		}
		w.config.Grace = 5 * time.Second
		w.restart(t)
		done := make(chan error)
		go func() { done <- w.engine.Run(ctx) }()
		synctest.Wait()
		w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
		require.NoError(t, <-done)
		w.restart(t)
		w.running(t, func() { elapse(10 * minute) })
		assert.Len(t, w.cards.records, 1, "P2")
		w.inStep(t)
	})
}

// seeds 298, 3815
func TestAnUpdateWhoseAnswerIsLostLeavesNothingOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome", Tags: []string{"x"}})
		w.backfill(t)
		w.cards.after = losing("update", 1)
		w.running(t, func() {
			w.people.put(person{ID: "a", Name: "Ann", City: "Oslo", Tags: []string{"x", "y"}})
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			synctest.Wait()
			require.Equal(t, "Oslo", w.cards.byExternal("a").value.Town.Or(""))
			w.people.put(person{ID: "a", Name: "Ann", City: "Rome", Tags: []string{"x"}}) // as it was agreed on last
			elapse(5 * minute)
		})
		assert.Equal(t, "Rome", w.cards.byExternal("a").value.Town.Or(""))
		assert.Equal(t, []string{"x"}, w.cards.byExternal("a").value.Tags.Or(nil))
		w.inStep(t)
	})
}

// seed 1518
func TestWhatALostCreateMadeIsLinkedBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := plainWorld(t, false)
		w.backfill(t) // no sweep is due
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.cards.after = losing("create", 1)
		written := 0
		w.cards.fail = func(call string) error {
			if !strings.HasPrefix(call, "update") {
				return nil
			}
			written++
			links, err := w.store.LinksOf(t.Context(), "here", "people", []string{"t001"})
			require.NoError(t, err)
			assert.Contains(t, links, "t001", "nothing else tells any more whose it is")
			return nil
		}
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			synctest.Wait()
			w.people.put(person{ID: "a", Name: "Anna", City: "Oslo"})
			elapse(10 * minute)
		})
		assert.Equal(t, 1, written)
		assert.Len(t, w.cards.records, 1, "P2")
		w.inStep(t)
	})
}

// recreated is a world in which a record was deleted at the target and made anew,
// and the answer to that was lost.
func recreated(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.onTargetGone = syncer.GoneRecreate
	w.restart(t)
	w.people.put(person{ID: "a", Name: "Ann"})
	w.pets.put(person{ID: "dog", Boss: "a", Name: "Rex"})
	w.backfill(t)
	w.running(t, func() {}) // no sweep is due
	require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("a").id}, ""))
	w.people.put(person{ID: "a", Name: "Anna"})
	w.cards.after = losing("create", 1)
	return w
}

// seed 5135
func TestARecordThatWasMadeAnewIsFoundAlthoughItsFirstLinkIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := recreated(t)
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			synctest.Wait()
			require.NotNil(t, w.cards.byExternal("a"), "made anew")
			w.people.drop("a")
			w.pets.drop("dog")
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}, Gone: true})
			elapse(5 * minute)
		})
		assert.Empty(t, w.cards.records)
	})
}

// seeds 476, 3774
func TestTheChildrenOfARecordThatWasMadeAnewFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := recreated(t)
		w.running(t, func() {
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			elapse(5 * minute)
		})
		now := w.cards.byExternal("a")
		require.NotNil(t, now)
		require.NotNil(t, w.petCards.byExternal("dog"))
		assert.Equal(t, now.id, w.petCards.byExternal("dog").parent)
		w.inStep(t)
	})
}

// seed 2078
func TestARecordThatWasMadeAnewIsLinkedAlthoughNothingElseChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := recreated(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.running(t, func() {
			w.targetHint(t, "people", w.linkOf(t, "people", "a").Target.ID)
			elapse(5 * minute)
		})
		assert.Equal(t, w.cards.byExternal("a").id, w.linkOf(t, "people", "a").Target.ID)
		assert.NotNil(t, w.petCards.byExternal("dog"))
		w.inStep(t)
	})
}

func (w *world) targetHint(t *testing.T, flow, id string) {
	t.Helper()
	w.hints++
	require.NoError(t, w.engine.NotifyTarget(t.Context(), syncer.TargetChange{
		Tenant: "here", Flow: flow, Ref: syncer.Ref{ID: id}, EventID: fmt.Sprint("hint ", w.hints),
	}))
}

// Found on the way: the child, whose policy is to respect deletions, is looked at
// before its parent, whose policy is to make it anew.
func TestAChildThatACascadeTookAlongWaitsForItsParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := recreated(t)
		w.cards.after = nil
		w.running(t, func() {
			w.targetHint(t, "pets", w.linkOf(t, "pets", "dog").Target.ID)
			elapse(5 * minute)
		})
		require.NotNil(t, w.cards.byExternal("a"))
		assert.NotNil(t, w.petCards.byExternal("dog"), "nobody deleted it")
		w.inStep(t)
	})
}

// seed 28
func TestWhatOthersChangedIsNotAgreedOnByTheAnswerToAWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.can.Versions, w.cards.unversioned = false, true
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.running(t, func() {
			synctest.Wait() // no sweep is due any more
			w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
			w.people.put(person{ID: "a", Name: "Anna", City: "Rome"})
			w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
			elapse(minute)
		})
		assert.Equal(t, "Rome", w.cards.byExternal("a").value.Town.Or(""))
	})
}
