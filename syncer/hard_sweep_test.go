package syncer_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

func TestHard7APollRacesAWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Old"})
		since, err := w.store.Draw(t.Context()) // a poller asks for its page, and gets the old value
		require.NoError(t, err)
		w.people.put(person{ID: "a", Name: "New"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
		require.NoError(t, w.store.Observe(t.Context(), syncer.Observation{Since: since, Marks: []syncer.Mark{{
			Key: syncer.Key{Tenant: "here", Flow: "people", ID: "a"}, Lane: syncer.Sweep, Row: []byte(`{"ID":"a","Name":"Old"}`),
		}}}))
		w.backfill(t)
		assert.Equal(t, "new", w.cards.byExternal("a").value.Title.Or(""))
	})
}

// changing makes the people list what changed since a time.
func changing(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.people.can.Since = true
	w.restart(t)
	return w
}

func TestHard8EqualTimestampsAreAllSeenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changing(t)
		w.people.perPage = 15
		w.fill(300)
		w.backfill(t)
		elapse(10 * time.Minute)
		at := time.Now()
		for i := range 300 { // a bulk edit stamps all with one time
			p := w.people.records[fmt.Sprintf("p%03d", i)]
			p.City, p.At = "Bern", at
			w.people.put(p)
		}
		lists := w.people.lists
		w.running(t, func() { elapse(6 * time.Minute) })
		assert.LessOrEqual(t, w.people.lists-lists, 2*300/15+4)
		for _, h := range w.cards.records {
			assert.Equal(t, "Bern", h.value.Town.Or(""))
		}
	})
}

func TestHard9ALateIndexAndARecordOfTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changing(t)
		w.people.hide = map[string]bool{}
		w.fill(3)
		w.backfill(t)
		w.people.put(person{ID: "future", Name: "Future", At: time.Now().AddDate(73, 0, 0)})
		w.people.put(person{ID: "late", Name: "Late"})
		w.people.hide["late"] = true // it becomes searchable 90 s after its time
		w.running(t, func() {
			elapse(90 * time.Second)
			w.people.mu.Lock()
			delete(w.people.hide, "late")
			w.people.mu.Unlock()
			elapse(6 * time.Minute)
			assert.NotNil(t, w.cards.byExternal("late"), "found by the overlap")
			assert.NotNil(t, w.cards.byExternal("future"))
			w.people.put(person{ID: "next", Name: "Next"})
			elapse(6 * time.Minute)
			assert.NotNil(t, w.cards.byExternal("next"), "one record of the future does not end all syncing")
			w.cards.took()
			elapse(40 * time.Minute)
			assert.Empty(t, w.cards.took(), "what the overlap reads again costs no write")
		})
	})
}

func TestHard10ABrokenSweepDeletesNothing(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(w *world){
		"an empty first page": func(w *world) { w.people.hide = all(30) },
		"a page fails": func(w *world) {
			n := 0
			w.people.fail = func() error {
				if n++; n > 4 {
					return errors.New("500")
				}
				return nil
			}
		},
		"the scope is lost": func(w *world) {
			n := 0
			w.people.fail = func() error {
				if n++; n > 4 {
					return &syncer.Error{Kind: syncer.KindAccount, Err: errors.New("401: the scope is missing")}
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fill(30)
				w.backfill(t)
				breaks(w)
				_, _ = w.engine.Backfill(t.Context())
				assert.Len(t, w.cards.records, 30)
				w.people.fail, w.people.hide = nil, nil
				w.restart(t)
				w.backfill(t)
				w.inStep(t)
			})
		})
	}
}

func all(n int) map[string]bool {
	ids := map[string]bool{}
	for i := range n {
		ids[fmt.Sprintf("p%03d", i)] = true
	}
	return ids
}

