package load_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

type row struct{ ID, Name string }

type fields struct {
	Name opt.Opt[string] `json:"name,omitzero"`
}

// generator is a source of n rows, which are made when they are asked for.
type generator struct {
	prefix string
	n      int
}

func (g generator) row(id string) syncer.Record[row] {
	return syncer.Record[row]{Ref: syncer.Ref{ID: id}, Value: row{id, "somebody whose name is " + id}}
}

func (generator) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{}, nil
}

func (g generator) Get(_ context.Context, ref syncer.Ref) (syncer.Record[row], error) {
	return g.row(ref.ID), nil
}

func (g generator) List(_ context.Context, _ syncer.Query, cursor string) (syncer.Page[row], error) {
	from := 0
	_, _ = fmt.Sscan(cursor, &from) // the first page has no cursor
	page := syncer.Page[row]{Total: g.n}
	for i := from; i < min(from+500, g.n); i++ {
		page.Records = append(page.Records, g.row(fmt.Sprintf("%s%08d", g.prefix, i)))
	}
	if from+500 < g.n {
		page.Next = fmt.Sprint(from + 500)
	}
	return page, nil
}

// sink is a target that takes everything and keeps nothing.
type sink struct {
	syncer.Target[fields]
	made *atomic.Int64
	last chan string // what was made, of a small tenant
}

func (sink) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{ExternalIDs: true}, nil
}

func (sink) List(context.Context, string) (page syncer.Page[fields], err error) { return page, nil }

func (s sink) Create(ctx context.Context, draft syncer.Draft[fields]) (syncer.Record[fields], error) {
	s.made.Add(1)
	if s.last != nil {
		select {
		case s.last <- draft.ExternalID:
		case <-ctx.Done():
			return syncer.Record[fields]{}, ctx.Err()
		}
	}
	return syncer.Record[fields]{Ref: syncer.Ref{ID: "of " + draft.ExternalID}, Value: draft.Value, ExternalID: draft.ExternalID}, nil
}

func flowOf(source generator, target sink) syncer.Flow {
	return syncer.FlowConfig[row, fields]{
		Name: "rows", Source: source, Target: target,
		Mapper: mapping.Func(func(_ context.Context, r row) (fields, error) { return fields{Name: opt.Set(r.Name)}, nil }),
	}.Flow()
}

type pair struct{ large, small syncer.Flow }

func (pair) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { _ = yield("large", nil) && yield("small", nil) }
}

func (p pair) Open(_ context.Context, id string) (syncer.Tenant, error) {
	if id == "large" {
		return syncer.Tenant{Flows: []syncer.Flow{p.large}}, nil
	}
	return syncer.Tenant{Flows: []syncer.Flow{p.small}}, nil
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// besideALarge sweeps a tenant with n rows, and beside it a small one's changes,
// one after another. They are done while the large one is at work, and memory does
// not grow with n.
func besideALarge(t *testing.T, n int) {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "state.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	var large, small atomic.Int64
	last := make(chan string)
	engine, err := syncer.New(syncer.Config{
		Tenants: pair{
			flowOf(generator{"l", n}, sink{made: &large}),
			flowOf(generator{"s", 0}, sink{made: &small, last: last}),
		},
		Store: store, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()

	before, most := heap(), int64(0)
	for i := 0; large.Load() < int64(n); i++ {
		id := fmt.Sprintf("change %d", i)
		require.NoError(t, engine.Notify(t.Context(), syncer.Change{Tenant: "small", Flow: "rows", Ref: syncer.Ref{ID: id}}))
		select {
		case made := <-last:
			require.Equal(t, id, made)
		case err := <-done:
			t.Fatalf("the engine stopped: %v", err)
		}
		if i%20 == 0 {
			most = max(most, heap()-before)
		}
	}
	stop()
	require.NoError(t, <-done)
	t.Logf("%d rows, and %d small changes beside them; at most %.1f MB more in use", n, small.Load(), float64(most)/1e6)
	assert.Greater(t, small.Load(), int64(20), "the small tenant is not delayed")
	assert.Less(t, most, int64(64<<20), "memory stays flat")
}

func TestALargeTenantBesideASmallOne(t *testing.T) {
	t.Parallel()
	besideALarge(t, 3_000)
}

func TestAMillionRecordsBesideASmallTenant(t *testing.T) {
	t.Parallel()
	testenv.Long(t)
	besideALarge(t, 1_000_000)
}
