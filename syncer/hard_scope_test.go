package syncer_test

import (
	"bytes"
	"context"
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

// eventsOf are the rows of the log of a flow.
func (w *world) eventsOf(t *testing.T, flow string) []syncer.Event {
	t.Helper()
	events, err := w.store.Events(t.Context(), syncer.EventQuery{Flow: flow, Limit: 10_000})
	require.NoError(t, err)
	return events
}

func TestAScopeThatOneFlowLacksPausesThatFlowAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var lost atomic.Bool
		var calls atomic.Int64
		w.petCards.fail = func(string) error {
			calls.Add(1)
			if lost.Load() {
				return &syncer.Error{Kind: syncer.KindScope, Err: errors.New("403: the key lacks pets.write")}
			}
			return nil
		}
		w.people.put(person{ID: "p", Name: "Pat"})
		for i := range 40 {
			w.pets.put(person{ID: fmt.Sprintf("d%02d", i), Boss: "p", Name: "Dog"})
		}
		w.backfill(t)
		lost.Store(true)
		calls.Store(0)
		for i := range 40 {
			w.pets.put(person{ID: fmt.Sprintf("d%02d", i), Boss: "p", Name: "Cat"})
		}
		_, err := w.engine.Backfill(t.Context())
		require.ErrorIs(t, err, syncer.ErrPaused)
		w.running(t, func() {
			elapse(time.Minute)
			w.people.put(person{ID: "q", Name: "Quinn"})
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "q"}}))
			elapse(3 * time.Second)
			assert.NotNil(t, w.cards.byExternal("q"), "people go on")
			status, err := w.engine.Status(t.Context())
			require.NoError(t, err)
			assert.Empty(t, status.Tenants[0].Paused)
			assert.Contains(t, status.String(), "    paused: 403: the key lacks pets.write")
			elapse(time.Hour)
			require.Len(t, w.alerts, 1)
			assert.Equal(t, "pets", w.alerts[0].Flow)
			assert.Less(t, calls.Load(), int64(200), "probes, one at a time")
			lost.Store(false)
			elapse(time.Hour)
		})
		require.Len(t, w.alerts, 2)
		assert.Equal(t, "pets", w.alerts[1].Flow)
		assert.True(t, w.alerts[1].Ended)
		w.inStep(t)
	})
}

// keyed is a target that asks for a key before it says anything.
type keyed struct {
	*desk
	wrong *atomic.Bool
}

func (k keyed) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	if k.wrong.Load() {
		return syncer.TargetCapabilities{}, accountError()
	}
	return k.desk.Capabilities(ctx)
}

func TestAWrongKeyIsOnePauseAndNoFailureOfSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var wrong atomic.Bool
		wrong.Store(true)
		w.people.put(person{ID: "p", Name: "Pat"})
		w.config.Tenants = towns{"here": townOf(w.people, keyed{w.cards, &wrong})}
		var log bytes.Buffer
		w.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		w.running(t, func() {
			elapse(time.Hour)
			require.Len(t, w.alerts, 1)
			assert.Equal(t, syncer.Alert{Kind: syncer.AlertPaused, Tenant: "here", Text: accountError().Error()}, w.alerts[0])
			assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
			status, err := engine.Status(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{accountError().Error()}, status.Tenants[0].Paused)
			wrong.Store(false)
			elapse(3 * time.Minute)
			assert.Len(t, w.cards.records, 1, "it heals by a probe")
		})
		require.Len(t, w.alerts, 2)
		assert.True(t, w.alerts[1].Ended)
	})
}

func TestAProcessWithAnotherMappingClaimsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mapperVersion = "1"
		w.restart(t)
		w.fill(10)
		w.backfill(t)
		older := w.engine
		w.mapperVersion = "2"
		w.restart(t)
		w.backfill(t)
		before := len(w.eventsOf(t, "people"))
		newer := w.engine
		w.engine = older
		w.running(t, func() {
			for i := range 10 {
				p := person{ID: fmt.Sprintf("p%03d", i), Name: "Changed"}
				w.people.put(p)
				require.NoError(t, older.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: p.ID}}))
			}
			elapse(time.Hour)
			assert.LessOrEqual(t, len(w.eventsOf(t, "people"))-before, 10, "none is put off again and again")
			w.engine = newer
			w.running(t, func() { elapse(time.Minute) })
			w.inStep(t)
			w.engine = older
			_, err := older.Backfill(t.Context()) // back to the older mapping
			require.NoError(t, err)
			w.people.put(person{ID: "p000", Name: "Again"})
			require.NoError(t, older.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}}))
			elapse(3 * time.Second)
			assert.Equal(t, "again", w.cards.byExternal("p000").value.Title.Or(""))
		})
	})
}

func TestSweepsBeyondTheirShareOfTheDayAreLeftWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.perPage = 500
		var used atomic.Bool
		w.cards.fail = func(call string) error {
			if used.Load() && strings.HasPrefix(call, "create p") {
				return &syncer.Error{Kind: syncer.KindPace, Wait: 5 * time.Hour, Err: errors.New("80% of the day is used")}
			}
			return nil
		}
		for i := range 600 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Pat"})
		}
		used.Store(true)
		w.running(t, func() {
			elapse(time.Hour)
			w.people.put(person{ID: "now", Name: "Now"})
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "now"}}))
			elapse(3 * time.Second)
			assert.NotNil(t, w.cards.byExternal("now"), "real time goes on")
			assert.Less(t, len(w.eventsOf(t, "people")), 300, "the sweep's marks wait, and are not put off one by one")
			used.Store(false)
			elapse(30 * time.Minute)
			w.cards.mu.Lock()
			defer w.cards.mu.Unlock()
			assert.Greater(t, len(w.cards.records), 300, "what was not put off goes on soon")
		})
	})
}