func TestHard22APageChangesUnderASweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		n := 0
		w.people.fail = func() error { // called with the lock held, at each page
			if n++; n%3 == 0 {
				delete(w.people.records, fmt.Sprintf("p%03d", n))
				w.pets.drop(fmt.Sprintf("dog of p%03d", n))
				w.people.records[fmt.Sprintf("new%d", n)] = person{ID: fmt.Sprintf("new%d", n), Name: "New"}
			}
			return nil
		}
		w.backfill(t)
		w.people.fail = nil
		w.backfill(t)
		w.inStep(t)
	})
}

func TestASweepGoesOnWhereItWasCutShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		n := 0
		w.people.fail = func() error {
			if n++; n > 6 {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("400")}
			}
			return nil
		}
		_, err := w.engine.Backfill(t.Context())
		require.Error(t, err)
		w.people.fail = nil
		w.restart(t)
		lists := w.people.lists
		w.backfill(t)
		assert.Less(t, w.people.lists-lists, 11, "no page is listed twice")
		w.inStep(t)
	})
}

func TestTheCrawlGoesRoundTheChildrenAndFindsWhatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pets.can.ListsByParent = true
		w.restart(t)
		w.fill(20)
		w.backfill(t)
		w.inStep(t)
		w.pets.put(person{ID: "cat", Boss: "p007", Name: "Cat"})
		w.pets.drop("dog of p003")
		w.running(t, func() { elapse(3 * time.Hour) })
		assert.Len(t, w.petCards.records, 20)
		assert.NotNil(t, w.petCards.byExternal("cat"))
		state, err := w.store.Sweep(t.Context(), syncer.SweepID{Tenant: "here", Flow: "pets", Name: syncer.SweepCrawl})
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), state.Completed, 2*time.Hour, "every parent's children were looked at since")
	})
}

func TestAParentThatComesBackHasItsChildrenListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pets.can.ListsByParent = true
		w.skip["p001"] = true
		w.restart(t)
		w.fill(3)
		w.backfill(t)
		assert.Nil(t, w.petCards.byExternal("dog of p001"))
		delete(w.skip, "p001")
		w.people.put(person{ID: "p001", Name: "In scope"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "p001"}})
		require.NotNil(t, w.cards.byExternal("p001"))
		w.running(t, func() {})
		assert.NotNil(t, w.petCards.byExternal("dog of p001"))
	})
}

func TestRequestsAreNearTheFloor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changing(t)
		w.people.perPage, w.pets.perPage = 100, 100
		w.fill(500)
		elapse(10 * time.Minute)
		within := func(what string, report *syncer.Report) {
			for name, flow := range report.Flows {
				assert.LessOrEqual(t, float64(flow.Requests), 1.02*float64(flow.Floor), "%s of %s: %d requests, floor %d", what, name, flow.Requests, flow.Floor)
				assert.Positive(t, flow.Floor, what)
			}
		}
		report := w.backfill(t)
		w.running(t, func() { elapse(time.Minute) }) // the first target sweep
		within("backfill", report)
		assert.LessOrEqual(t, report.Flows["people"].Requests, 5+500+8)
		lists, reads := w.people.lists, w.people.reads
		report = w.backfill(t)
		within("unchanged sweep", report)
		assert.Equal(t, 5, w.people.lists-lists)
		assert.Zero(t, w.people.reads-reads)
		elapse(10 * time.Minute)
		for i := range 7 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Changed"})
		}
		lists, reads = w.people.lists, w.people.reads
		w.cards.took()
		w.running(t, func() { elapse(time.Minute) })
		assert.Equal(t, 1, w.people.lists-lists, "incremental: one page")
		assert.Len(t, w.cards.took(), 7)
		assert.Zero(t, w.people.reads-reads, "whole rows need no read")
	})
}

func TestHard8ABulkEditThatIsManyPagesLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1_000 // in pages of 20, as 25,000 are in pages of 500
		w := changing(t)
		w.people.perPage = 20
		at := time.Now()
		for i := range n {
			w.people.records[fmt.Sprintf("p%05d", i)] = person{ID: fmt.Sprintf("p%05d", i), Name: "X", At: at}
		}
		w.backfill(t)
		elapse(10 * time.Minute)
		at = time.Now()
		for id, p := range w.people.records {
			p.City, p.At = "Bern", at
			w.people.records[id] = p
		}
		lists := w.people.lists
		w.running(t, func() { elapse(6 * time.Minute) })
		assert.LessOrEqual(t, w.people.lists-lists, 2*n/20+4, "bounded requests")
		for _, h := range w.cards.records {
			require.Equal(t, "Bern", h.value.Town.Or(""))
		}
	})
}

