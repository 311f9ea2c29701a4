// Command simulate runs the histories of package simulation for many seeds, and
// shows the shortest history that fails:
//
//	go run ./internal/proof/simulation/simulate -seeds 100000
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing" //nolint:depguard // virtual time is for tests only: this program is one
	"time"

	"github.com/contactlink/contactlink/internal/proof/simulation"
	"github.com/contactlink/contactlink/syncer/simtest"
)

func main() {
	testing.Init() // synctest has virtual time for tests only
	seeds := flag.Int("seeds", 1000, "how many seeds to run")
	from := flag.Uint64("from", 0, "the first seed")
	most := flag.Int("failures", 1, "how many failures to look for")
	brief := flag.Bool("brief", false, "name failures, and don't look for their shortest history")
	log := flag.Bool("log", false, "print the whole history of the first seed, and end")
	flag.Parse()

	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "simulate", F: func(t *testing.T) {
			if *log {
				_, _ = io.WriteString(os.Stdout, simtest.Log(t, *from, simulation.World))
			} else if run(t, os.Stdout, *from, *seeds, *most, *brief) > 0 {
				t.Fail()
			}
		},
	}}, nil, nil)
}

// run runs seeds on all cores, and returns how many failed.
func run(t *testing.T, out io.Writer, from uint64, seeds, most int, brief bool) int {
	var next, done atomic.Uint64
	var mu sync.Mutex
	failures, started, told := 0, time.Now(), time.Now()
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for n := next.Add(1) - 1; n < uint64(seeds); n = next.Add(1) - 1 {
				failure := one(t, from+n, brief)
				mu.Lock()
				if failure != "" {
					failures++
					_, _ = fmt.Fprintln(out, failure)
				}
				if count := done.Add(1); time.Since(told) > 10*time.Second || count == uint64(seeds) {
					told = time.Now()
					_, _ = fmt.Fprintf(out, "%d of %d seeds in %s, %d failed\n", count, seeds, time.Since(started).Round(time.Second), failures)
				}
				stop := failures >= most
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	group.Wait()
	return failures
}

// one runs a seed, and returns what it breaks; "" if it breaks nothing.
func one(t *testing.T, seed uint64, brief bool) string {
	if brief {
		if err := simtest.Check(t, seed, simulation.World); err != nil {
			return fmt.Sprintf("seed %d: %v", seed, err)
		}
		return ""
	}
	if failure := simtest.Try(t, seed, simulation.World); failure != nil {
		return fmt.Sprintf("%v\n\n%s", failure, failure.History)
	}
	return ""
}
