package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

func accountError() error {
	return &syncer.Error{Kind: syncer.KindAccount, Err: errors.New("401: the token expired")}
}

func TestHard17ATokenExpiresInMidSweepAndTheTenantHealsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(30)
		n := 0
		w.cards.fail = func(string) error {
			if n++; n > 10 && n < 20 {
				return accountError()
			}
			return nil
		}
		w.running(t, func() { elapse(2 * time.Hour) })
		counts, err := w.store.Counts(t.Context(), "", "")
		require.NoError(t, err)
		assert.Zero(t, counts["people"].Dead, "nothing is burnt")
		assert.Len(t, w.cards.records, 30)
		require.Len(t, w.alerts, 2, "told once, and once more when it ended")
		assert.True(t, w.alerts[1].Ended)
		w.inStep(t)
	})
}

func TestASuccessThatWasOnItsWayDoesNotEndAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(2)
		w.backfill(t)
		var broken atomic.Bool
		broken.Store(true)
		w.people.onGet = func(id string) {
			if id == "p001" {
				stall(2 * time.Second) // its answer comes after the other's, and is good
				broken.Store(false)
			}
		}
		w.people.fail = func() error {
			if broken.Load() {
				return accountError()
			}
			return nil
		}
		for _, id := range []string{"p001", "p000"} {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}}))
		}
		w.running(t, func() { elapse(10 * time.Second) })
		require.Len(t, w.alerts, 1)
		assert.False(t, w.alerts[0].Ended)
		w.running(t, func() { elapse(time.Minute) })
		require.Len(t, w.alerts, 2)
		assert.True(t, w.alerts[1].Ended, "a probe worked")
	})
}

func TestHard15ATargetThatIsDownForAnHourBurnsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(40)
		w.cards.setDown(true)
		w.running(t, func() {
			elapse(time.Hour)
			w.cards.setDown(false)
			events, err := w.store.Events(t.Context(), syncer.EventQuery{Limit: 1000})
			require.NoError(t, err)
			assert.Less(t, len(events), 120, "probes only")
			elapse(time.Hour)
		})
		counts, err := w.store.Counts(t.Context(), "", "")
		require.NoError(t, err)
		assert.Zero(t, counts["people"].Dead)
		w.inStep(t)
	})
}

func TestAFullPlanPausesCreatesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "old", Name: "Old"})
		w.backfill(t)
		full := true
		w.cards.fail = func(call string) error {
			if full && call == "create new" {
				return &syncer.Error{Kind: syncer.KindQuota, Err: errors.New("the plan is full")}
			}
			return nil
		}
		w.people.put(person{ID: "new", Name: "New"})
		w.people.put(person{ID: "old", Name: "Updated"})
		_, err := w.engine.Backfill(t.Context())
		require.ErrorIs(t, err, syncer.ErrPaused)
		assert.Equal(t, "updated", w.cards.byExternal("old").value.Title.Or(""))
		assert.Len(t, w.alerts, 1)
		full = false
		w.running(t, func() { elapse(time.Hour) })
		assert.Len(t, w.cards.records, 2)
		assert.Len(t, w.alerts, 2)
	})
}

func TestManyRecordsThatFailInTheSameWayAreOneAlert(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(60)
		w.cards.fail = func(call string) error {
			return &syncer.Error{Kind: syncer.KindRow, Err: fmt.Errorf("422: town of %d", len(call))}
		}
		w.backfill(t)
		require.Len(t, w.alerts, 1)
		assert.Equal(t, syncer.AlertGrouped, w.alerts[0].Kind)
	})
}

func TestADeadLetterIsLeftAloneUntilItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		calls := 0
		w.cards.fail = func(string) error {
			calls++
			return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422")}
		}
		w.people.put(person{ID: "a", Name: "too long"})
		w.backfill(t)
		report := w.backfill(t)
		assert.Equal(t, 1, calls, "a refused update is not sent again")
		assert.Equal(t, 1, report.Flows["people"].Failed)
		w.cards.fail = nil
		w.people.put(person{ID: "a", Name: "short"})
		w.backfill(t)
		w.inStep(t)
	})
}

func TestAnotherMappingInForceStopsTheOlderProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapperVersion = "1"
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.backfill(t)
		older := w.engine
		w.mapperVersion = "2"
		w.restart(t)
		w.backfill(t)
		w.people.put(person{ID: "a", Name: "Anna"})
		w.cards.took()
		_, err := older.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "a"})
		require.ErrorIs(t, err, syncer.ErrNotInForce)
		assert.Empty(t, w.cards.took(), "it writes nothing")
		w.backfill(t)
		w.inStep(t)
	})
}

