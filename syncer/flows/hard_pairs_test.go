package flows_test

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// pairs are tenants by their ids.
type pairs map[string][]syncer.Flow

func (p pairs) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(p)) {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func (p pairs) Open(_ context.Context, id string) (syncer.Tenant, error) {
	if p[id] == nil {
		return syncer.Tenant{}, syncer.ErrNoTenant
	}
	return syncer.Tenant{Flows: p[id]}, nil
}

// Two pairs that write to one account of SendApp: as flows of one tenant they are
// refused at the start. As two tenants, neither touches what the other made.
func TestTwoLocationsWriteToOneAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := hard{}.bridge(t), hard{}.bridge(t)
		first.people(t, `"id":"a","firstName":"Ann","email":"same@example.com"`, `"id":"c","firstName":"Cem"`)
		second.people(t, `"id":"b","firstName":"Bob","email":"same@example.com"`)
		standard := func(b *bridge) []syncer.Flow {
			return flows.Standard(b.crm, first.app, flows.WithExisting(syncer.ExistingLeave))
		}
		engine := func(tenants syncer.Tenants) *syncer.Engine {
			engine, err := syncer.New(syncer.Config{Tenants: tenants, Store: syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler), TargetSweep: syncer.Every(2 * time.Hour)})
			require.NoError(t, err)
			return engine
		}
		_, err := engine(syncer.One("both", append(standard(first), standard(second)...)...)).Backfill(t.Context())
		require.ErrorContains(t, err, "write to the same target")

		first.engine = engine(pairs{"first": standard(first), "second": standard(second)})
		first.backfill(t)
		assert.Equal(t, sendapptest.Counts{Contacts: 3}, first.target.Counts())
		held := first.target.Export()
		first.running(t, func() { elapse(5 * time.Hour) }) // with target sweeps
		assert.Equal(t, held, first.target.Export())
		require.NoError(t, first.crm.Contacts.Delete(t.Context(), "c"))
		first.backfill(t)
		assert.Equal(t, sendapptest.Counts{Contacts: 2}, first.target.Counts())
		assert.NotNil(t, first.sent(t, "b"))
	})
}
