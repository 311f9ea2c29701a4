package flows_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// tally counts what the engine says of its requests.
type tally struct {
	mu    sync.Mutex
	total map[syncer.MetricName]int
}

func (c *tally) Add(metric syncer.Metric, n float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total[metric.Name] += int(n)
}

func (*tally) Set(syncer.Metric, float64) {}

func (c *tally) of(name syncer.MetricName) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total[name]
}

func (c *tally) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.total)
}

// served are the requests that both servers had, by operation.
func (b *bridge) served() map[string]int {
	all := map[string]int{}
	for side, requests := range map[string]map[string]int{"crm": b.source.Requests(), "app": b.target.Requests()} {
		for operation, n := range requests {
			all[side+" "+operation] += n
		}
	}
	return all
}

// spent are the requests since, those that ask what a side can do aside: once.
func (b *bridge) spent(since map[string]int) (n int, what string) {
	now := b.served()
	for _, operation := range slices.Sorted(maps.Keys(now)) {
		if d := now[operation] - since[operation]; d > 0 && operation != "app capabilities.get" && operation != "crm calendars.list" {
			n += d
			what += fmt.Sprintf("%s: %d\n", operation, d)
		}
	}
	return n, what
}

// TestRequestsAreTheFloor holds what the servers counted, not what the engine says,
// to a floor that is calculated here, not by the engine.
func TestRequestsAreTheFloor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, k = 600, 60
		never := syncer.Every(10_000 * time.Hour)
		counted := &tally{total: map[syncer.MetricName]int{}}
		b := laggingBridge(t, syncer.Config{
			Changes: syncer.Every(10 * time.Minute), Sweep: never, TargetSweep: never, Metrics: counted,
		})
		b.fill(t, n)
		elapse(indexLag)
		within := func(what string, since map[string]int, floor int) {
			t.Helper()
			spent, how := b.spent(since)
			assert.LessOrEqual(t, float64(spent), 1.02*float64(floor), "%s: %d requests, floor %d\n%s", what, spent, floor, how)
			assert.GreaterOrEqual(t, spent, floor, "%s: the floor is wrong\n%s", what, how)
			assert.Equal(t, spent, counted.of(syncer.MetricRequests), "%s: the engine counts all of them\n%s", what, how)
			assert.InDelta(t, floor, counted.of(syncer.MetricFloor), 0.02*float64(floor), "%s: the engine's own floor", what)
			counted.clear()
		}
		// Contacts: two pages, a read each, a write each. Tasks: pages of 100, a write
		// each. Notes: a list for each contact, a write each.
		before := b.served()
		before["crm calendars.listEvents"]++ // that asks what the token may do
		report := b.backfill(t)
		within("backfill", before, 2+n+n+n/100+n+n+n)
		total := 0
		for _, flow := range report.Flows {
			total += flow.Requests
		}
		spent, _ := b.spent(before)
		assert.Equal(t, spent, total, "the report has all of them")

		before = b.served()
		b.backfill(t)
		within("unchanged sweep", before, 2+n/100+n)

		b.running(t, func() {
			elapse(5 * time.Minute) // the first target sweeps
			counted.clear()
			for i := range k {
				_, err := b.crm.Contacts.Update(t.Context(), fmt.Sprintf("contact%03d", i), contacts.ContactUpdate{LastName: opt.Set("Changed")})
				require.NoError(t, err)
			}
			before = b.served()
			elapse(10 * time.Minute)
			within("incremental run", before, 1+k+k)
			assert.Equal(t, "Changed", b.sent(t, fmt.Sprintf("contact%03d", k-1)).LastName)
			before = b.served()
			elapse(10 * time.Minute)
			within("incremental run without a change", before, 1)
		})
	})
}