func TestAnUnstableMapperIsTheRecordsError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var n atomic.Int64
		w.mapper = func(p person) card {
			if n := n.Add(1); p.ID == "a" {
				return card{Title: opt.Set(fmt.Sprint(n))}
			}
			return card{Title: opt.Set(p.Name)}
		}
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann"})
		w.people.put(person{ID: "b", Name: "Bob"})
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Failed)
		assert.Equal(t, 1, report.Flows["people"].Created)
		events, err := w.store.Events(t.Context(), syncer.EventQuery{ID: "a"})
		require.NoError(t, err)
		assert.Contains(t, events[0].Error, "two answers")
	})
}

func TestWhatASideLacksIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		people := &crm{records: map[string]person{}, perPage: 3}
		flow := syncer.FlowConfig[person, card]{
			Name: "people", Source: people, Target: bare{newDesk()},
			Mapper: mapping.Func(func(context.Context, person) (card, error) { return card{}, nil }),
		}
		for _, skip := range []bool{false, true} {
			flow.SkipIfLacking = skip
			engine, err := syncer.New(syncer.Config{Tenants: syncer.One("here", flow.Flow()), Store: syncer.NewMemoryStore()})
			require.NoError(t, err)
			report, err := engine.Backfill(t.Context())
			if skip {
				require.NoError(t, err)
				assert.Equal(t, 1, report.Flows["people"].Skipped)
			} else {
				require.ErrorContains(t, err, "the flow people needs a target with external ids")
			}
		}
	})
}

// bare is a target that can't find what was created.
type bare struct{ syncer.Target[card] }

func (bare) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{}, nil
}

func TestTwoFlowsMayNotWriteToOneTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		again := syncer.FlowConfig[person, card]{
			Name: "again", Source: w.people, Target: w.cards,
			Mapper: mapping.Func(func(context.Context, person) (card, error) { return card{}, nil }),
		}.Flow()
		engine, err := syncer.New(syncer.Config{Tenants: syncer.One("here", w.peopleFlow, again), Store: w.store})
		require.NoError(t, err)
		_, err = engine.Backfill(t.Context())
		require.ErrorContains(t, err, "write to the same target")
	})
}

func TestThePausedTenantsMarksFoldIntoOneSweepOfEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.MaxMarks(50)
		w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
		w.restart(t)
		w.fill(200)
		w.backfill(t)
		w.running(t, func() { elapse(time.Minute) }) // the first target sweep
		var broken atomic.Bool
		broken.Store(true)
		w.cards.fail = func(string) error {
			if broken.Load() {
				return accountError()
			}
			return nil
		}
		w.running(t, func() {
			for i := range 200 {
				p := person{ID: fmt.Sprintf("p%03d", i), Name: "Changed"}
				w.people.put(p)
				require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: p.ID}}))
			}
			w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Oslo") })
			elapse(time.Minute)
			counts, err := w.store.Counts(t.Context(), "here", "")
			require.NoError(t, err)
			assert.LessOrEqual(t, counts["people"].Waiting, 50)
			broken.Store(false)
			elapse(2 * time.Hour)
			for _, h := range w.cards.records {
				assert.Equal(t, "changed", h.value.Title.Or(""))
			}
		})
		w.inStep(t)
		var folded []bool // ended?
		for _, alert := range w.alerts {
			if alert.Kind == syncer.AlertFolded {
				folded = append(folded, alert.Ended)
			}
		}
		require.NotEmpty(t, folded)
		assert.True(t, folded[len(folded)-1], "the alert ends when the sweep is done")
	})
}

// A pause because of writes ends although what was to be written is not any more.
func TestAPauseOfWritesEndsWithoutAWrite(t *testing.T) {
	t.Parallel()
	for _, kind := range []syncer.Kind{syncer.KindAccount, syncer.KindScope} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.people.put(person{ID: "a", Name: "Ann"})
			w.people.put(person{ID: "b", Name: "Bob"})
			w.backfill(t)
			w.running(t, func() {
				elapse(time.Minute) // the first sweeps
				var broken atomic.Bool
				broken.Store(true)
				w.cards.mu.Lock()
				w.cards.fail = func(call string) error {
					if broken.Load() && (strings.HasPrefix(call, "update") || strings.HasPrefix(call, "create")) {
						return &syncer.Error{Kind: kind, Err: errors.New("no writes")}
					}
					return nil
				}
				w.cards.mu.Unlock()
				w.people.put(person{ID: "a", Name: "Anna"})
				require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}}))
				elapse(10 * time.Second)
				w.people.put(person{ID: "a", Name: "Ann"})
				broken.Store(false)
				elapse(time.Hour)
				w.people.put(person{ID: "b", Name: "Bobby"}) // nobody tells of it
				elapse(8 * time.Hour)
			})
			require.NotEmpty(t, w.alerts)
			assert.True(t, w.alerts[len(w.alerts)-1].Ended, kind)
			assert.Equal(t, "bobby", strings.ToLower(w.cards.byExternal("b").value.Title.Or("")), kind)
		})
	}
}
