package wire_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// faults are all kinds of faults at the bytes of an exchange: at every byte in the
// long form, else at some.
func faults(bytes [2]int) (all []fault) {
	long := os.Getenv("CONTACTLINK_LONG") == "1"
	for i, k := range kinds {
		for way, n := range bytes {
			step := 1
			if !long {
				step = n/3 + i + 1 // other bytes for each kind, the first one always
			}
			for at := 0; at <= n; at += step {
				all = append(all, fault{k, way, at, n})
			}
			if !long {
				all = append(all, fault{k, way, n, n})
			}
		}
	}
	return all
}

const (
	// perWorld is how many faults one world has.
	perWorld = 5
	// atOnce is how many worlds there are at a time: they wait more than they work.
	atOnce = 12
)

// tally counts calls that failed, those of them that had happened, and faults
// that did not strike.
type tally struct{ failed, happened, missed atomic.Int64 }

// each hands all faults out, some to each world, of which there are several at
// once.
func each(all []fault, world func(n int, some []fault)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for n := 0; n*perWorld < len(all); n++ {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			world(n, all[n*perWorld:min((n+1)*perWorld, len(all))])
		})
	}
	group.Wait()
}

// struck checks that nearly all faults did strike.
func (c *tally) struck(t *testing.T, faults int) {
	t.Helper()
	assert.LessOrEqual(t, int(c.missed.Load()), 1+faults/20, "faults that did not strike")
}
