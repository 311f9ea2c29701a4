package syncer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// planning runs f, and requires that it wrote nothing, anywhere.
func (w *world) planning(t *testing.T, f func()) {
	t.Helper()
	before := w.dump(t)
	w.cards.took()
	w.petCards.took()
	f()
	assert.Equal(t, before, w.dump(t), "the store is as it was")
	assert.Empty(t, w.cards.took())
	assert.Empty(t, w.petCards.took())
}

// dump is all that the store says.
func (w *world) dump(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	for _, flow := range []string{"people", "pets"} {
		links, err := w.store.Walk(t.Context(), "here", flow, "", "", 10000)
		require.NoError(t, err)
		marks, err := w.store.Marks(t.Context(), syncer.MarkQuery{Tenant: "here", Flow: flow, N: 10000})
		require.NoError(t, err)
		spec, err := w.store.Spec(t.Context(), "here", flow)
		require.NoError(t, err)
		sweep, err := w.store.Sweep(t.Context(), syncer.SweepID{Tenant: "here", Flow: flow, Name: syncer.SweepFull})
		require.NoError(t, err)
		fmt.Fprintf(&all, "%s %s %v %v\n", encode(t, links), encode(t, marks), spec, sweep)
	}
	events, err := w.store.Events(t.Context(), syncer.EventQuery{Limit: 10000})
	require.NoError(t, err)
	fmt.Fprintf(&all, "%s", encode(t, events))
	return all.String()
}

func (w *world) plan(t *testing.T, opts ...syncer.PlanOption) (plan *syncer.Plan) {
	t.Helper()
	w.planning(t, func() {
		var err error
		plan, err = w.engine.Plan(t.Context(), opts...)
		require.NoError(t, err)
	})
	return plan
}

func TestAPlanIsWhatABackfillDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(5)
		plan := w.plan(t)
		require.Len(t, plan.Flows, 2)
		require.Len(t, plan.Flows[0].Operations, 5)
		first := plan.Flows[0].Operations[0]
		assert.Equal(t, syncer.Created, first.Action)
		assert.JSONEq(t, `[{"field":"tags","after":["a"]},{"field":"title","after":"Person p000"},{"field":"town","after":"Rome"}]`, string(encode(t, first.Fields)))
		assert.Empty(t, plan.Flows[1].Operations)
		require.Equal(t, 5, plan.Unknown(), "what belongs to records that are not there yet is unknown, not nothing")
		assert.Contains(t, plan.String(), "unknown: 5")
		assert.NotContains(t, plan.String(), "Rome", "values are not shown")
		assert.Equal(t, 5, plan.Price.Source)
		assert.Equal(t, 10, plan.Price.Target)
		assert.Equal(t, time.Second, plan.Price.Time)

		w.backfill(t)
		w.people.put(person{ID: "p000", Name: "Person p000", City: "Oslo", Tags: []string{"a", "b"}})
		w.people.drop("p001")
		w.people.put(person{ID: "p009", Name: "New"})
		w.people.put(person{ID: "p002", Name: "panic"})
		plan = w.plan(t)
		people := plan.Flows[0]
		require.Len(t, people.Operations, 3)
		assert.Equal(t, syncer.Updated, people.Operations[0].Action)
		assert.JSONEq(t, `[{"field":"tags","before":["a"],"after":["a","b"]},{"field":"town","before":"Rome","after":"Oslo"}]`, string(encode(t, people.Operations[0].Fields)))
		assert.Equal(t, syncer.Deleted, people.Operations[1].Action)
		assert.Equal(t, syncer.Created, people.Operations[2].Action)
		require.Len(t, people.Withheld, 1)
		assert.Equal(t, syncer.DeadLetter, people.Withheld[0].Action)
		assert.Equal(t, 2, people.Unchanged)
		assert.Equal(t, 1, plan.Flows[1].Unknown[0].N, "what belongs to a record that would be deleted")
		report := w.backfill(t)
		assert.Equal(t, 1, report.Flows["people"].Created)
		assert.Equal(t, 1, report.Flows["people"].Updated)
		assert.Equal(t, 1, report.Flows["people"].Deleted)
		assert.Zero(t, w.plan(t).Operations())
	})
}

func TestAPlanIsSavedAndAppliedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(6)
		w.backfill(t)
		for i := range 4 {
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Renamed", City: "Rome", Tags: []string{"a"}})
		}
		w.people.drop("p004")
		w.people.put(person{ID: "p008", Name: "New"})
		plan, err := syncer.ReadPlan(bytes.NewReader(encode(t, w.plan(t, people))))
		require.NoError(t, err)
		require.Equal(t, 6, plan.Operations())
		assert.Equal(t, w.plan(t, people).String(), plan.String())

		w.people.put(person{ID: "p001", Name: "Renamed again", City: "Rome", Tags: []string{"a"}}) // the source moved
		w.people.put(person{ID: "p002", Name: "Person p002", City: "Rome", Tags: []string{"a"}})   // nothing is to be done any more
		w.people.put(person{ID: "p004", Name: "Back", City: "Rome"})                               // it is not gone any more
		applied, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		require.Len(t, applied.Refused, 3)
		assert.Equal(t, "p001", applied.Refused[0].Key.ID)
		assert.Equal(t, "here/people/p001: planned was \"p001 updated [title]\", now it would be \"p001 updated [title]\"", applied.Refused[0].String())
		assert.Equal(t, syncer.Unchanged, applied.Refused[1].Now.Action)
		assert.Equal(t, syncer.Updated, applied.Refused[2].Now.Action)
		assert.ElementsMatch(t, []string{
			"update " + w.cards.byExternal("p000").id, "update " + w.cards.byExternal("p003").id, "create p008",
		}, w.cards.took(), "what did not move is written")
		assert.Equal(t, 2, applied.Report.Flows["people"].Updated)

		again, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		assert.Len(t, again.Refused, 6, "it may be repeated")
		assert.Empty(t, w.cards.took())
	})
}

func TestAPlanIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(1)
		plan := w.plan(t)
		w.mapperVersion = "2"
		w.restart(t)
		_, err := w.engine.Apply(t.Context(), plan)
		require.ErrorIs(t, err, syncer.ErrPlanMoved)
		w.backfill(t)
		w.mapperVersion = ""
		w.restart(t)
		_, err = w.engine.Apply(t.Context(), plan)
		require.ErrorIs(t, err, syncer.ErrPlanMoved)
		_, err = w.engine.Apply(t.Context(), nil)
		require.Error(t, err)
		_, err = syncer.ReadPlan(bytes.NewBufferString(`{"format":99}`))
		require.ErrorContains(t, err, "plan anew")
	})
}

func TestANewMappingIsPlannedBeforeItRewrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(3)
		w.backfill(t)
		w.mapperVersion = "2"
		w.mapper = func(p person) card { return card{Title: opt.Set("Dr. " + p.Name), Tags: opt.Set(p.Tags)} }
		w.restart(t)
		plan := w.plan(t, people)
		require.Equal(t, 3, plan.Operations())
		assert.Equal(t, "title", plan.Flows[0].Operations[0].Fields[0].Field)
		applied, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		assert.Empty(t, applied.Refused)
		assert.Equal(t, "dr. person p000", w.cards.byExternal("p000").value.Title.Or(""))
		spec, err := w.store.Spec(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, "2", spec.Version)
	})
}

func TestThePlanKnowsTheGuard(t *testing.T) {
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
		plan := w.plan(t, people)
		assert.Equal(t, 20, plan.Operations())
		require.Len(t, plan.Flows[0].Withheld, 10)
		assert.Equal(t, syncer.HeldAction, plan.Flows[0].Withheld[0].Action)
		_, err := w.engine.Apply(t.Context(), plan)
		require.NoError(t, err)
		assert.Len(t, w.cards.records, 10)
	})
}

func TestWhatCantBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(2)
		w.backfill(t)
		w.people.drop("p000") // its confirming read fails
		w.people.onGet = func(string) {
			w.people.mu.Lock()
			defer w.people.mu.Unlock()
			w.people.fail = func() error { return errors.New("503") }
		}
		plan := w.plan(t, people)
		assert.Zero(t, plan.Operations())
		require.Len(t, plan.Flows[0].Unknown, 1)
		assert.Equal(t, []string{"p000"}, plan.Flows[0].Unknown[0].IDs)
		assert.Contains(t, plan.Flows[0].Unknown[0].Why, "503")
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(1)
		w.backfill(t)
		w.people.put(person{ID: "p000", Name: "Ann", City: "Rome", Tags: []string{"a"}})
		w.running(t, func() {
			require.NoError(t, w.engine.Notify(t.Context(), syncer.Change{
				Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}, EventID: "hook-9",
			}))
			require.NoError(t, w.engine.Wait(t.Context()))
		})
		w.people.put(person{ID: "p000", Name: "Bea", City: "Rome", Tags: []string{"a"}})
		w.cards.edit("p000", func(c *card) { c.Town = opt.Set("Oslo") })
		var x *syncer.Explanation
		w.planning(t, func() {
			var err error
			x, err = w.engine.Explain(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p000"})
			require.NoError(t, err)
		})
		assert.Equal(t, syncer.Updated, x.Operation.Action)
		of := map[string]syncer.FieldExplanation{}
		for _, f := range x.Fields {
			of[f.Field] = f
		}
		assert.Equal(t, "source", of["title"].Side)
		assert.JSONEq(t, `"Bea"`, string(of["title"].Write))
		assert.Equal(t, "hook-9", of["title"].Written.EventID)
		assert.Equal(t, "target", of["town"].Side)
		assert.JSONEq(t, `"Rome"`, string(of["town"].Write))
		assert.JSONEq(t, `"Oslo"`, string(of["town"].Held))
		assert.Equal(t, "sweep", of["town"].Written.Trigger)
		assert.Nil(t, of["tags"].Write)
		assert.Empty(t, of["tags"].Side)
		assert.Contains(t, x.String(), `title = "Bea": it changed at the source since it was sent, "Bea" is sent; last sent`)

		w.people.drop("p000")
		x, err := w.engine.Explain(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "p000"})
		require.NoError(t, err)
		assert.Equal(t, syncer.Deleted, x.Operation.Action)
		_, err = w.engine.Explain(t.Context(), syncer.Key{Tenant: "here", Flow: "nothing", ID: "p000"})
		require.ErrorContains(t, err, `no flow "nothing"`)
		_, err = json.Marshal(x)
		require.NoError(t, err)
	})
}

func TestVerifyProvesEquality(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fill(8)
		w.cards.fail = func(call string) error {
			if call == "create p005" {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422: odd")}
			}
			return nil
		}
		w.backfill(t)
		w.people.put(person{ID: "p000", Name: "Changed", City: "Rome", Tags: []string{"a"}})
		w.cards.edit("p001", func(c *card) { c.Town = opt.Set("Oslo") })
		require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("p002").id}, ""))
		_, err := w.cards.Create(t.Context(), syncer.Draft[card]{Value: card{Title: opt.Set("stranger")}})
		require.NoError(t, err)
		w.skip["p003"] = true
		var v *syncer.Verification
		w.planning(t, func() {
			v, err = w.engine.Verify(t.Context(), people)
			require.NoError(t, err)
		})
		of := v.Flows["people"]
		assert.Equal(t, map[syncer.DifferenceKind]int{
			syncer.DifferenceChanged: 1, syncer.DifferenceDrifted: 1, syncer.DifferenceMissing: 1,
			syncer.DifferenceExtra: 2, syncer.DifferenceDead: 1,
		}, of.Counts)
		assert.Equal(t, map[string]int{"title": 1, "town": 1}, of.Fields)
		assert.Equal(t, 3, of.Equal)
		assert.Contains(t, v.String(), "both sides agreed on 3 of 9; 6 differ, 0 excepted")
		assert.Contains(t, v.String(), "p005 dead: 422: odd")
		pets, err := w.engine.Verify(t.Context(), syncer.Scope{Flow: "pets"})
		require.NoError(t, err)
		assert.Equal(t, 1, pets.Flows["pets"].Counts[syncer.DifferenceParked], "the dead letter's dog waits for it")
	})
}

func TestVerifyExceptsWhatIsRightlyNotInStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.onDrift, w.onSourceGone = syncer.DriftKeep, syncer.LeaveDetach
		w.restart(t)
		w.fill(4)
		w.skip["p000"] = true
		w.backfill(t)
		w.cards.edit("p001", func(c *card) { c.Town = opt.Set("Oslo") })
		require.NoError(t, w.cards.Delete(t.Context(), syncer.Ref{ID: w.cards.byExternal("p002").id}, ""))
		w.people.drop("p003")
		w.backfill(t)
		w.running(t, func() { elapse(2 * time.Hour) }) // a target sweep
		v, err := w.engine.Verify(t.Context(), people)
		require.NoError(t, err)
		require.Empty(t, v.Flows["people"].Differences)
		why := map[string]syncer.ExceptionReason{}
		for _, x := range v.Flows["people"].Excepted {
			why[x.Key.ID] = x.Why
		}
		assert.Equal(t, map[string]syncer.ExceptionReason{
			"p000": syncer.ExceptedFiltered, "p001": syncer.ExceptedDrift, "p002": syncer.ExceptedGone, "p003": syncer.ExceptedDetached,
		}, why)
	})
}
