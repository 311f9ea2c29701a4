package syncer_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// operations are all that a person can ask of an engine, in an order in which each
// can be asked.
func operations(e *syncer.Engine, plan *syncer.Plan) []struct {
	name string
	ask  func(context.Context) error
} {
	key := syncer.Key{Tenant: "here", Flow: "people", ID: "p000"}
	return []struct {
		name string
		ask  func(context.Context) error
	}{
		{"Backfill", func(ctx context.Context) error { _, err := e.Backfill(ctx, people); return err }},
		{"Sync", func(ctx context.Context) error { _, err := e.Sync(ctx, key); return err }},
		{"Plan", func(ctx context.Context) error { _, err := e.Plan(ctx, people); return err }},
		{"Plan with drift", func(ctx context.Context) error { _, err := e.Plan(ctx, people, syncer.WithDrift()); return err }},
		{"Apply", func(ctx context.Context) error { _, err := e.Apply(ctx, plan); return err }},
		{"Verify", func(ctx context.Context) error { _, err := e.Verify(ctx, people); return err }},
		{"Explain", func(ctx context.Context) error { _, err := e.Explain(ctx, key); return err }},
		{"Notify", func(ctx context.Context) error {
			return e.Notify(ctx, syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}})
		}},
		{"Wait", func(ctx context.Context) error { return e.Wait(ctx, people) }},
		{"Status", func(ctx context.Context) error { _, err := e.Status(ctx, people); return err }},
		{"WriteEvents", func(ctx context.Context) error { return e.WriteEvents(ctx, io.Discard, syncer.EventQuery{}) }},
		{"MissingEvents", func(ctx context.Context) error { _, err := e.MissingEvents(ctx, []string{"x"}, people); return err }},
		{"Replay", func(ctx context.Context) error {
			_, err := e.Replay(ctx, syncer.ReplayFilter{Scope: people})
			return err
		}},
		{"Release", func(ctx context.Context) error { _, err := e.Release(ctx, people); return err }},
		{"Pause", func(ctx context.Context) error { return e.Pause(ctx, people, "because") }},
		{"Resume", func(ctx context.Context) error { return e.Resume(ctx, people) }},
	}
}

func TestAnyOperationMayBeAskedWhileTheEngineRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(6)
		w.running(t, func() {
			elapse(time.Minute)
			w.people.put(person{ID: "p000", Name: "Renamed"})
			plan, err := w.engine.Plan(t.Context(), people)
			require.NoError(t, err)
			for _, operation := range operations(w.engine, plan) {
				assert.NoError(t, operation.ask(t.Context()), operation.name)
			}
		})
		w.inStep(t)
	})
}

// stuck is a source that never answers.
type stuck struct{ *crm }

func (stuck) Get(ctx context.Context, _ syncer.Ref) (syncer.Record[person], error) {
	<-ctx.Done()
	return syncer.Record[person]{}, ctx.Err()
}

func (stuck) List(ctx context.Context, _ syncer.Query, _ string) (syncer.Page[person], error) {
	<-ctx.Done()
	return syncer.Page[person]{}, ctx.Err()
}

func TestEveryOperationObeysItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(6)
		w.backfill(t)
		w.people.put(person{ID: "p000", Name: "Renamed"})
		plan := w.plan(t, people)
		w.config.Tenants = syncer.One("here", syncer.FlowConfig[person, card]{
			Name: "people", Source: stuck{w.people}, Mapper: w.mapping(), Target: w.cards,
		}.Flow())
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		waits := map[string]bool{"Backfill": true, "Sync": true, "Plan": true, "Plan with drift": true, "Apply": true, "Verify": true, "Wait": true}
		for _, operation := range operations(engine, plan) {
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			began := time.Now()
			err := operation.ask(ctx)
			cancel()
			assert.LessOrEqual(t, time.Since(began), 51*time.Second, "%s: what runs has a grace period, and no more", operation.name)
			if waits[operation.name] {
				assert.Error(t, err, operation.name)
			}
		}
	})
}
