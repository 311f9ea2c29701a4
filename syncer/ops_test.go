package syncer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

var people = syncer.Scope{Tenant: "here", Flow: "people"}

func (w *world) log(t *testing.T, query syncer.EventQuery) []syncer.Event {
	t.Helper()
	var events []syncer.Event
	for event, err := range w.engine.Events(t.Context(), query) {
		require.NoError(t, err)
		events = append(events, event)
	}
	return events
}

func TestTheLogSaysWhatHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.config.LogValues = true
		w.restart(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
		w.backfill(t)
		w.people.put(person{ID: "a", Name: "Ann", City: "Oslo"})
		failures := 1
		w.cards.fail = func(string) error {
			failures--
			if failures < 0 {
				return nil
			}
			return &syncer.Error{Kind: syncer.KindTransient, TraceID: "trace-7", Err: errors.New("502")}
		}
		w.running(t, func() {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "a"}, EventID: "hook-1",
			}))
			require.NoError(t, w.engine.Wait(t.Context()))
		})
		events := w.log(t, syncer.EventQuery{ID: "a"})
		require.Len(t, events, 3)
		failed, updated := events[1], events[2]
		assert.Equal(t, syncer.Retried, failed.Action)
		assert.Equal(t, "transient", failed.Kind)
		assert.Equal(t, "trace-7", failed.TraceID)
		assert.Equal(t, syncer.Updated, updated.Action)
		assert.Equal(t, "hook-1", w.log(t, syncer.EventQuery{EventID: "hook-1"})[0].EventID)
		assert.Equal(t, failed.Correlation, updated.Correlation, "attempts at one change share it")
		assert.NotEqual(t, events[0].Correlation, updated.Correlation)
		assert.Equal(t, []string{"town"}, updated.Fields)
		assert.JSONEq(t, `{"town":{"before":"Rome","after":"Oslo"}}`, string(encode(t, updated.Values)))
		assert.Len(t, w.log(t, syncer.EventQuery{Limit: 2}), 2)
		assert.Len(t, w.log(t, syncer.EventQuery{Kind: "transient"}), 1)

		var lines bytes.Buffer
		require.NoError(t, w.engine.WriteEvents(t.Context(), &lines, syncer.EventQuery{}))
		require.Equal(t, 3, strings.Count(lines.String(), "\n"))
		var line struct {
			Action string
			Values map[string]syncer.FieldValues
		}
		require.NoError(t, json.Unmarshal([]byte(strings.Split(lines.String(), "\n")[2]), &line))
		assert.Equal(t, "updated", line.Action)
		assert.JSONEq(t, `"Oslo"`, string(line.Values["town"].After))

		missing, err := w.engine.MissingEvents(t.Context(), []string{"hook-1", "hook-2", "hook-2"})
		require.NoError(t, err)
		assert.Equal(t, []string{"hook-2"}, missing)
	})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func TestTheLogHasNamesOnlyUnlessAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people.put(person{ID: "a", Name: "Secret"})
		w.backfill(t)
		assert.NotContains(t, string(encode(t, w.log(t, syncer.EventQuery{}))), "ecret")
	})
}

func TestRunTrimsTheLog(t *testing.T) {
	t.Parallel()
	for name, retention := range map[string]syncer.Retention{"by age": {Age: time.Minute}, "by number": {Rows: 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.config.Retention = retention
				w.config.Sweep, w.config.Changes = syncer.Every(day), syncer.Every(day)
				w.restart(t)
				for i := range 1200 {
					w.people.put(person{ID: fmt.Sprintf("p%04d", i), Name: "X"})
				}
				w.people.perPage = 500
				w.backfill(t)
				require.Len(t, w.log(t, syncer.EventQuery{}), 1200)
				w.running(t, func() { elapse(11 * time.Minute) })
				assert.Len(t, w.log(t, syncer.EventQuery{}), max(0, retention.Rows))
			})
		})
	}
}

const day = 24 * time.Hour

