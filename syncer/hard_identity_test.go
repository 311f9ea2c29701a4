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

func (w *world) phones() map[string]string {
	phones := map[string]string{}
	for _, h := range w.cards.records {
		phones[h.external] = h.value.Phone.Or("")
	}
	return phones
}

func TestHard16ContactsSwapTheirPhoneNumbers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.cards.unique = true
				want := map[string]string{}
				for i := range n {
					w.people.put(person{ID: fmt.Sprint("p", i), Name: "X", Phone: fmt.Sprint("+1", i)})
				}
				w.backfill(t)
				for i := range n {
					p := person{ID: fmt.Sprint("p", i), Name: "X", Phone: fmt.Sprint("+1", (i+1)%n)}
					want[p.ID] = p.Phone
					w.people.put(p)
				}
				w.backfill(t)
				assert.Equal(t, want, w.phones())
				w.inStep(t)
				w.cards.took()
				w.backfill(t)
				assert.Empty(t, w.cards.took(), "no oscillation")
			})
		})
	}
}

func TestHard11ASecondClaimantWaitsQuietly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.unique = true
		w.people.put(person{ID: "a", Name: "Ann", Phone: "+1"})
		w.people.put(person{ID: "b", Name: "Bob", Phone: "+1"})
		w.backfill(t)
		// If it was refused before the first one's link was stored, that link releases
		// it, and it is refused twice.
		counts, err := w.store.Counts(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, 1, counts["people"].Parked)
		assert.Len(t, w.cards.records, 1)
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took())
		first := "a"
		if w.cards.byExternal("a") == nil {
			first = "b"
		}
		w.people.put(person{ID: first, Name: "New", Phone: "+2"}) // the number is free now
		w.backfill(t)
		assert.Len(t, w.cards.records, 2)
		w.inStep(t)
	})
}

func TestHard28AContactIsDeletedAndMadeAnewEventsInTheWrongOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.unique = true
		w.people.put(person{ID: "old", Name: "Ann", City: "Rome", Phone: "+1"})
		w.pets.put(person{ID: "rex", Boss: "old", Name: "Rex"})
		w.backfill(t)
		id := w.cards.byExternal("old").id
		w.people.drop("old")
		w.people.put(person{ID: "new", Name: "Ann", Phone: "+1"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "new"}}) // the create comes before the delete
		require.NotNil(t, w.cards.byExternal("new"))
		assert.Equal(t, id, w.cards.byExternal("new").id, "the claimant inherits the record")
		assert.True(t, w.cards.byExternal("new").value.Town.IsNull(), "which was ours: nulls are sent")
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "old"}, Gone: true})
		assert.Len(t, w.cards.records, 1)
		w.pets.put(person{ID: "rex", Boss: "new", Name: "Rex"}) // the merge moved it
		w.backfill(t)
		assert.Len(t, w.petCards.records, 1)
		w.inStep(t)
	})
}

// foreign makes a record that nobody here made.
func (w *world) foreign(t *testing.T, name, phone string) string {
	t.Helper()
	value := card{Title: opt.Set(name), Town: opt.Set("theirs"), Phone: opt.OrNull(phone)}
	record, err := w.cards.Create(t.Context(), syncer.Draft[card]{Value: value})
	require.NoError(t, err)
	return record.ID
}

func TestHard27AFirstBackfillIntoATargetWithRecordsStopsUntilAPersonHasChosen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.foreign(t, "ann", "+1")
		w.people.put(person{ID: "a", Name: "Ann", Phone: "+1"})
		_, err := w.engine.Backfill(t.Context())
		require.ErrorIs(t, err, syncer.ErrExisting)
		assert.Len(t, w.cards.records, 1)
		w.existing = syncer.ExistingLeave
		w.restart(t)
		w.backfill(t)
		assert.Len(t, w.cards.records, 2)
	})
}

func TestHard27AFirstBackfillMatchesWhatIsCertain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.existing = syncer.ExistingMatch
		w.restart(t)
		ann := w.foreign(t, "annie", "+1")
		spouses := w.foreign(t, "spouses", "+2")
		w.foreign(t, "twin", "+3")
		w.foreign(t, "twin", "+3")
		stranger := w.foreign(t, "stranger", "+9")
		w.people.put(person{ID: "ann", Name: "Ann", Phone: "+1"})
		w.people.put(person{ID: "he", Name: "He", Phone: "+2"})
		w.people.put(person{ID: "she", Name: "She", Phone: "+2"})
		w.people.put(person{ID: "twin", Name: "Twin", Phone: "+3"})
		w.people.put(person{ID: "new", Name: "New", Phone: "+4"})
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Created)
		h := w.cards.records[ann]
		assert.Equal(t, "ann", h.external)
		assert.Equal(t, "ann", h.value.Title.Or(""))
		assert.Equal(t, "theirs", h.value.Town.Or(""), "P4: nothing of a foreign record is cleared")
		assert.Empty(t, w.cards.records[spouses].external, "two source records share the key")
		assert.Empty(t, w.cards.records[stranger].external)
		assert.Len(t, w.cards.records, 6)
		counts, err := w.store.Counts(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, 3, counts["people"].Parked)
		w.people.put(person{ID: "she", Name: "She", Phone: "+5"}) // now it is certain
		w.backfill(t)
		assert.Equal(t, "he", w.cards.records[spouses].external)
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took())
	})
}

