package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func (w *world) fill(n int) {
	for i := range n {
		id := fmt.Sprintf("p%03d", i)
		w.people.put(person{ID: id, Name: "Person " + id, City: "Rome", Tags: []string{"a"}})
		w.pets.put(person{ID: "dog of " + id, Boss: id, Name: "Dog"})
	}
}

func TestBackfillCopiesEverythingOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(50)
		report := w.backfill(t)
		assert.Equal(t, 50, report.Flows["people"].Created)
		assert.Equal(t, 50, report.Flows["pets"].Created)
		w.inStep(t)
		w.cards.took()
		w.petCards.took()
		reads := w.people.reads

		report = w.backfill(t)
		assert.Equal(t, 50, report.Flows["people"].Unchanged)
		assert.Equal(t, 0, report.Flows["people"].Updated)
		assert.Empty(t, w.cards.took(), "P5: nothing is written when nothing changed, though the target lower-cases")
		assert.Empty(t, w.petCards.took())
		assert.Equal(t, reads, w.people.reads, "P7: an unchanged record costs no read of its own")
	})
}

func TestChangesAreSentFieldByField(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome", Tags: []string{"x", "y"}})
		w.backfill(t)
		w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo"); c.Tags = opt.Set([]string{"x", "y", "theirs"}) })
		w.people.put(person{ID: "a", Name: "Anna", City: "", Tags: []string{"y", "z"}})
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Updated)
		h := w.cards.byExternal("a")
		assert.Equal(t, "anna", h.value.Title.Or(""))
		assert.True(t, h.value.Town.IsNull(), "a field that is empty at the source now is cleared")
		tags, _ := h.value.Tags.Get()
		assert.ElementsMatch(t, []string{"y", "z", "theirs"}, tags, "P4: sets are merged")
		events, err := w.store.Events(t.Context(), syncer.EventQuery{Flow: "people", Action: syncer.Updated})
		require.NoError(t, err)
		require.Len(t, events, 1)
		assert.Equal(t, []string{"tags", "title", "town"}, events[0].Fields)
		w.inStep(t)
	})
}

func TestADeletedRecordTakesItsChildrenWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(10)
		w.backfill(t)
		w.people.drop("p003")
		w.pets.drop("dog of p003")
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Deleted)
		assert.Equal(t, 1, report.Flows["pets"].Deleted)
		assert.Len(t, w.petCards.records, 9)
		w.inStep(t)
	})
}

func TestTheGuardHoldsAMassDelete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(100)
		w.backfill(t)
		for i := range 60 {
			w.people.drop(fmt.Sprintf("p%03d", i))
			w.pets.drop(fmt.Sprintf("dog of p%03d", i))
		}
		report := w.backfill(t)
		assert.Equal(t, 20, report.Flows["people"].Deleted)
		assert.Equal(t, 40, report.Flows["people"].Held)
		assert.Len(t, w.cards.records, 80)
		w.fill(100) // the source has them again
		w.backfill(t)
		w.inStep(t)
		assert.Len(t, w.cards.records, 100)
	})
}

func TestAListingThatLacksRecordsDeletesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		w.backfill(t)
		w.people.hide = map[string]bool{}
		for i := range 30 {
			w.people.hide[fmt.Sprintf("p%03d", i)] = true
		}
		w.backfill(t)
		assert.Len(t, w.cards.records, 30, "P10: absence from a listing is no proof")
	})
}

func TestACreateWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(20)
		lost := 0
		w.cards.after = func(string) error {
			if lost++; lost%2 == 1 {
				return errors.New("connection reset")
			}
			return nil
		}
		w.backfill(t)
		assert.Len(t, w.cards.records, 20, "P2")
		w.inStep(t)
	})
}

func TestAWorkerThatDiesAfterItsCreateLeavesNoOrphan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		// The worker claims, creates, and dies before it commits.
		require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
		claims, _, err := w.store.Claim(t.Context(), syncer.ClaimRequest{N: 1, Lease: minute})
		require.NoError(t, err)
		require.Len(t, claims, 1)
		_, err = w.cards.Create(t.Context(), syncer.Draft[card]{ExternalID: "a", Value: card{Title: opt.Set("Ann")}})
		require.NoError(t, err)
		w.people.drop("a") // and the source's record goes, too
		w.restart(t)
		w.backfill(t)
		assert.Empty(t, w.cards.records)
	})
}

func TestAChildWaitsForItsParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pets.put(person{ID: "rex", Boss: "a", Name: "Rex"})
		w.notify(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "rex"}})
		assert.Empty(t, w.petCards.records)
		counts, err := w.store.Counts(t.Context(), "", "pets")
		require.NoError(t, err)
		assert.Equal(t, 1, counts["pets"].Parked)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		assert.Len(t, w.petCards.records, 1)
		assert.Equal(t, w.cards.byExternal("a").id, w.petCards.byExternal("rex").parent)
	})
}

