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

func TestHard26AMistakenBulkDeleteOf5000IsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const n = 5000
		w.people.perPage = 500
		for i := range n {
			w.people.put(person{ID: fmt.Sprintf("p%04d", i), Name: "X"})
		}
		w.backfill(t)
		w.running(t, func() {
			for i := range n {
				id := fmt.Sprintf("p%04d", i)
				w.people.drop(id)
				require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
					Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}, EventID: "e" + id, Gone: true,
				}))
			}
			require.NoError(t, w.engine.Wait(t.Context()))
		})
		assert.Len(t, w.cards.records, n-n/20, "5 % go, the rest are held")
		counts, err := w.store.CountLinks(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, n-n/20, counts[syncer.Held])
		require.Len(t, w.alerts, 1, "the user is asked once")
		assert.Equal(t, syncer.AlertHeld, w.alerts[0].Kind)
		// One record comes back, one is released by a person.
		links, err := w.store.Walk(t.Context(), "here", "people", syncer.Held, "", 2)
		require.NoError(t, err)
		w.people.put(person{ID: links[0].ID, Name: "Back"})
		require.NoError(t, w.store.Notify(t.Context(), []syncer.Mark{{Key: links[0].Key, Released: true}, {Key: links[1].Key, Released: true}}))
		w.running(t, func() { require.NoError(t, w.engine.Wait(t.Context())) })
		assert.Equal(t, "back", w.cards.byExternal(links[0].ID).value.Title.Or(""), "a released removal is read again first")
		assert.Nil(t, w.cards.byExternal(links[1].ID))
	})
}

func TestHowRecordsLeave(t *testing.T) {
	t.Parallel()
	for policy, want := range map[syncer.LeavePolicy]struct {
		records int
		tags    []string
	}{
		syncer.LeaveDelete: {0, nil}, syncer.LeaveDetach: {1, []string{"own"}},
		syncer.LeaveIgnore: {1, []string{"own"}}, syncer.LeaveTag: {1, []string{"left", "own"}},
	} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.onSourceGone = policy
				w.restart(t)
				w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"own"}})
				w.backfill(t)
				w.people.drop("a")
				w.backfill(t)
				require.Len(t, w.cards.records, want.records)
				if want.records > 0 {
					assert.ElementsMatch(t, want.tags, w.cards.byExternal("a").value.Tags.Or(nil))
				}
				w.inStep(t)
				w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"own"}})
				w.backfill(t)
				require.Len(t, w.cards.records, 1, "coming back is an adoption of the same record")
				assert.Equal(t, []string{"own"}, w.cards.byExternal("a").value.Tags.Or(nil))
				w.inStep(t)
			})
		})
	}
}

func TestTheLastLinkOfATenantIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 5 {
			w.people.put(person{ID: fmt.Sprint("p", i), Name: "X"})
		}
		w.backfill(t)
		for i := range 5 {
			w.people.drop(fmt.Sprint("p", i))
		}
		w.backfill(t)
		assert.Len(t, w.cards.records, 1)
	})
}

func TestHard5DeleteAgainstUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		w.backfill(t)
		w.people.drop("p000") // the source deletes, a stranger edits
		w.pets.drop("dog of p000")
		w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Oslo") })
		w.backfill(t)
		assert.Nil(t, w.cards.byExternal("p000"), "flows are one way: the source decides")
		assert.Len(t, w.petCards.records, 2, "never half a tree")
		require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("p001").id}, ""))
		w.people.put(person{ID: "p001", Name: "Edited"}) // a stranger deletes, the source edits
		w.backfill(t)
		w.cards.took()
		w.petCards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took(), "a second run changes nothing")
		assert.Empty(t, w.petCards.took())
		w.inStep(t)
	})
}

