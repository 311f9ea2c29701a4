package syncer_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"sync"
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

// city has many tenants, which come and go.
type city struct {
	mu     sync.Mutex
	ids    []string
	opened int
	flow   func(id string) syncer.Flow
}

func (c *city) List(context.Context) iter.Seq2[string, error] {
	c.mu.Lock()
	ids := slices.Clone(c.ids)
	c.mu.Unlock()
	return several{ids: ids}.List(context.Background())
}

func (c *city) Open(_ context.Context, id string) (syncer.Tenant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened++
	return syncer.Tenant{Flows: []syncer.Flow{c.flow(id)}}, nil
}

func (c *city) set(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids = ids
}

func cityOf(n int) (*city, []string) {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("t%05d", i)
	}
	return &city{ids: ids}, ids
}

// idle says what an engine with n idle tenants has while it runs: goroutines, and
// bytes of memory.
func idle(t *testing.T, n int) (goroutines int, bytes uint64) {
	t.Helper()
	memory := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	synctest.Test(t, func(t *testing.T) {
		c, _ := cityOf(n)
		source, target := &crm{records: map[string]person{}, perPage: 3}, newDesk()
		c.flow = func(string) syncer.Flow { return townOf(source, target) }
		before := memory()
		engine, err := syncer.New(syncer.Config{Tenants: c, Store: syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		w := &world{engine: engine}
		w.running(t, func() {
			elapse(10 * time.Minute)
			goroutines, bytes = runtime.NumGoroutine(), memory()-before
			lists := source.lists
			elapse(4 * time.Minute)
			assert.Equal(t, lists, source.lists, "nothing is asked of an idle tenant")
		})
		runtime.KeepAlive(engine)
	})
	return goroutines, bytes
}

// Not parallel: goroutines and memory are the process's.
func TestIdleTenantsCostNoGoroutines(t *testing.T) { //nolint:paralleltest // see above
	n := 5000
	if testing.Short() {
		n = 1000
	}
	few, _ := idle(t, 50)
	many, bytes := idle(t, n)
	bytes /= uint64(n)
	assert.LessOrEqual(t, many, few+5, "idle tenants have no goroutines")
	t.Logf("%d goroutines with 50 tenants, %d with %d; %d bytes a tenant, the state in memory included", few, many, n, bytes)
	assert.Less(t, bytes, uint64(20_000))
}

func TestTenantsComeAndGoWhileTheEngineRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sources, targets := map[string]*crm{}, map[string]*desk{}
		for _, id := range []string{"a", "b"} {
			sources[id], targets[id] = &crm{records: map[string]person{}, perPage: 3}, newDesk()
			sources[id].put(person{ID: "p", Name: "Pat"})
		}
		c := &city{ids: []string{"a"}, flow: func(id string) syncer.Flow { return townOf(sources[id], targets[id]) }}
		store := syncer.NewMemoryStore()
		engine, err := syncer.New(syncer.Config{Tenants: c, Store: store, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		w := &world{engine: engine}
		notify := func(id, name string) {
			sources[id].put(person{ID: "p", Name: name})
			require.NoError(t, store.Notify(t.Context(), []syncer.Mark{{Key: syncer.Key{Tenant: id, Flow: "people", ID: "p"}, Trigger: "webhook"}}))
		}
		w.running(t, func() {
			elapse(10 * time.Second)
			assert.Len(t, targets["a"].records, 1)
			assert.Empty(t, targets["b"].records)
			c.set("a", "b")
			elapse(2 * time.Minute)
			assert.Len(t, targets["b"].records, 1, "one that is added is swept")
			c.set("b")
			elapse(time.Minute)
			reads, lists := sources["a"].reads, sources["a"].lists
			notify("a", "Later")
			notify("b", "Later")
			elapse(3 * time.Hour)
			assert.Equal(t, "later", targets["b"].byExternal("p").value.Title.Or(""))
			assert.Equal(t, reads, sources["a"].reads, "one that was removed is left alone")
			assert.Equal(t, lists, sources["a"].lists)
			counts, err := store.Counts(t.Context(), "a", "people")
			require.NoError(t, err)
			assert.Equal(t, 1, counts["people"].Waiting, "its marks stay")
			c.set("a", "b")
			elapse(2 * time.Minute)
			assert.Equal(t, "later", targets["a"].byExternal("p").value.Title.Or(""), "until it is back")
		})
		assert.Equal(t, 3, c.opened, "a was closed, and opened again")
	})
}

// endless is a source whose records are made when they are listed.
type endless struct {
	*crm
	n, perPage int
}

func (e endless) Get(_ context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	return syncer.Record[person]{Ref: ref, Value: person{ID: ref.ID, Name: "Large"}}, nil
}

func (e endless) List(_ context.Context, _ syncer.Query, cursor string) (syncer.Page[person], error) {
	var from int
	_, _ = fmt.Sscanf(cursor, "l%08d", &from) // from the beginning without one
	page := syncer.Page[person]{Total: e.n, Date: time.Now()}
	for i := from; i < min(from+e.perPage, e.n); i++ {
		id := fmt.Sprintf("l%08d", i)
		page.Records = append(page.Records, syncer.Record[person]{Ref: syncer.Ref{ID: id}, Value: person{ID: id, Name: "Large"}})
	}
	if from+e.perPage < e.n {
		page.Next = fmt.Sprintf("l%08d", from+e.perPage)
	}
	return page, nil
}

// hole is a target that takes records, a thousand in a second, and keeps none.
type hole struct {
	*desk
	made *atomic.Int64
}

func (h hole) Create(_ context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	stall(8 * time.Millisecond)
	h.made.Add(1)
	return syncer.Record[card]{Ref: syncer.Ref{ID: "of " + draft.ExternalID}, Value: draft.Value, ExternalID: draft.ExternalID, Version: "1"}, nil
}

func TestHard20AHugeTenantDelaysNoSmallOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		small, little := &crm{records: map[string]person{}, perPage: 50}, newDesk()
		var made atomic.Int64
		large := syncer.FlowConfig[person, card]{
			Name: "people", Source: endless{n: n, perPage: 500, crm: &crm{}}, Target: hole{newDesk(), &made},
			Mapper: mapping.Func(func(_ context.Context, p person) (card, error) { return card{Title: opt.Set(p.Name)}, nil }),
		}.Flow()
		engine, err := syncer.New(syncer.Config{
			Tenants: towns{"a large one": large, "small": townOf(small, little)}, Store: syncer.NewMemoryStore(),
			Logger: slog.New(slog.DiscardHandler), TargetSweep: syncer.Every(10_000 * time.Hour),
		})
		require.NoError(t, err)
		w := &world{engine: engine}
		var slowest time.Duration
		w.running(t, func() {
			for i := 0; made.Load() < n; i++ {
				id := fmt.Sprintf("s%d", i)
				small.put(person{ID: id, Name: "Small"})
				require.NoError(t, engine.Notify(t.Context(), syncer.Change{Tenant: "small", Flow: "people", Ref: syncer.Ref{ID: id}}))
				start := time.Now()
				for !little.has(id) {
					stall(10 * time.Millisecond)
					require.Less(t, time.Since(start), time.Minute)
				}
				slowest = max(slowest, time.Since(start))
				stall(100 * time.Millisecond)
			}
			assert.Greater(t, len(little.records), 3, "some came while the other was at work")
		})
		assert.LessOrEqual(t, slowest, time.Second)
		t.Logf("%d records beside; the slowest of %d small changes took %v", n, len(little.records), slowest)
	})
}