func TestAPauseHoldsOverARestart(t *testing.T) {
	t.Parallel()
	for _, scope := range []syncer.Scope{people, {Tenant: "here"}, {}} {
		t.Run(fmt.Sprintf("%v", scope), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fill(1)
				w.backfill(t)
				require.NoError(t, w.engine.Pause(t.Context(), scope, "moving house"))
				w.restart(t)
				w.cards.took()
				w.running(t, func() {
					w.people.put(person{ID: "p000", Name: "New"})
					require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}}))
					elapse(3 * time.Hour)
					assert.Empty(t, w.cards.took(), "nothing is done, by no trigger")
					require.ErrorIs(t, w.engine.Wait(t.Context(), people), syncer.ErrPaused)
					_, err := w.engine.Backfill(t.Context())
					require.ErrorContains(t, err, "moving house")
					status, err := w.engine.Status(t.Context(), people)
					require.NoError(t, err)
					assert.Contains(t, status.String(), "moving house")
					assert.Equal(t, 1, status.Tenants[0].Flows[0].Waiting)
					assert.InDelta(t, 3*time.Hour, status.Tenants[0].Flows[0].Oldest, float64(time.Minute))

					require.NoError(t, w.engine.Resume(t.Context(), scope))
					require.NoError(t, w.engine.Wait(t.Context(), people))
					assert.NotEmpty(t, w.cards.took(), "what was notified meanwhile was kept")
				})
				require.ErrorIs(t, w.engine.Resume(t.Context(), scope), syncer.ErrNotPaused)
				require.NotEmpty(t, w.alerts)
				assert.True(t, w.alerts[len(w.alerts)-1].Ended)
			})
		})
	}
}

func TestAPauseOfAFlowLeavesTheOthersAtWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(1)
		w.backfill(t)
		require.NoError(t, w.engine.Pause(t.Context(), people, ""))
		w.pets.put(person{ID: "dog of p000", Boss: "p000", Name: "Rex"})
		w.notify(t, "pets", syncer.Change{Ref: syncer.Ref{ID: "dog of p000"}})
		assert.Equal(t, "rex", w.petCards.byExternal("dog of p000").value.Title.Or(""))
	})
}

func TestReplayOfDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		w.cards.fail = func(call string) error {
			if call == "create p001" {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422: the name is odd")}
			}
			return nil
		}
		w.backfill(t)
		require.Len(t, w.cards.records, 2)
		w.cards.fail = nil
		for _, other := range []syncer.ReplayFilter{
			{Kind: "transient"}, {Error: "something else"}, {IDs: []string{"p000"}}, {Scope: syncer.Scope{Flow: "pets"}, Kind: "row"},
		} {
			n, err := w.engine.Replay(t.Context(), other)
			require.NoError(t, err)
			assert.Zero(t, n)
		}
		n, err := w.engine.Replay(t.Context(), syncer.ReplayFilter{Scope: people, Kind: "row", Error: "the name is odd"})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		w.running(t, func() { require.NoError(t, w.engine.Wait(t.Context())) })
		assert.Len(t, w.cards.records, 3)
		assert.Equal(t, "replay", w.log(t, syncer.EventQuery{ID: "p001", Action: syncer.Created})[0].Trigger)
	})
}

func TestReleaseOfHeldRemovals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 30 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "X"})
		}
		w.backfill(t)
		for i := range 30 {
			w.people.drop(fmt.Sprintf("p%03d", i))
		}
		w.backfill(t)
		links, err := w.store.Walk(t.Context(), "here", "people", syncer.Held, "", 100)
		require.NoError(t, err)
		require.Len(t, links, 10, "20 go, the rest are held")
		w.alerts = nil
		w.restart(t)
		w.people.put(person{ID: links[0].ID, Name: "Back"})
		w.running(t, func() {
			elapse(time.Minute)
			require.Len(t, w.alerts, 1, "a process that begins with held removals says so")
			n, err := w.engine.Release(t.Context(), people, links[1].ID)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NoError(t, w.engine.Wait(t.Context()))
			require.Len(t, w.cards.records, 9)
			_, err = w.engine.Release(t.Context(), syncer.Scope{})
			require.NoError(t, err)
			require.NoError(t, w.engine.Wait(t.Context()))
			assert.Len(t, w.cards.records, 1, "one was back, and is kept")
			elapse(time.Minute)
		})
		require.Len(t, w.alerts, 2)
		assert.Equal(t, syncer.AlertHeld, w.alerts[1].Kind)
		assert.True(t, w.alerts[1].Ended)
	})
}

func TestAGroupOfFailuresEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.fail = func(string) error { return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422: no")} }
		w.fill(25)
		w.backfill(t)
		require.Len(t, w.alerts, 1)
		w.running(t, func() { elapse(2 * time.Hour) })
		require.Len(t, w.alerts, 2, "%+v", w.alerts)
		assert.Equal(t, syncer.AlertGrouped, w.alerts[1].Kind)
		assert.True(t, w.alerts[1].Ended)
	})
}

// gauges are Metrics in memory.
type gauges struct {
	mu     sync.Mutex
	values map[syncer.Metric]float64
}

func (g *gauges) Add(m syncer.Metric, n float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.values[m] += n
}

func (g *gauges) Set(m syncer.Metric, v float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.values[m] = v
}

func (g *gauges) of(name syncer.MetricName, flow, label string) float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.values[syncer.Metric{Name: name, Tenant: "here", Flow: flow, Label: label}]
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := newWorld(t), &gauges{values: map[syncer.Metric]float64{}}
		w.config.Metrics = g
		w.restart(t)
		w.fill(7)
		report := w.backfill(t)
		assert.InDelta(t, 7, g.of(syncer.MetricOutcomes, "people", "created"), 0)
		assert.InDelta(t, report.Flows["people"].Requests, g.of(syncer.MetricRequests, "people", ""), 0)
		assert.InDelta(t, report.Flows["people"].Floor, g.of(syncer.MetricFloor, "people", ""), 0)
		require.NoError(t, w.engine.Pause(t.Context(), people, ""))
		require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}}))
		w.running(t, func() { elapse(75 * time.Second) })
		assert.InDelta(t, 1, g.of(syncer.MetricMarks, "people", "waiting"), 0)
		assert.InDelta(t, 7, g.of(syncer.MetricLinks, "people", "linked"), 0)
		assert.InDelta(t, 70, g.of(syncer.MetricOldest, "people", ""), 11)
		assert.InDelta(t, 70, g.of(syncer.MetricSweepAge, "people", "full"), 11)
		assert.InDelta(t, 1, g.of(syncer.MetricPaused, "people", ""), 0)
	})
}

func TestTheProgressSaysHowLongTheRestTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(40)
		var told []syncer.Progress
		w.config.OnProgress = func(p syncer.Progress) { told = append(told, p) }
		w.config.Workers = 1
		w.config.TargetLimit = syncer.Limit{Requests: 1, Window: time.Second}
		w.cards.after = func(string) error { stall(time.Second); return nil }
		w.restart(t)
		w.backfill(t)
		at := slices.IndexFunc(told, func(p syncer.Progress) bool { return p.Flow == "people" && p.Done == 10 })
		require.Positive(t, at)
		assert.InDelta(t, 30*time.Second, told[at].Left, float64(10*time.Second))
		assert.Equal(t, 40, told[at].Total)
	})
}

// traced is a source that says what the service called its requests.
type traced struct {
	*crm
	correlation string
}

func (s *traced) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	s.correlation = syncer.CorrelationID(ctx)
	syncer.NoteTrace(ctx, "trace of "+ref.ID)
	return s.crm.Get(ctx, ref)
}

func TestASourceNotesTraceIDsAndLearnsTheCorrelation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		source := &traced{crm: w.people}
		w.people.put(person{ID: "a", Name: "Ann"})
		w.config.Tenants = syncer.One("here", syncer.FlowConfig[person, card]{
			Name: "people", Source: source, Target: w.cards,
			Mapper: mapping.Func(func(_ context.Context, p person) (card, error) { return card{Title: opt.Set(p.Name)}, nil }),
		}.Flow())
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		_, err = engine.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "a"})
		require.NoError(t, err)
		event := w.log(t, syncer.EventQuery{})[0]
		assert.Equal(t, "trace of a", event.TraceID)
		assert.NotEmpty(t, event.Correlation)
		assert.Equal(t, event.Correlation, source.correlation)
		assert.Empty(t, syncer.CorrelationID(t.Context()))
		syncer.NoteTrace(t.Context(), "nobody asks")
	})
}