func TestHard8AListingThatGoesInACircleIsAnErrorAndNoLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		w.people.circle = true
		_, err := w.engine.Backfill(t.Context())
		require.ErrorContains(t, err, "never end")
		assert.Less(t, w.people.lists, 50)
		w.people.circle = false
		w.backfill(t)
		w.inStep(t)
	})
}

func TestHard9ClocksThatAreWrong(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -48 * time.Hour} {
		t.Run(fmt.Sprint(off), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := changing(t)
				w.people.clock = off
				w.fill(3)
				w.backfill(t)
				w.running(t, func() {
					w.people.put(person{ID: "new", Name: "New"})
					elapse(6 * time.Minute)
					assert.NotNil(t, w.cards.byExternal("new"), "the source's clock alone counts")
					w.people.mu.Lock()
					w.people.clock -= time.Hour // it steps back
					w.people.mu.Unlock()
					w.people.put(person{ID: "past", Name: "Past"})
					elapse(70 * time.Minute)
					assert.NotNil(t, w.cards.byExternal("past"), "the full sweep finds it")
					w.people.put(person{ID: "later", Name: "Later"})
					elapse(70 * time.Minute)
					assert.NotNil(t, w.cards.byExternal("later"))
					w.cards.took()
					elapse(2 * time.Hour)
					assert.Empty(t, w.cards.took())
				})
				w.inStep(t)
			})
		})
	}
}

// What fails all sweeps is one error, until all of them have worked again.
func TestOneCauseOfFailingSweepsIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log bytes.Buffer
		w.config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		var away atomic.Value
		var calls atomic.Int64
		fail := func() error {
			text, _ := away.Load().(string)
			if text == "" {
				return nil
			}
			trace := fmt.Sprintf("%c%d", 'a'+rune(calls.Add(1)%26), calls.Load())
			return &syncer.Error{Kind: syncer.KindTransient, TraceID: trace, Err: fmt.Errorf("%s (trace %s)", text, trace)}
		}
		w.people.fail, w.pets.fail = fail, fail
		w.cards.fail = func(string) error { return fail() }
		w.petCards.fail = w.cards.fail
		told := func(level string) int {
			return strings.Count(log.String(), "level="+level+` msg="a sweep failed`)
		}
		away.Store("503: closed for lunch")
		w.running(t, func() {
			elapse(time.Hour)
			assert.Equal(t, 1, told("ERROR"))
			assert.Greater(t, told("DEBUG"), 3)
			away.Store("503: closed for good")
			elapse(time.Hour)
			assert.Equal(t, 2, told("ERROR"), "another cause is news")
			away.Store("")
			elapse(3 * time.Hour)
			assert.Equal(t, 2, told("ERROR"))
			away.Store("503: closed for good")
			elapse(2 * time.Hour)
			assert.Equal(t, 3, told("ERROR"), "it is back")
		})
	})
}

// Each request has a trace id of its own: that makes no failure another one.
func TestFailuresAreAlikeWhateverTheirTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var calls atomic.Int64
		w.cards.fail = func(string) error {
			trace := fmt.Sprintf("%c%d", 'a'+rune(calls.Add(1)%26), calls.Load())
			return &syncer.Error{Kind: syncer.KindRow, TraceID: trace, Err: fmt.Errorf("422: no such town (trace %s)", trace)}
		}
		for i := range 60 {
			w.people.put(person{ID: fmt.Sprint(i), Name: "Ann"})
		}
		w.backfill(t)
		require.Len(t, w.alerts, 1)
		assert.Equal(t, syncer.AlertGrouped, w.alerts[0].Kind)
	})
}