func TestHard14AParentThatNeverSucceedsAndOneThatGoesWithItsChildren(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "bad", Name: "panic"})
		w.pets.put(person{ID: "rex", Boss: "bad", Name: "Rex"})
		w.people.put(person{ID: "big", Name: "Big"})
		for i := range 500 {
			w.pets.put(person{ID: fmt.Sprint("pet", i), Boss: "big", Name: "Pet"})
		}
		w.pets.perPage = 100
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["pets"].Parked)
		w.people.put(person{ID: "bad", Name: "good"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "bad"}})
		w.running(t, func() {})
		assert.NotNil(t, w.petCards.byExternal("rex"), "released when its parent passes")
		w.petCards.took()
		w.people.drop("big")
		for i := range 500 {
			w.pets.drop(fmt.Sprint("pet", i))
		}
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "big"}, Gone: true})
		w.running(t, func() { require.NoError(t, w.engine.Wait(t.Context())) })
		assert.Empty(t, w.petCards.took(), "the target cascades: no 500 calls")
		assert.Len(t, w.petCards.records, 1)
		counts, err := w.store.CountLinks(t.Context(), "here", "pets")
		require.NoError(t, err)
		assert.Equal(t, 1, counts[syncer.Linked])
	})
}

func TestHard28AMergeMovesTheChildren(t *testing.T) {
	t.Parallel()
	for _, cascades := range []bool{true, false} {
		t.Run(fmt.Sprint(cascades), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.cards.can.Cascades = cascades
				if !cascades {
					w.cards.children = nil
				}
				w.restart(t)
				w.people.put(person{ID: "winner", Name: "W"})
				w.people.put(person{ID: "loser", Name: "L"})
				w.pets.put(person{ID: "rex", Boss: "loser", Name: "Rex"})
				w.backfill(t)
				w.people.drop("loser")
				w.pets.put(person{ID: "rex", Boss: "winner", Name: "Rex"})
				w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "loser"}, Gone: true})
				w.running(t, func() { elapse(time.Second) })
				assert.Len(t, w.cards.records, 1)
				require.Len(t, w.petCards.records, 1)
				assert.Equal(t, w.cards.byExternal("winner").id, w.petCards.byExternal("rex").parent)
				w.inStep(t)
			})
		})
	}
}

func TestHard12NullUnsetEmptyUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapper = func(p person) card { // the town is mapped only if there is one
			c := card{Title: opt.Set(p.Name)}
			if p.City != "" {
				c.Town = opt.Set(p.City)
			}
			return c
		}
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.cards.edit("a", func(c *card) { c.Phone = opt.Set("+1") })
		w.people.put(person{ID: "a", Name: "Anna"})
		w.backfill(t)
		h := w.cards.byExternal("a")
		assert.Equal(t, "Rome", h.value.Town.Or(""), "unset never clears")
		assert.Equal(t, "+1", h.value.Phone.Or(""), "what is not mapped is not touched")
	})
}

func TestTheGuardCountsRecordsThatNoLinkKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const n = 30
		for i := range n {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: fmt.Sprintf("p%02d", i)}, Gone: true,
			}))
		}
		claims, _, err := w.store.Claim(t.Context(), syncer.ClaimRequest{N: n, Lease: minute})
		require.NoError(t, err)
		require.Len(t, claims, n)
		for _, claim := range claims { // created by a worker that died, and deleted in the source by now
			_, err := w.cards.Create(t.Context(), syncer.Draft[card]{ExternalID: claim.ID})
			require.NoError(t, err)
		}
		elapse(2 * minute)
		w.backfill(t)
		assert.Len(t, w.cards.records, n-20, "P4: as many as the guard lets pass are deleted")
		links, err := w.store.CountLinks(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, n-20, links[syncer.Held])
	})
}

// What goes with its parent is no removal of its own: it is not counted, and not
// held, though a target without cascades has it deleted one by one.
func TestHard5ChildrenThatGoWithTheirParentAreNotHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.can.Cascades, w.cards.children = false, nil
		w.restart(t)
		for _, id := range []string{"big", "small"} {
			w.people.put(person{ID: id, Name: id})
		}
		for i := range 100 {
			w.pets.put(person{ID: fmt.Sprint("pet", i), Boss: "big", Name: "Pet"})
		}
		w.pets.put(person{ID: "rex", Boss: "small", Name: "Rex"})
		w.backfill(t)
		w.people.drop("big")
		for i := range 100 {
			w.pets.drop(fmt.Sprint("pet", i))
		}
		w.backfill(t)
		w.backfill(t)
		assert.Len(t, w.cards.records, 1)
		assert.Len(t, w.petCards.records, 1, "never half a tree")
		assert.Empty(t, w.alerts)
		w.inStep(t)
	})
}
