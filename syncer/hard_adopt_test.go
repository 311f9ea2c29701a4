package syncer_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// stranger makes a record of the target that nobody here made.
func (w *world) stranger(t *testing.T, phone string) string {
	t.Helper()
	made, err := w.cards.Create(t.Context(), syncer.Draft[card]{Value: card{Title: opt.Set("Stranger"), Phone: opt.Set(phone)}})
	require.NoError(t, err)
	return made.ID
}

// twoProcesses are two engines on one store, that match.
func twoProcesses(t *testing.T) (w *world, one, other *syncer.Engine) {
	t.Helper()
	w = newWorld(t)
	w.existing = syncer.ExistingMatch
	w.people.perPage = 100
	w.restart(t)
	one = w.engine
	w.restart(t)
	return w, one, w.engine
}

func TestHard19TwoProcessesAdoptNoRecordTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, one, other := twoProcesses(t)
		const n = 40
		adopted := map[string]bool{}
		for i := range n {
			phone := fmt.Sprintf("555 %04d", i)
			adopted[w.stranger(t, phone)] = true
			w.people.put(person{ID: fmt.Sprintf("p%03d", i), Name: "Pat", Phone: phone})
		}
		errs := make(chan error)
		for _, engine := range []*syncer.Engine{one, other} {
			go func() { _, err := engine.Backfill(t.Context()); errs <- err }()
		}
		require.NoError(t, <-errs)
		require.NoError(t, <-errs)
		w.backfill(t)
		assert.Len(t, w.cards.records, n, "none is made beside a stranger's")
		links, err := w.store.Walk(t.Context(), "here", "people", syncer.Linked, "", 2*n)
		require.NoError(t, err)
		require.Len(t, links, n)
		for _, link := range links {
			assert.True(t, adopted[link.Target.ID], "%s is linked twice, or no stranger's", link.Target.ID)
			delete(adopted, link.Target.ID)
		}
		w.inStep(t)
	})
}

func TestTheLinkOfAnAdoptionIsRefusedIfAnotherProcessWasFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, one, other := twoProcesses(t)
		w.people.put(person{ID: "a", Name: "Ann", Phone: "555 1"})
		record := w.stranger(t, "555 1")
		// Both know the stranger's record. Then the number goes from one person to
		// another, of which each process is told of one.
		_, err := one.Backfill(t.Context(), syncer.Scope{Tenant: "here", Flow: "people"})
		require.NoError(t, err)
		w.people.put(person{ID: "b", Name: "Bob", Phone: "555 1"})
		_, err = other.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "b"})
		require.NoError(t, err)
		links, err := w.store.LinksOf(t.Context(), "here", "people", []string{record})
		require.NoError(t, err)
		assert.Equal(t, "a", links[record].ID, "P2: it has one link")
		assert.Equal(t, "ann", w.cards.records[record].value.Title.Or(""), "and is nobody else's")
	})
}

func TestWhatOneProcessIsToldOfTheTargetTheOthersKnow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, one, other := twoProcesses(t)
		w.people.put(person{ID: "a", Name: "Ann", Phone: "555 1"})
		_, err := other.Backfill(t.Context()) // it reads its index
		require.NoError(t, err)
		record := w.stranger(t, "555 2")
		require.NoError(t, one.NotifyTarget(t.Context(), syncer.TargetChange{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: record}}))
		w.people.put(person{ID: "b", Name: "Bob", Phone: "555 2"})
		_, err = other.Sync(t.Context(), syncer.Key{Tenant: "here", Flow: "people", ID: "b"})
		require.NoError(t, err)
		assert.Len(t, w.cards.records, 2, "the stranger's record is adopted, and not doubled")
		assert.Equal(t, "b", w.cards.records[record].external)
	})
}
