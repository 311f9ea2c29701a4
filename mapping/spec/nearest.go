package spec

import (
	"slices"
	"strings"
)

// didYouMean is the end of a sentence about an unknown name, with the known one
// that is nearest to it.
func didYouMean(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// nearest is the known name that differs least from name, "" if all are far.
func nearest(name string, known []string) string {
	const longest = 100
	if len(name) > longest {
		return ""
	}
	best, least := "", 1+max(1, len(name)/3)
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if len(candidate) > longest {
			continue
		}
		d := distance(strings.ToLower(name), strings.ToLower(candidate))
		if d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return extended(name, known)
	}
	return best
}

// extended is the only known name that ends with name, or that name ends with:
// taskTitle for title. It is "" if there is none or more than one.
func extended(name string, known []string) string {
	const shortest = 4
	found := ""
	for _, candidate := range known {
		a, b := strings.ToLower(name), strings.ToLower(candidate)
		if min(len(a), len(b)) < shortest || !strings.HasSuffix(a, b) && !strings.HasSuffix(b, a) {
			continue
		}
		if found != "" && found != candidate {
			return ""
		}
		found = candidate
	}
	return found
}

// distance counts the letters to insert, drop, replace or swap with their
// neighbour.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
