package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// fillPeople is fill without pets.
func (w *world) fillPeople(n int) {
	for i := range n {
		id := fmt.Sprintf("p%03d", i)
		w.people.put(person{ID: id, Name: "Person " + id, City: "Rome"})
	}
}

// TestHard8 has a bulk edit stamp all records with one time, and edits go on while
// its pages are read: each takes its record to the listing's end.
func TestHard8EditsGoOnWhileEqualTimestampsAreListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, page = 600, 20
		w := changing(t)
		w.people.perPage = page
		w.fillPeople(n)
		w.backfill(t)
		elapse(10 * time.Minute)
		at := time.Now()
		for id, p := range w.people.records {
			p.City, p.At = "Bern", at
			w.people.records[id] = p
		}
		lists, edits := w.people.lists, 0
		w.people.fail = func() error { // called with the lock held, at each page
			if edits++; edits <= 20 {
				id := fmt.Sprintf("p%03d", edits*29)
				w.people.records[id] = person{ID: id, Name: "Edited", City: "Bern", At: time.Now()}
			}
			return nil
		}
		w.running(t, func() { elapse(time.Minute) })
		assert.LessOrEqual(t, w.people.lists-lists, 2*(n/page)+4, "bounded requests")
		for id, p := range w.people.records {
			require.Equal(t, "Bern", w.cards.byExternal(id).value.Town.Or(""))
			if p.Name == "Edited" {
				assert.Equal(t, "edited", w.cards.byExternal(id).value.Title.Or(""))
			}
		}
	})
}

// TestHard10 has what a full sweep sees be wrong in each way that a service knows.
// Nothing is deleted that is there, and beyond the guard nothing at all.
func TestHard10NothingIsDeletedByWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks  func(w *world)
		deleted int
	}{
		"short pages": {func(w *world) { w.people.hide = odd(30) }, 0},
		"an index that is empty for a minute": {func(w *world) {
			w.people.hide = all(30)
			time.AfterFunc(time.Minute, func() {
				w.people.mu.Lock()
				defer w.people.mu.Unlock()
				w.people.hide = nil
			})
		}, 0},
		"401 in mid-sweep": {func(w *world) {
			n := 0
			w.people.fail = func() error {
				if n++; n > 3 {
					return accountError()
				}
				return nil
			}
		}, 0},
		"500 for the confirming reads": {func(w *world) {
			w.people.hide = all(10)
			var broken atomic.Bool
			w.people.onGet = func(string) { broken.Store(true) }
			w.people.fail = func() error {
				if broken.Load() {
					return errors.New("500")
				}
				return nil
			}
		}, 0},
		// The token reaches another location: nothing is there, also if it is read by id.
		"another location": {func(w *world) { clear(w.people.records) }, 20},
		// The mapping leaves everything out by mistake.
		"the filter was edited": {func(w *world) {
			for id := range all(30) {
				w.skip[id] = true
			}
			w.mapperVersion = "a mistake"
		}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fill(30)
				w.backfill(t)
				before := w.people.records
				w.people.records = maps.Clone(before)
				c.breaks(w)
				w.restart(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, _ = w.engine.Backfill(ctx)
				assert.Len(t, w.cards.records, 30-c.deleted)
				held := slices.ContainsFunc(w.alerts, func(a syncer.Alert) bool { return a.Kind == syncer.AlertHeld })
				assert.Equal(t, c.deleted > 0, held, "beyond the guard a person is asked")
				w.people.records, w.people.fail, w.people.hide, w.people.onGet, w.skip = before, nil, nil, nil, map[string]bool{}
				w.mapperVersion = "mended"
				w.restart(t)
				w.backfill(t)
				w.backfill(t) // the children of those that came back
				assert.Len(t, w.cards.records, 30)
				w.inStep(t)
			})
		})
	}
}

func odd(n int) map[string]bool {
	ids := map[string]bool{}
	for i := 1; i < n; i += 2 {
		ids[fmt.Sprintf("p%03d", i)] = true
	}
	return ids
}

