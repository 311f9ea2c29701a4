package syncer_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// tampered is a world in step, of which somebody changed p000 and deleted p001 at
// the target.
func tampered(t *testing.T, configure func(*world)) *world {
	t.Helper()
	w := newWorld(t)
	configure(w)
	w.restart(t)
	w.fill(6)
	w.backfill(t)
	w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Oslo") })
	require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("p001").id}, ""))
	return w
}

func TestAPlanWithDriftIsWhatATargetSweepRestores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := tampered(t, func(w *world) { w.onTargetGone = syncer.GoneRecreate })
		assert.Zero(t, w.plan(t).Operations(), "it is not looked for if nobody asks")
		plan := w.plan(t, people, syncer.WithDrift())
		require.Len(t, plan.Flows, 1)
		operations := plan.Flows[0].Operations
		require.Len(t, operations, 2)
		assert.Equal(t, syncer.Updated, operations[0].Action)
		assert.True(t, operations[0].Drift)
		assert.JSONEq(t, `[{"field":"town","before":"Oslo","after":"Rome"}]`, string(encode(t, operations[0].Fields)))
		assert.Equal(t, "p001 created [tags title town]: somebody deleted it at the target", operations[1].String())
		assert.Equal(t, 4, plan.Flows[0].Unchanged)
		assert.Equal(t, 2, plan.Spent.Source, "the source's pages; what is as it was is not read again")
		assert.Positive(t, plan.Spent.Target)

		w.cards.took()
		edited := w.cards.byExternal("p000").id
		w.running(t, func() { elapse(70 * time.Minute) })
		assert.ElementsMatch(t, []string{"update " + edited, "create p001"}, w.cards.took())
		assert.Equal(t, "Rome", w.cards.byExternal("p000").value.Town.Or(""))
		assert.Zero(t, w.plan(t, syncer.WithDrift()).Operations())
	})
}

func TestAPlanWithDriftIsSavedAndApplied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := tampered(t, func(w *world) { w.onTargetGone = syncer.GoneRecreate })
		plan, err := syncer.ReadPlan(bytes.NewReader(encode(t, w.plan(t, people, syncer.WithDrift()))))
		require.NoError(t, err)
		w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Bern") })
		applied, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		require.Len(t, applied.Refused, 1, "it would be written over something else by now")
		assert.Equal(t, "p000", applied.Refused[0].Key.ID)
		assert.Equal(t, "Bern", w.cards.byExternal("p000").value.Town.Or(""))
		assert.NotNil(t, w.cards.byExternal("p001"))

		applied, err = w.engine.Apply(t.Context(), w.plan(t, people, syncer.WithDrift()))
		require.NoError(t, err)
		assert.Empty(t, applied.Refused)
		w.inStep(t)
	})
}

// P8: what a policy leaves as others made it is not shown as unchanged.
func TestAPlanWithDriftShowsWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := tampered(t, func(w *world) { w.onDrift = syncer.DriftKeep })
		plan := w.plan(t, people, syncer.WithDrift())
		assert.Zero(t, plan.Operations())
		require.Len(t, plan.Flows[0].Withheld, 2)
		assert.Equal(t, "p000 unchanged [town]: somebody changed it at the target: it is left so", plan.Flows[0].Withheld[0].String())
		assert.Equal(t, "p001 gone: somebody deleted it at the target: it is left so", plan.Flows[0].Withheld[1].String())
		assert.Equal(t, 4, plan.Flows[0].Unchanged)
	})
}

func TestAPlanWithDriftShowsWhatChangedAtBothSides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := tampered(t, func(w *world) { w.onTargetGone = syncer.GoneRecreate })
		w.people.put(person{ID: "p000", Name: "Renamed", City: "Rome", Tags: []string{"a"}})
		operation := w.plan(t, people, syncer.WithDrift()).Flows[0].Operations[0]
		assert.Equal(t, "p000 updated [title town]: somebody changed it at the target", operation.String())
	})
}

func TestAPlanWithDriftLeavesChildrenOfWhatIsCreatedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := tampered(t, func(w *world) { w.onTargetGone = syncer.GoneRecreate })
		plan := w.plan(t, syncer.WithDrift())
		require.Len(t, plan.Flows[1].Unknown, 1)
		assert.Contains(t, plan.Flows[1].Unknown[0].Why, "created again")
		applied, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		assert.Empty(t, applied.Refused)
		w.backfill(t)
		w.inStep(t)
	})
}

func TestAPlanWithDriftDoubtsAnotherAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(60)
		w.backfill(t)
		clear(w.cards.records)
		w.planning(t, func() {
			_, err := w.engine.Plan(t.Context(), people, syncer.WithDrift())
			require.ErrorContains(t, err, "is it the right account?")
		})
		assert.Empty(t, w.alerts, "a plan tells nobody")
	})
}
