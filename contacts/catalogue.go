package contacts

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/contactlink/contactlink/internal/rest"
)

// Operation is a row of the table of all operations, for who wants to print or
// check what a program uses: see [Operations] and [RequiredScopes].
type Operation struct {
	// Name is stable: it stands in errors and logs. "contacts.get".
	Name string
	// Method and Path are those of HTTP. Path is a template:
	// "/contacts/{contactId}".
	Method, Path string
	// Version is the value of the header Version.
	Version string
	// Scope is what a token needs; empty if none is known.
	Scope string
	// GoMethod is the client's method: "Contacts.Get".
	GoMethod string
	// Idempotent says that sending it twice does what sending it once does, so
	// that the client may repeat it by itself.
	Idempotent bool
}

// Operations returns all operations, sorted by name.
func Operations() []Operation {
	var all []Operation
	for _, op := range allOperations() {
		all = append(all, Operation{
			Name: op.Name, Method: op.Method, Path: op.Path, Version: op.Version, Scope: op.Scope,
			GoMethod: op.GoMethod, Idempotent: op.Idempotent,
		})
	}
	slices.SortFunc(all, func(a, b Operation) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// RequiredScopes returns the scopes that a token needs for these operations,
// sorted and each once. An operation is named as in [Operation].Name, or by its
// Go method: "contacts.get" or "Contacts.Get". Another name is an error that
// tells the nearest one.
func RequiredScopes(operations ...string) ([]string, error) {
	scopes := map[string]string{}
	for _, op := range allOperations() {
		scopes[op.Name], scopes[op.GoMethod] = op.Scope, op.Scope
	}
	var needed []string
	for _, name := range operations {
		scope, known := scopes[name]
		if !known {
			return nil, fmt.Errorf("contacts: %w: there is no operation %q, the nearest is %q", ErrInvalid, name, nearest(name, scopes))
		}
		if scope != "" {
			needed = append(needed, scope)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed), nil
}

// tables are the tables of all APIs: structs of rows.
func tables() []any {
	return []any{operations.contactOperations, operations.calendarOperations, operations.locationOperations, oauthOperations}
}

func allOperations() []*rest.Operation {
	var all []*rest.Operation
	for _, table := range tables() {
		for _, row := range reflect.ValueOf(table).Fields() {
			if op, ok := reflect.TypeAssert[*rest.Operation](row); ok {
				all = append(all, op)
			}
		}
	}
	return all
}

// nearest is the name with the fewest changes to another.
func nearest[T any](name string, names map[string]T) string {
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
