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

// TestHard5 has the source delete a record with children that a stranger edited.
// By every policy but the default, which deletes it, the edit survives, and so do
// the children.
func TestHard5TheSourceDeletesWhatAStrangerEdited(t *testing.T) {
	t.Parallel()
	for _, policy := range []syncer.LeavePolicy{syncer.LeaveDelete, syncer.LeaveDetach, syncer.LeaveTag, syncer.LeaveIgnore} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.onSourceGone = policy
				w.restart(t)
				w.fill(2)
				w.backfill(t)
				w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Oslo") })
				w.people.drop("p000")
				w.pets.drop("dog of p000")
				w.backfill(t)
				w.backfill(t)
				if policy == syncer.LeaveDelete {
					assert.Nil(t, w.cards.byExternal("p000"))
					assert.Len(t, w.petCards.records, 1, "never half a tree")
				} else {
					require.NotNil(t, w.cards.byExternal("p000"))
					assert.Equal(t, "Oslo", w.cards.byExternal("p000").value.Town.Or(""))
				}
				w.cards.took()
				w.petCards.took()
				w.running(t, func() { elapse(3 * time.Hour) })
				assert.Empty(t, append(w.cards.took(), w.petCards.took()...), "nothing more is changed")
				w.inStep(t)
			})
		})
	}
}

// TestHard5 is also the mirror image: a stranger deletes a record with children that
// the source edits.
func TestHard5AStrangerDeletesWhatTheSourceEdited(t *testing.T) {
	t.Parallel()
	for _, recreate := range []bool{false, true} {
		for _, cascades := range []bool{false, true} {
			t.Run(fmt.Sprintf("recreate %t, cascades %t", recreate, cascades), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					if recreate {
						w.onTargetGone = syncer.GoneRecreate
					}
					if w.cards.can.Cascades = cascades; !cascades {
						w.cards.children = nil
					}
					w.restart(t)
					w.fill(2)
					w.backfill(t)
					was := w.cards.byExternal("p000").id
					require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: was}, ""))
					w.people.put(person{ID: "p000", Name: "Edited"})
					w.cards.took()
					w.petCards.took()
					w.backfill(t)
					w.backfill(t)
					if recreate {
						made, pet := w.cards.byExternal("p000"), w.petCards.byExternal("dog of p000")
						require.NotNil(t, made)
						assert.Equal(t, "edited", made.value.Title.Or(""))
						require.NotNil(t, pet)
						assert.Equal(t, made.id, pet.parent)
						assert.NotEqual(t, was, made.id)
						assert.Equal(t, []string{"create p000"}, w.cards.took())
						assert.Len(t, w.petCards.took(), 1, "the child is moved, or made anew, once")
						assert.Len(t, w.petCards.records, 2)
					} else {
						assert.Nil(t, w.cards.byExternal("p000"), "it is respected")
						assert.Empty(t, w.cards.took())
					}
					w.petCards.took()
					w.running(t, func() { elapse(3 * time.Hour) })
					assert.Empty(t, append(w.cards.took(), w.petCards.took()...), "nothing more is changed")
					w.inStep(t)
				})
			})
		}
	}
}
