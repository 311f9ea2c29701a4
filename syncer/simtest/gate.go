package simtest

import (
	"slices"
	"sync"
)

// gate is where every call of a store or a side waits. All calls wait until
// nothing else can happen; then one goes on. So between two calls there is only
// what one goroutine does, and what it wakes: the same seed gives the same run.
type gate struct {
	mu      sync.Mutex // never held while something waits
	waiting []*waiter
	arrived chan struct{} // holds one note that somebody came
}

type waiter struct {
	label string
	kind  callKind
	open  chan verdict
}

func newGate() *gate { return &gate{arrived: make(chan struct{}, 1)} }

// enter adds a call to those that wait.
func (g *gate) enter(label string, kind callKind) *waiter {
	w := &waiter{label: label, kind: kind, open: make(chan verdict, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()
	g.ring()
	return w
}

// ring wakes the simulation.
func (g *gate) ring() {
	select {
	case g.arrived <- struct{}{}:
	default:
	}
}

// leave takes back a call of a process that died.
func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(other *waiter) bool { return other == w })
}

// labels are those that wait, each once, in order.
func (g *gate) labels() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	labels := make([]string, len(g.waiting))
	for i, w := range g.waiting {
		labels[i] = w.label
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// take removes all calls with a label. They can't be told apart: they go on one
// after another, with the same verdict.
func (g *gate) take(label string) []*waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	var taken, rest []*waiter
	for _, w := range g.waiting {
		if w.label == label {
			taken = append(taken, w)
		} else {
			rest = append(rest, w)
		}
	}
	g.waiting = rest
	return taken
}
