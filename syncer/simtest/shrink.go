package simtest

import (
	"slices"
	"strings"
)

// plan says what of a seed's history happens.
type plan struct {
	left    map[int]bool    // actions that are left out
	muted   map[string]bool // calls that don't fail
	calls   bool            // no call fails
	orderly bool            // calls go on in the order of their names
}

func (p plan) leaves(action int) bool { return p.left[action] }
func (p plan) mutes(call string) bool { return p.calls || p.muted[call] }

// shrink looks for the shortest history that still fails: it leaves actions and
// faults out, many at first, as long as the same promise stays broken.
func shrink(first *Sim, try func(plan) *Sim) *Sim {
	best := first
	promise := broken(first)
	better := func(p plan) bool {
		s := try(p)
		if broken(s) != promise {
			return false
		}
		best = s
		return true
	}
	simple := best.plan
	simple.calls = true
	if !better(simple) {
		shrinkFaults(&best, better)
	}
	for size := max(1, len(best.happened)/2); ; size /= 2 {
		for at := 0; at < len(best.happened); {
			without := best.plan
			without.left = withInts(without.left, best.happened[at:min(at+size, len(best.happened))])
			if !better(without) {
				at += size
			}
		}
		if size <= 1 {
			break
		}
	}
	if !best.plan.calls {
		shrinkFaults(&best, better)
	}
	return best
}

// broken is the name of the promise that is broken; "" if none is.
func broken(s *Sim) string {
	if s.broken == nil {
		return ""
	}
	name, _, _ := strings.Cut(s.broken.Error(), ":")
	return name
}

func shrinkFaults(best **Sim, better func(plan) bool) {
	for size := max(1, len((*best).faulted)/2); ; size /= 2 {
		for at := 0; at < len((*best).faulted); {
			without := (*best).plan
			without.muted = withStrings(without.muted, (*best).faulted[at:min(at+size, len((*best).faulted))])
			if !better(without) {
				at += size
			}
		}
		if size <= 1 {
			return
		}
	}
}

func withInts(set map[int]bool, more []int) map[int]bool {
	all := map[int]bool{}
	for n := range set {
		all[n] = true
	}
	for _, n := range slices.Clone(more) {
		all[n] = true
	}
	return all
}

func withStrings(set map[string]bool, more []string) map[string]bool {
	all := map[string]bool{}
	for text := range set {
		all[text] = true
	}
	for _, text := range slices.Clone(more) {
		all[text] = true
	}
	return all
}
