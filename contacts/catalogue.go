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
	scopes, err := rest.RequiredScopes(allOperations(), operations)
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	return scopes, nil
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
