package syncer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/mapping/opt"
)

// The bugs that the simulation found in sets; see seeds_child_test.go.

// seeds 20796, 20941: what looked like a tag that was lost is who insists. Looking
// at it showed this.
func TestWhoInsistsIsForgottenWhenTheSourceChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"x"}})
		w.backfill(t)
		edit := func(tags ...string) {
			w.cards.edit("a", func(c *card) { c.Tags = opt.Set(tags) })
			w.running(t, func() { elapse(2 * time.Hour) })
		}
		edit()
		edit("x", "y")
		w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"x", "y"}}) // nothing has to be sent
		w.backfill(t)
		edit("x")
		assert.ElementsMatch(t, []string{"x", "y"}, w.cards.byExternal("a").value.Tags.Or(nil), "y was taken away once")
		edit("x")
		assert.ElementsMatch(t, []string{"x"}, w.cards.byExternal("a").value.Tags.Or(nil), "and now twice")
	})
}

// seed 33841
func TestWhoInsistsDoesSoOnWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"x"}})
		w.backfill(t)
		edit := func() {
			w.cards.edit("a", func(c *card) { c.Tags = opt.Set([]string{"own"}) })
			w.running(t, func() { elapse(2 * time.Hour) })
		}
		w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"x", "y"}}) // x is restored, and y added, by one write
		edit()
		edit()
		assert.ElementsMatch(t, []string{"own", "x", "y"}, w.cards.byExternal("a").value.Tags.Or(nil), "y was taken away once")
		edit()
		assert.ElementsMatch(t, []string{"own"}, w.cards.byExternal("a").value.Tags.Or(nil))
	})
}
