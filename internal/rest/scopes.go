package rest

import (
	"fmt"
	"slices"
)

// RequiredScopes returns the scopes that some of all operations need, sorted and
// each once. They are named by Name or by GoMethod; another name is ErrInvalid and
// tells the nearest.
func RequiredScopes(all []*Operation, names []string) ([]string, error) {
	scopes := map[string]string{}
	for _, op := range all {
		scopes[op.Name], scopes[op.GoMethod] = op.Scope, op.Scope
	}
	var needed []string
	for _, name := range names {
		scope, known := scopes[name]
		if !known {
			return nil, fmt.Errorf("%w: there is no operation %q, the nearest is %q", ErrInvalid, name, Nearest(name, scopes))
		}
		if scope != "" {
			needed = append(needed, scope)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed), nil
}

// Nearest is the name with the fewest changes to another.
func Nearest[T any](name string, names map[string]T) string {
	best, fewest := "", -1
	for candidate := range names {
		changes := distance(name, candidate)
		if fewest < 0 || changes < fewest || changes == fewest && candidate < best {
			best, fewest = candidate, changes
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