func TestAChildMovesWithItsParentID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(2)
		w.backfill(t)
		w.pets.put(person{ID: "dog of p000", Boss: "p001", Name: "Dog"})
		w.backfill(t)
		assert.Equal(t, w.cards.byExternal("p001").id, w.petCards.byExternal("dog of p000").parent)
		w.inStep(t)
	})
}

func TestARecordThatLeavesTheFilterAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(5)
		w.skip["p001"] = true
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Filtered)
		assert.Equal(t, 1, report.Flows["pets"].Filtered, "a child of a filtered parent is filtered, not failed")
		w.inStep(t)
		w.skip, w.mapperVersion = map[string]bool{"p002": true}, "2"
		w.restart(t)
		w.backfill(t)
		assert.NotNil(t, w.cards.byExternal("p001"))
		assert.NotNil(t, w.petCards.byExternal("dog of p001"))
		assert.Nil(t, w.cards.byExternal("p002"))
		assert.Nil(t, w.petCards.byExternal("dog of p002"))
		w.inStep(t)
	})
}

func TestARefusedRecordBecomesADeadLetterAndOthersGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(5)
		w.people.put(person{ID: "bad", Name: "panic"})
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Failed)
		assert.Equal(t, 5, report.Flows["people"].Created)
		report = w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Failed, "P8: it still is")
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "bad"})
		require.NoError(t, err)
		assert.Len(t, events, 1, "it isn't tried again until it changes")
		w.people.put(person{ID: "bad", Name: "good"})
		w.backfill(t)
		w.inStep(t)
	})
}

func TestTransientFailuresAreRetriedAndEndAsDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		w.people.put(person{ID: "a", Name: "Ann"})
		failures := 0
		w.cards.fail = func(call string) error {
			if call == "create a" {
				failures++
				return errors.New("HTTP 503")
			}
			return nil
		}
		report := w.backfill(t)
		assert.Equal(t, 8, failures)
		assert.Equal(t, 1, report.Flows["people"].Failed)
		w.cards.fail = nil
		w.backfill(t)
		w.inStep(t)
	})
}

func TestAnAccountErrorPausesTheTenantAndBurnsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(10)
		w.cards.fail = func(string) error {
			return &syncer.Error{Kind: syncer.KindAccount, Err: errors.New("401: the key was revoked")}
		}
		_, err := w.engine.Backfill(t.Context())
		require.ErrorIs(t, err, syncer.ErrPaused)
		require.ErrorContains(t, err, "revoked")
		counts, err := w.store.Counts(t.Context(), "", "")
		require.NoError(t, err)
		assert.Zero(t, counts["people"].Dead)
		w.cards.fail = nil
		w.restart(t)
		w.backfill(t)
		w.inStep(t)
	})
}

func TestARecordDeletedAtTheTargetIsRespected(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]syncer.GonePolicy{"respect": syncer.GoneRespect, "recreate": syncer.GoneRecreate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.onTargetGone = policy
				w.restart(t)
				w.people.put(person{ID: "a", Name: "Ann"})
				w.backfill(t)
				require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("a").id}, ""))
				w.people.put(person{ID: "a", Name: "Anna"})
				w.backfill(t)
				w.backfill(t)
				want := 0
				if policy == syncer.GoneRecreate {
					want = 1
				}
				assert.Len(t, w.cards.records, want)
				w.inStep(t)
			})
		})
	}
}

func TestRunWorksOnNotificationsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.engine.Run(ctx) }()
		synctest.Wait()
		require.ErrorIs(t, w.engine.Run(ctx), syncer.ErrRunning)
		w.people.put(person{ID: "new", Name: "New"})
		change := syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "new"}, EventID: "e1"}
		require.NoError(t, w.engine.Notify(ctx, change))
		require.NoError(t, w.engine.Notify(ctx, change), "the same event again")
		synctest.Wait()
		assert.NotNil(t, w.cards.byExternal("new"))
		events, err := w.store.Events(ctx, syncer.EventQuery{ID: "new"})
		require.NoError(t, err)
		assert.Len(t, events, 1)
		cancel()
		require.NoError(t, <-done)
	})
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := syncer.New(syncer.Config{Lease: 1, RequestTimeout: 2})
	require.ErrorContains(t, err, "Tenants is missing")
	require.ErrorContains(t, err, "Store is missing")
	require.ErrorContains(t, err, "Lease must be longer")
}

func TestWaitMayComeBeforeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
		waited := make(chan error, 1)
		go func() { waited <- w.engine.Wait(t.Context()) }()
		synctest.Wait()
		w.running(t, func() { require.NoError(t, <-waited) })
		w.inStep(t)
	})
}
