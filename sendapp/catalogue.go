package sendapp

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/contactlink/contactlink/internal/rest"
)

// Operation is a row of the table of all operations, for who wants to print or
// check what a program uses: see [Operations] and [RequiredScopes].
type Operation struct {
	// Name is stable: it stands in errors and logs, and is the operationId of
	// [OpenAPI]. "contacts.get".
	Name string
	// Method and Path are those of HTTP. Path is a template:
	// "/contacts/{contactId}".
	Method, Path string
	// Version is empty: the base URL says which version of the contract is meant.
	Version string
	// Scope is what an OAuth token needs; empty if none. An API key may do
	// everything.
	Scope string
	// GoMethod is the client's method: "Contacts.Get". Methods with Page or Deleted
	// in their names, and Contacts.Profile, send the operation of the method that
	// they vary.
	GoMethod string
	// Idempotent says that sending it twice does what sending it once does. The
	// client may repeat the others by itself too, with an Idempotency-Key.
	Idempotent bool
}

// Operations returns all operations of the contract, sorted by name.
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

// RequiredScopes returns the scopes that an OAuth token needs for these
// operations, sorted and each once. An operation is named as in
// [Operation].Name, or by its Go method: "contacts.get" or "Contacts.Get". Another
// name is an error that tells the nearest one.
func RequiredScopes(operations ...string) ([]string, error) {
	scopes, err := rest.RequiredScopes(allOperations(), operations)
	if err != nil {
		return nil, fmt.Errorf("sendapp: %w", err)
	}
	return scopes, nil
}