func TestTheLinkOfAnAdoptedRecordIsCommittedBeforeItsFirstWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.existing = syncer.ExistingMatch
		w.restart(t)
		id := w.foreign(t, "annie", "+1")
		w.people.put(person{ID: "ann", Name: "Ann", Phone: "+1"})
		w.cards.fail = func(call string) error {
			if call == "update "+id {
				links, err := w.store.LinksOf(t.Context(), "here", "people", []string{id})
				assert.NoError(t, err)
				assert.Equal(t, "ann", links[id].ID)
			}
			return nil
		}
		w.backfill(t)
		assert.Equal(t, "ann", w.cards.records[id].external)
	})
}

func TestADetachedRecordMayBeAdoptedByAnotherKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.existing, w.onSourceGone, w.cards.unique = syncer.ExistingMatch, syncer.LeaveDetach, true
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann", Phone: "+1"})
		w.backfill(t)
		w.people.drop("a")
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Detached)
		w.people.put(person{ID: "b", Name: "Ann", Phone: "+1"})
		w.backfill(t)
		require.Len(t, w.cards.records, 1)
		assert.NotNil(t, w.cards.byExternal("b"), "its external id is overwritten")
		links, err := w.store.Links(t.Context(), "here", "people", []string{"a"})
		require.NoError(t, err)
		assert.Empty(t, links)
	})
}

func TestHard27PhonesInThreeFormatsAndCrossMatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.existing = syncer.ExistingMatch
		w.restart(t)
		formats := map[string]string{"a": "+1 202 555 0101", "b": "1-202-555-0102", "c": "+12025550103"}
		for id, phone := range formats {
			w.foreign(t, "old "+id, phone)
		}
		byPhone := w.foreign(t, "by phone", "+12025550104")
		byMail := w.foreign(t, "by mail", "")
		w.cards.records[byMail].value.Town = opt.Set("mailto:Cross@example.com")
		shared := w.foreign(t, "shared", "")
		w.cards.records[shared].value.Town = opt.Set("mailto:both@example.com")
		for i, id := range []string{"a", "b", "c"} {
			w.people.put(person{ID: id, Name: id, Phone: fmt.Sprintf("+1 (202) 555-010%d", i+1)})
		}
		w.people.put(person{ID: "cross", Name: "X", Phone: "+12025550104", City: "mailto:cross@example.com"})
		w.people.put(person{ID: "one", Name: "One", City: "mailto:both@example.com"})
		w.people.put(person{ID: "two", Name: "Two", City: "mailto:both@example.com"})
		w.backfill(t)
		for id := range formats {
			require.NotNil(t, w.cards.byExternal(id), "formats of a phone number do not matter: %s", id)
		}
		assert.Len(t, w.cards.records, 6, "nothing twice")
		for _, id := range []string{byPhone, byMail, shared} {
			assert.Empty(t, w.cards.records[id].external, "P4: what is not certain is nobody's")
		}
		counts, err := w.store.Counts(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, 3, counts["people"].Parked, "a cross-match, and one address of two contacts")
		w.cards.took()
		w.backfill(t)
		assert.Empty(t, w.cards.took(), "no oscillation")
	})
}

func TestTheExternalIDOfAnotherIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.existing = syncer.ExistingMatch
		w.restart(t)
		id := w.foreign(t, "ann", "+1")
		w.people.put(person{ID: "other", Name: "Other", Phone: "+5"})
		w.backfill(t) // the index is read
		w.cards.records[id].external = "of another integration"
		w.people.put(person{ID: "ann", Name: "Ann", Phone: "+1"})
		w.backfill(t)
		assert.Equal(t, "of another integration", w.cards.records[id].external)
		assert.Equal(t, "ann", w.cards.records[id].value.Title.Or(""))
		assert.Equal(t, "theirs", w.cards.records[id].value.Town.Or(""))
		// A touched record is read anew, by id: that shows the external id, too.
		require.NoError(t, w.engine.NotifyTarget(t.Context(), syncer.TargetChange{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}}))
		w.cards.unique = true
		w.people.put(person{ID: "again", Name: "Again", Phone: "+1"})
		w.backfill(t)
		assert.Equal(t, "of another integration", w.cards.records[id].external)
	})
}

func TestHard11AnAddressMovesFromOneContactToAnother(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"from", "to"}, {"to", "from"}} {
		t.Run(order[0], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.cards.unique = true
				w.people.put(person{ID: "from", Name: "From", Phone: "+1"})
				w.people.put(person{ID: "to", Name: "To"})
				w.backfill(t)
				w.people.put(person{ID: "from", Name: "From"})
				w.people.put(person{ID: "to", Name: "To", Phone: "+1"})
				w.running(t, func() {
					for _, id := range order {
						require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}}))
						elapse(time.Second)
					}
				})
				assert.Equal(t, map[string]string{"from": "", "to": "+1"}, w.phones())
				w.inStep(t)
			})
		})
	}
}
