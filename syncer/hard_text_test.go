package syncer_test

import (
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

func TestHard21ATextThatIsTooLongIsADeadLetterThatNamesFieldAndLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: strings.Repeat("long ", 200_000)}) // 1 MB
		w.people.put(person{ID: "b", Name: "Bob"})
		w.cards.fail = func(call string) error {
			if call == "create a" {
				return &syncer.Error{Kind: syncer.KindRow, Field: "town", Err: errors.New("422: at most 5000 characters")}
			}
			return nil
		}
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Created, "the others go on")
		events, err := w.store.Events(t.Context(), syncer.EventQuery{Action: syncer.DeadLetter})
		require.NoError(t, err)
		require.Len(t, events, 1)
		assert.Contains(t, events[0].Error, "town")
		assert.Contains(t, events[0].Error, "5000")
		assert.Less(t, len(events[0].Error), 200, "the text itself is not in the log")
	})
}

func TestHard21DatesAreCarriedAsTheyAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		dates := map[string]string{
			"without a zone": "2026-03-29T02:30:00", "an hour that is skipped": "2026-03-29T02:30:00+01:00",
			"an hour that comes twice": "2026-10-25T02:30:00+02:00", "again": "2026-10-25T02:30:00+01:00",
		}
		for id, date := range dates {
			w.people.put(person{ID: id, Name: "x", City: date})
		}
		w.backfill(t)
		for id, date := range dates {
			assert.Equal(t, date, w.cards.byExternal(id).value.Town.Or(""))
		}
		w.cards.took()
		w.running(t, func() { elapse(3 * time.Hour) })
		assert.Empty(t, w.cards.took())
	})
}

func TestHard12OnlyAnAuthoritativeReadClears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome", Phone: "+1"})
		w.backfill(t)
		// A search shows null, the event lacks it: the read by id still has it.
		w.people.partial = true
		w.running(t, func() {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: "1", Evidence: []byte(`{"city":null}`),
			}))
			elapse(2 * time.Hour)
		})
		assert.Equal(t, "Rome", w.cards.byExternal("a").value.Town.Or(""), "unknown never clears")
		w.people.put(person{ID: "a", Name: "Ann", Phone: "+1"})
		w.backfill(t)
		assert.True(t, w.cards.byExternal("a").value.Town.IsNull(), "what the read by id lacks is cleared")
		assert.Equal(t, "+1", w.cards.byExternal("a").value.Phone.Or(""))
		w.inStep(t)
	})
}

func TestHard12ATargetThatCannotClearIsQuietAndReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.cards.sticky = true // it answers 200 and keeps the town
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		w.cards.took()
		w.running(t, func() { elapse(3 * time.Hour) })
		assert.Empty(t, w.cards.took(), "one try, no loop")
		verification, err := w.engine.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, verification.Flows["people"].Altered, "the target alters this field")
	})
}

func TestHard12EmptyAndNullAreTwoValues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapper = func(p person) card { return card{Title: opt.Set(p.Name), Town: opt.Set(p.City)} }
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		value, set := w.cards.byExternal("a").value.Town.Get()
		assert.True(t, set, "the mapper says \"\", and that is sent")
		assert.Empty(t, value)
		assert.True(t, w.cards.byExternal("a").value.Phone.IsZero(), "what is not mapped is not set")
	})
}

func TestHard14AFilteredParentsChildIsFilteredAndNoDifference(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pets.can.ListsByParent = true
		w.skip["p001"] = true
		w.restart(t)
		w.fill(3)
		w.backfill(t)
		verification, err := w.engine.Verify(t.Context())
		require.NoError(t, err)
		assert.Zero(t, verification.Differing())
		assert.Len(t, verification.Flows["pets"].Excepted, 1)
	})
}

func TestHard14FlowsCannotFormACircle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := syncer.FlowConfig[person, card]{Name: "a", Source: w.people, Target: newDesk(), Mapper: w.mapping(), Parent: named{w.petsFlow, "b"}}.Flow()
	b := syncer.FlowConfig[person, card]{Name: "b", Source: w.pets, Target: newDesk(), Mapper: w.mapping(), Parent: a}.Flow()
	engine, err := syncer.New(syncer.Config{Tenants: syncer.One("here", a, b), Store: w.store})
	require.NoError(t, err)
	_, err = engine.Backfill(t.Context())
	require.ErrorContains(t, err, "parent")
}

// named is a flow under another name.
type named struct {
	syncer.Flow
	name string
}

func (n named) Name() string { return n.name }

func TestDriftIsSeenAtATargetWithoutVersions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.can.Versions, w.cards.unversioned = false, true
		w.config.LogValues = true
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
		w.people.put(person{ID: "a", Name: "Anna", City: "Rome"}) // the write of the name shows the other town
		w.backfill(t)
		assert.Equal(t, "Rome", w.cards.byExternal("a").value.Town.Or(""))
		events, err := w.store.Events(t.Context(), syncer.EventQuery{Action: syncer.Updated})
		require.NoError(t, err)
		require.Len(t, events, 2, "the name is written, and then the town")
		assert.Contains(t, fmt.Sprint(events[1].Warnings), `town: somebody changed it at the target; it is restored over "Oslo"`)
		assert.Equal(t, []string{"title"}, events[0].Fields)
		assert.Equal(t, []string{"town"}, events[1].Fields)
		w.inStep(t)
	})
}

func TestAStrangerWhoInsistsOnATagWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", Tags: []string{"x", "y"}})
		w.backfill(t)
		for range 4 {
			w.cards.edit("a", func(c *card) { c.Tags = opt.Set([]string{"y", "own"}) })
			w.running(t, func() { elapse(2 * time.Hour) })
		}
		assert.LessOrEqual(t, len(w.cards.took()), 2, "it is restored once")
		assert.ElementsMatch(t, []string{"y", "own"}, w.cards.byExternal("a").value.Tags.Or(nil))
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		assert.NotContains(t, fmt.Sprint(events), `over ["own"`, "no values without being asked")
	})
}
