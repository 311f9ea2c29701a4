package syncer_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// counting is a target whose reads by id are counted.
type counting struct {
	*desk
	reads *atomic.Int32
}

func (c counting) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[card], error) {
	c.reads.Add(1)
	return c.desk.Get(ctx, ref)
}

// TestHard2 has an echo of a write of ours arrive at any time, also in the next
// process: it costs one read at most. What is edited meanwhile is seen, on either
// side, and also if it is edited back to what it was.
func TestHard2AnEchoCostsOneReadAndHidesNoEdit(t *testing.T) {
	t.Parallel()
	for _, shift := range []time.Duration{0, 61 * time.Second, 16 * time.Minute, 25 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restart %t", shift, restart), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					var reads atomic.Int32
					w.around = func(d *desk) syncer.Target[card] { return counting{d, &reads} }
					w.config.Sweep, w.config.TargetSweep = syncer.Every(1000*time.Hour), syncer.Every(1000*time.Hour)
					w.restart(t)
					w.people.put(person{ID: "a", Name: "Ann", City: "Rome"})
					w.backfill(t)
					w.running(t, func() { elapse(time.Second) }) // the first sweeps
					id, n := w.cards.byExternal("a").id, 0
					elapse(shift)
					if restart {
						w.restart(t)
					}
					w.cards.took()
					w.running(t, func() {
						elapse(time.Second)
						echo := func() {
							n++
							reads.Store(0)
							require.NoError(t, w.engine.NotifyTarget(t.Context(), syncer.TargetChange{
								Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: id}, EventID: fmt.Sprint("echo", n),
							}))
							require.NoError(t, w.engine.Wait(t.Context()))
							assert.LessOrEqual(t, reads.Load(), int32(1), "at most one read")
						}
						echo()
						assert.Empty(t, w.cards.took(), "P5: no write")
						for _, town := range []string{"Bern", "Rome"} { // and back to what it was
							w.people.put(person{ID: "a", Name: "Ann", City: town})
							echo()
							require.Equal(t, town, w.cards.byExternal("a").value.Town.Or(""))
							echo()
							assert.Len(t, w.cards.took(), 1)
						}
						w.cards.edit("a", func(c *card) { c.Town = opt.Set("Oslo") })
						w.cards.edit("a", func(c *card) { c.Town = opt.Set("Rome") })
						echo()
						assert.Empty(t, w.cards.took(), "what was edited back is as it was")
					})
					w.inStep(t)
				})
			})
		}
	}
}