// TestHard22 has the pages of a listing of changes change under it: what is edited
// moves to its end, what is deleted leaves a gap, what is new comes in between.
func TestHard22AListingOfChangesIsReorderedUnderASweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changing(t)
		w.people.perPage = 5
		w.fillPeople(60)
		w.backfill(t)
		elapse(10 * time.Minute)
		for i := range 60 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Changed", City: "Rome"})
			elapse(time.Second)
		}
		n := 0
		w.people.fail = func() error { // called with the lock held, at each page
			if n++; n > 10 {
				return nil
			}
			edited, dropped, made := fmt.Sprintf("p%03d", n*5), fmt.Sprintf("p%03d", n*5+3), fmt.Sprint("new", n)
			w.people.records[edited] = person{ID: edited, Name: "Edited", City: "Bern", At: time.Now()}
			delete(w.people.records, dropped)
			w.people.records[made] = person{ID: made, Name: "New", At: time.Now().Add(-30 * time.Second)}
			return nil
		}
		w.running(t, func() { elapse(11 * time.Minute) }) // two sweeps of changes
		for id, p := range w.people.records {
			require.NotNil(t, w.cards.byExternal(id), id)
			assert.Equal(t, p.City, w.cards.byExternal(id).value.Town.Or(""), id)
		}
		w.people.fail = nil
		w.backfill(t) // the full sweep finds what is gone
		w.inStep(t)
	})
}

// sliced is a crm whose listing can be cut in two.
type sliced struct {
	*crm
	at time.Time
	// first fails the first page of the older slice, as long as it is set.
	first *atomic.Bool
}

func (s sliced) Slices(context.Context, int) ([]syncer.Slice, error) {
	return []syncer.Slice{{To: s.at}, {From: s.at}}, nil
}

func (s sliced) List(ctx context.Context, query syncer.Query, cursor string) (syncer.Page[person], error) {
	if !query.Slice.To.IsZero() && s.first.Load() {
		return syncer.Page[person]{}, &syncer.Error{Kind: syncer.KindRow, Err: errors.New("400")}
	}
	page, err := s.crm.List(ctx, query, cursor)
	if query.Slice != (syncer.Slice{}) {
		page.Records = slices.DeleteFunc(page.Records, func(r syncer.Record[person]) bool {
			return !query.Slice.From.IsZero() && r.Updated.Before(query.Slice.From) || !query.Slice.To.IsZero() && !r.Updated.Before(query.Slice.To)
		})
	}
	return page, err
}

// The first watermark is fixed before the first page of any slice: what is edited
// while the others wait for a slice that fails is seen by the sweep of changes.
func TestHard9TheFirstWatermarkIsThatOfTheFirstPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := changing(t)
		w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
		w.people.perPage = 100
		w.people.put(person{ID: "old", Name: "Old"})
		elapse(time.Hour)
		var fails atomic.Bool
		fails.Store(true)
		source := sliced{w.people, time.Now(), &fails}
		elapse(time.Hour)
		w.people.put(person{ID: "new", Name: "New"})
		w.config.Tenants = syncer.One("here", townOf(source, w.cards))
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		_, err = w.engine.Backfill(t.Context())
		require.Error(t, err)
		elapse(time.Minute)
		w.people.put(person{ID: "new", Name: "Edited"}) // its slice was read before
		elapse(time.Hour)
		fails.Store(false)
		w.backfill(t)
		w.running(t, func() { elapse(10 * time.Minute) })
		assert.Equal(t, "edited", w.cards.byExternal("new").value.Title.Or(""))
	})
}

// A parent that the target refused has its children listed when it passes: nobody
// looked at them meanwhile.
func TestHard14AParentThatPassesAtLastHasItsChildrenListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.pets.can.ListsByParent = true
		w.restart(t)
		w.fill(2)
		w.cards.fail = func(call string) error {
			if call == "create p001" {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422")}
			}
			return nil
		}
		w.backfill(t)
		assert.Nil(t, w.petCards.byExternal("dog of p001"))
		w.cards.fail = nil
		w.people.put(person{ID: "p001", Name: "Fine"})
		w.notify(t, "people", syncer.Change{Ref: syncer.Ref{ID: "p001"}})
		w.running(t, func() {})
		assert.NotNil(t, w.petCards.byExternal("dog of p001"))
	})
}
