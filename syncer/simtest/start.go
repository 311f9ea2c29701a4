package simtest

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// Options choose the seeds of Run.
type Options struct {
	// From is the first seed, Seeds how many there are. The default is 100.
	From  uint64
	Seeds int
}

// Failure is a seed that broke a promise.
type Failure struct {
	Seed uint64
	// Err says which promise, and how.
	Err error
	// History is the shortest history that was found to break one, call by call.
	History string
	// Actions and Faults are how many of each it has.
	Actions, Faults int
}

// Error says which seed broke which promise.
func (f *Failure) Error() string {
	return fmt.Sprintf("seed %d, with %d actions and %d faults: %v", f.Seed, f.Actions, f.Faults, f.Err)
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Run runs a simulation for each seed. setup makes the world of one seed, from
// nothing but the Sim. A failure names the seed, and shows the shortest history
// that fails.
func Run(t *testing.T, o Options, setup func(*Sim) World) {
	t.Helper()
	if o.Seeds == 0 {
		o.Seeds = 100
	}
	for seed := o.From; seed < o.From+uint64(o.Seeds); seed++ {
		if failure := Try(t, seed, setup); failure != nil {
			t.Fatalf("%v\n\n%s", failure, failure.History)
		}
	}
}

// Check runs the simulation of one seed, and returns which promise it breaks, and
// how; nil if it breaks none.
func Check(t *testing.T, seed uint64, setup func(*Sim) World) error {
	t.Helper()
	return once(t, seed, plan{}, setup).broken
}

// Try runs the simulation of one seed. It returns nil if all promises were kept.
// Otherwise it looks for the shortest history that fails, which takes a while.
func Try(t *testing.T, seed uint64, setup func(*Sim) World) *Failure {
	t.Helper()
	s := once(t, seed, plan{}, setup)
	if s.broken == nil {
		return nil
	}
	found := s.broken
	s = shrink(s, func(p plan) *Sim { return once(t, seed, p, setup) })
	return &Failure{
		Seed: seed, Err: fmt.Errorf("%w (before it was shortened: %w)", s.broken, found),
		History: s.text(), Actions: len(s.happened), Faults: len(s.faulted),
	}
}

// Log returns what happens with a seed, call by call. The same seed always gives
// the same, byte for byte.
func Log(t *testing.T, seed uint64, setup func(*Sim) World) string {
	t.Helper()
	return once(t, seed, plan{}, setup).text()
}

func once(t *testing.T, seed uint64, p plan, setup func(*Sim) World) *Sim {
	t.Helper()
	s := newSim(seed, p)
	synctest.Test(t, func(*testing.T) { s.run(setup) })
	return s
}
