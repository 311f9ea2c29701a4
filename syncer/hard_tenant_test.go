package syncer_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// several are more tenants than can be opened.
type several struct {
	syncer.Tenants
	ids []string
}

func (s several) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range s.ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// towns are tenants that have nothing in common.
type towns map[string]syncer.Flow

func (m towns) List(ctx context.Context) iter.Seq2[string, error] {
	var ids []string
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return several{ids: ids}.List(ctx)
}

func (m towns) Open(_ context.Context, id string) (syncer.Tenant, error) {
	return syncer.Tenant{Flows: []syncer.Flow{m[id]}}, nil
}

// slow is a target whose creates take long.
type slow struct {
	*desk
	takes time.Duration
}

func (s slow) Create(ctx context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	stall(s.takes)
	return s.desk.Create(ctx, draft)
}

func townOf(source syncer.Source[person], target syncer.Target[card]) syncer.Flow {
	return syncer.FlowConfig[person, card]{
		Name: "people", Source: source, Target: target,
		Mapper: mapping.Func(func(_ context.Context, p person) (card, error) { return card{Title: opt.Set(p.Name)}, nil }),
	}.Flow()
}

func TestHard20ALargeTenantDelaysNoSmallOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		large, small := &crm{records: map[string]person{}, perPage: 50}, &crm{records: map[string]person{}, perPage: 50}
		for i := range 3000 {
			large.put(person{ID: fmt.Sprintf("l%05d", i), Name: "Large"})
		}
		small.put(person{ID: "s", Name: "Small"})
		little := newDesk()
		w.config.Tenants = towns{"a large one": townOf(large, slow{newDesk(), 2 * time.Second}), "small": townOf(small, little)}
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		w.running(t, func() {
			elapse(10 * time.Second)
			assert.Len(t, little.records, 1, "P9: its sweep waits for nobody's")
			small.put(person{ID: "new", Name: "New"})
			require.NoError(t, engine.Notify(t.Context(), syncer.Change{Tenant: "small", Flow: "people", Ref: syncer.Ref{ID: "new"}}))
			elapse(3 * time.Second)
			assert.Len(t, little.records, 2, "real time goes ahead of the other's backfill")
		})
	})
}

// silent are tenants of which one is opened by a service that does not answer.
type silent struct {
	towns
	id string
}

func (s silent) Open(ctx context.Context, id string) (syncer.Tenant, error) {
	if id == s.id {
		<-ctx.Done()
		return syncer.Tenant{}, ctx.Err()
	}
	return s.towns.Open(ctx, id)
}

func TestATenantWhoseOpeningHangsStopsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		people, cards := &crm{records: map[string]person{}, perPage: 50}, newDesk()
		people.put(person{ID: "a", Name: "Ann"})
		w.config.Tenants = silent{towns{"hangs": townOf(people, newDesk()), "works": townOf(people, cards)}, "hangs"}
		for i := range 100 {
			require.NoError(t, w.store.Notify(t.Context(), []syncer.Mark{{Key: syncer.Key{Tenant: "hangs", Flow: "people", ID: fmt.Sprint(i)}}}))
		}
		engine, err := syncer.New(w.config)
		require.NoError(t, err)
		w.engine = engine
		w.running(t, func() {
			elapse(70 * time.Second)
			assert.Len(t, cards.records, 1, "P9: Run waits a minute for it at its start")
			for i := range 20 {
				id := fmt.Sprint("new ", i)
				people.put(person{ID: id, Name: "New"})
				require.NoError(t, engine.Notify(t.Context(), syncer.Change{Tenant: "works", Flow: "people", Ref: syncer.Ref{ID: id}}))
				elapse(70 * time.Second) // virtual time stands still while the workers claim, so that all may wait a minute
				assert.NotNil(t, cards.byExternal(id), "P9: at any time")
			}
		})
	})
}
