package syncer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// floodable makes a world whose source lists what changed last first, with n people
// who changed an hour ago and are in step.
func floodable(t *testing.T, n int, lag time.Duration) *world {
	t.Helper()
	w := newWorld(t)
	w.people.perPage = 500
	w.people.can = syncer.SourceCapabilities{Since: true, LatestFirst: true, Lag: lag}
	w.people.before = map[string]person{}
	w.config.Changes, w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
	w.restart(t)
	for i := range n {
		w.people.put(person{ID: fmt.Sprintf("p%05d", i), Name: "Pat"})
	}
	elapse(time.Hour)
	w.backfill(t)
	w.running(t, func() { elapse(time.Minute) }) // the first sweeps
	w.people.reads, w.people.lists = 0, 0
	w.cards.took()
	return w
}

// honest marks everybody, as webhooks do.
func (w *world) honest(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
			Tenant: "here", Flow: "people", EventID: fmt.Sprintf("event %d %v", i, time.Now()), Ref: syncer.Ref{ID: fmt.Sprintf("p%05d", i)},
		}))
	}
}

func (w *world) waiting(t *testing.T) int {
	t.Helper()
	counts, err := w.store.Counts(t.Context(), "here", "people")
	require.NoError(t, err)
	return counts["people"].Waiting + counts["people"].Claimed
}

func TestAFloodOfMarksIsScreenedByPagesAndCostsNoReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 5000
		if testing.Short() {
			n = 1500
		}
		w := floodable(t, n, 0)
		before := len(w.eventsOf(t, "people"))
		w.people.put(person{ID: "p00077", Name: "Changed"})
		w.people.put(person{ID: fmt.Sprintf("p%05d", n-1), Name: "Changed"})
		w.people.drop("p01234")
		w.honest(t, n)
		report, err := w.engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p00077"})
		require.NoError(t, err)
		assert.Zero(t, w.waiting(t))
		t.Logf("%d pages, %d reads", w.people.lists, w.people.reads)
		assert.LessOrEqual(t, w.people.lists, n/500+1, "pages of 500")
		assert.LessOrEqual(t, w.people.reads, 100, "what changed or is not listed, and what the end of the flood left")
		assert.Equal(t, w.people.lists+w.people.reads+len(w.cards.took()), report.Flows["people"].Requests, "all are counted")
		assert.LessOrEqual(t, report.Flows["people"].Requests, report.Flows["people"].Floor+3, "stale reads aside")
		assert.Equal(t, "changed", w.cards.byExternal("p00077").value.Title.Or(""))
		assert.Equal(t, "changed", w.cards.byExternal(fmt.Sprintf("p%05d", n-1)).value.Title.Or(""))
		assert.GreaterOrEqual(t, len(w.eventsOf(t, "people"))-before, n, "each has its row of the log")
	})
}

func TestAFewMarksAreReadByID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := floodable(t, 200, 0)
		w.honest(t, 40)
		_, err := w.engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p00000"})
		require.NoError(t, err)
		assert.Zero(t, w.people.lists)
		assert.Equal(t, 40, w.people.reads)
	})
}

func TestMarksYoungerThanTheLagOfTheListingAreRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lag = 20 * time.Second
		w := floodable(t, 300, lag)
		for i := range 300 {
			w.people.put(person{ID: fmt.Sprintf("p%05d", i), Name: "Changed"})
		}
		w.honest(t, 300)
		elapse(lag / 2)
		_, err := w.engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p00000"})
		require.NoError(t, err)
		assert.Equal(t, 300, w.people.reads, "the listing does not show them yet")
		assert.Zero(t, w.people.lists)
		for _, h := range w.cards.records {
			assert.Equal(t, "changed", h.value.Title.Or(""))
		}
		elapse(lag)
		w.people.reads = 0
		w.people.put(person{ID: "p00200", Name: "Once more"})
		w.honest(t, 300)
		elapse(lag)
		_, err = w.engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p00200"})
		require.NoError(t, err)
		assert.Equal(t, "once more", w.cards.byExternal("p00200").value.Title.Or(""))
		assert.Less(t, w.people.reads, 80)
		assert.Equal(t, 1, w.people.lists)
	})
}

func TestAFloodOfOldRecordsAmongManyCostsButFewPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := floodable(t, 400, 0)
		w.people.perPage = 10
		for i := 200; i < 400; i++ { // these changed later, and nobody tells of them
			w.people.put(person{ID: fmt.Sprintf("p%05d", i), Name: "Later"})
		}
		w.honest(t, 200)
		_, err := w.engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p00000"})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, w.people.reads, 199)
		assert.LessOrEqual(t, w.people.lists, 8, "two for fifty marks")
	})
}
