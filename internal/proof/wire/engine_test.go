package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// step is a change at the source that the engine brings to the target.
type step struct {
	name   string
	source bool // the fault is between the engine and the source
	change func(w *world, n int) (id string, gone bool)
}

func id(n int) string { return fmt.Sprintf("contact%013d", n) }

func create(w *world, n int) (string, bool) {
	c, err := w.direct.Contacts.Create(background(), contacts.ContactCreate{FirstName: opt.Set(name(n))})
	require.NoError(w, err)
	return c.ID, false
}

func update(w *world, n int) (string, bool) {
	_, err := w.direct.Contacts.Update(background(), id(n), contacts.ContactUpdate{FirstName: opt.Set(name(n))})
	require.NoError(w, err)
	return id(n), false
}

func remove(w *world, n int) (string, bool) {
	require.NoError(w, w.direct.Contacts.Delete(background(), id(n)))
	return id(n), true
}

var steps = []step{
	{"read of a change", true, update},
	{"create", false, create},
	{"update", false, update},
	{"delete", false, remove},
}

// Whatever happens on the wire, nothing is lost, nothing is doubled, and both
// sides are equal in the end.
func TestTheEngineLosesNothing(t *testing.T) {
	t.Parallel()
	for _, s := range steps {
		for _, chunks := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunks %t", s.name, chunks), func(t *testing.T) {
				t.Parallel()
				first := startBridge(t, chunks, 0)
				bytes := first.measure(first.through(s), func() { first.bring(s, 0) })
				first.end()
				all := faults(bytes)
				kinds, counts := tallyOf{}, tally{}
				each(all, func(world int, some []fault) {
					b := startBridge(t, chunks, world%2)
					defer b.end()
					for n, f := range some {
						b.strike(b.through(s), f, (world+n)%2 == 0, &counts, func() { b.bring(s, n+1) })
					}
					b.agree()
					kinds.add(b.kinds())
				})
				counts.struck(t, len(all))
				t.Logf("%s: %d bytes there, %d back; %d faults; attempts that failed: %s", s.name, bytes[request], bytes[answer], len(all), kinds.String())
				for kind := range kinds.counts {
					assert.Contains(t, []string{"transient", "ambiguous"}, kind, "a broken connection says nothing else")
				}
			})
		}
	}
}

// bridge is a world with an engine at work.
type bridge struct {
	*world
	engine *syncer.Engine
	end    func()
}

// startBridge makes a world with contacts that are in step, and lets its engine
// run. Only what is notified is worked on.
func startBridge(t *testing.T, chunks bool, retries int) *bridge {
	t.Helper()
	w := newWorld(t, chunks, retries)
	export := &contactstest.Export{}
	for n := range perWorld + 1 {
		export.Contacts = append(export.Contacts, json.RawMessage(fmt.Sprintf(
			`{"id":%q,"firstName":"Anna","dateAdded":"2026-01-01T00:00:00.000Z","dateUpdated":"2026-01-01T00:00:00.000Z"}`, id(n))))
	}
	_, err := w.source.Apply(export)
	require.NoError(t, err)
	never := syncer.Every(1000 * time.Hour)
	b := &bridge{world: w}
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(w.crm, w.app, flows.WithOnly(flows.Contacts))...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
		RequestTimeout: 3 * timeout, Lease: 4 * timeout, RetryMin: time.Millisecond, RetryMax: 10 * time.Millisecond, MaxAttempts: 50,
		Changes: never, Sweep: never, TargetSweep: never,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { // a busy machine's clients give up
		_, err := b.engine.Backfill(background())
		return err == nil
	}, patience, time.Millisecond)
	ctx, stop := context.WithCancel(background())
	done := make(chan error, 1)
	go func() { done <- b.engine.Run(ctx) }()
	b.end = func() {
		stop()
		assert.NoError(t, <-done)
		w.close()
	}
	require.Eventually(t, b.swept, patience, 5*time.Millisecond)
	return b
}

// swept reports whether the target sweep with which Run begins has ended.
func (b *bridge) swept() bool {
	status, err := b.engine.Status(background())
	return err == nil && slices.ContainsFunc(status.Tenants[0].Flows[0].Sweeps, func(s syncer.SweepStatus) bool {
		return s.Name == syncer.SweepTarget && !s.Completed.IsZero() && !s.Unfinished
	})
}

func (b *bridge) through(s step) *proxy {
	if s.source {
		return b.toSource
	}
	return b.toTarget
}

// bring makes a change, and returns when it is at the target.
func (b *bridge) bring(s step, n int) {
	b.Helper()
	changed, gone := s.change(b.world, n)
	require.NoError(b, b.engine.Notify(background(), syncer.Change{
		Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: changed}, Gone: gone, EventID: fmt.Sprint("event ", n),
	}))
	ctx, cancel := context.WithTimeout(background(), patience)
	defer cancel()
	require.NoError(b, b.engine.Wait(ctx))
	source, target := b.names()
	assert.Equal(b, source, target)
}

// names are the first names at both sides, by the source's id. P2: no id has two
// records.
func (b *bridge) names() (source, target map[string]string) {
	b.Helper()
	source, target = map[string]string{}, map[string]string{}
	for _, data := range b.source.Export().Contacts {
		var c struct{ ID, FirstName string }
		require.NoError(b, json.Unmarshal(data, &c))
		source[c.ID] = c.FirstName
	}
	for _, data := range b.target.Export()["contacts"] {
		var c struct{ ExternalID, FirstName string }
		require.NoError(b, json.Unmarshal(data, &c))
		assert.NotContains(b, target, c.ExternalID)
		target[c.ExternalID] = c.FirstName
	}
	return source, target
}

// agree lets the engine prove that both sides are equal.
func (b *bridge) agree() {
	b.Helper()
	v, err := b.engine.Verify(background())
	require.NoError(b, err)
	assert.Zero(b, v.Differing(), v)
	assert.Equal(b, v.Flows[flows.Contacts].Source, v.Flows[flows.Contacts].Target)
}

// kinds are those of the failed attempts, as the log has them.
func (b *bridge) kinds() (all []string) {
	b.Helper()
	for event, err := range b.engine.Events(background(), syncer.EventQuery{}) {
		require.NoError(b, err)
		if event.Kind != "" {
			all = append(all, event.Kind)
		}
	}
	return all
}

// tallyOf counts by name.
type tallyOf struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *tallyOf) add(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	for _, name := range names {
		t.counts[name]++
	}
}

func (t *tallyOf) String() string {
	var text []string
	for _, name := range slices.Sorted(maps.Keys(t.counts)) {
		text = append(text, fmt.Sprintf("%d %s", t.counts[name], name))
	}
	return strings.Join(text, ", ")
}
