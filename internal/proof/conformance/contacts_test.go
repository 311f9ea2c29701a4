package conformance_test

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/proof/openapi"
	"github.com/contactlink/contactlink/internal/testenv"
)

// version says that a request has a value in the header Version.
func version(value string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get("Version") == value }
}

// specs reads specifications, by name; all if none is named.
func specs(t *testing.T, names ...string) map[string]*openapi.Spec {
	t.Helper()
	files := map[string]string{
		"contacts": "contacts.json", "contacts-v3": "v3/contacts-v3.json", "calendars": "calendars.json",
		"locations": "locations.json", "oauth": "oauth.json",
	}
	read := map[string]*openapi.Spec{}
	for name, file := range files {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		spec, err := openapi.Load(name, filepath.Join(testenv.Specs(t), "apps", filepath.FromSlash(file)))
		require.NoError(t, err)
		switch name {
		case "contacts":
			spec.For(version("2021-07-28"))
		case "contacts-v3":
			spec.For(version("v3"))
		}
		read[name] = spec
	}
	return read
}

// run calls methods of a client against the server in memory, through a checker.
func run(t *testing.T, faults []openapi.Fault, all map[string]*openapi.Spec, methods []string, opts ...contacts.ClientOption) *openapi.Checker {
	t.Helper()
	server, direct := contactstest.Start(t)
	direct, err := direct.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	world := populate(t, direct)
	checker := openapi.NewChecker(server.Transport(), faults, slices.Collect(maps.Values(all))...)
	checked, err := direct.With(append(opts, contacts.WithHTTPClient(&http.Client{Transport: checker}))...)
	require.NoError(t, err)
	for _, name := range methods {
		require.NoError(t, calls()[name](t.Context(), checked, world), name)
	}
	return checker
}

// methods are the names of all calls, sorted, but for some.
func methods(without ...string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(calls())), func(name string) bool { return slices.Contains(without, name) })
}

func TestEveryOperationKeepsToTheSpecification(t *testing.T) {
	t.Parallel()
	all := specs(t)
	run(t, faultsOf("contacts", "calendars", "locations"), all, methods()).Report(t)
	all["contacts"].Complete(t)
	for _, name := range []string{"calendars", "locations"} {
		t.Log(all[name].Coverage())
		ours := 0
		for _, operation := range contacts.Operations() {
			if strings.HasPrefix(operation.Path, "/"+name+"/") {
				ours++
			}
		}
		assert.Len(t, all[name].Called(), ours, name)
	}
}

func TestEveryOperationKeepsToTheSpecificationOfV3(t *testing.T) {
	t.Parallel()
	all := specs(t)
	run(t, faultsOf("contacts-v3", "calendars", "locations"), all, methods("Contacts.List"), contacts.WithV3()).Report(t)
	all["contacts-v3"].Complete(t)
	assert.Empty(t, all["contacts"].Called())
}

// Each method is missed if it is taken away. (Those that create tasks and notes
// are used by those that delete them.)
func TestTheSpecificationMissesEachMethod(t *testing.T) {
	t.Parallel()
	kept := locationCalls()
	maps.Copy(kept, calendarCalls())
	for _, name := range []string{"Tasks.Create", "Tasks.Search", "Notes.Create"} {
		kept[name] = nil
	}
	for name := range calls() {
		if _, keep := kept[name]; keep {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := specs(t, "contacts")
			run(t, nil, all, methods(name))
			assert.Len(t, all["contacts"].Missing(), 1)
		})
	}
}

// The calls above are all operations that the client says it has. Those of OAuth
// have a test of their own.
func TestEveryOperationOfTheClientIsCalled(t *testing.T) {
	t.Parallel()
	for _, operation := range contacts.Operations() {
		if strings.HasPrefix(operation.Name, "oauth.") {
			continue
		}
		assert.Contains(t, methods(), operation.GoMethod)
	}
}

func faultsOf(names ...string) []openapi.Fault {
	return slices.DeleteFunc(knownFaults(), func(f openapi.Fault) bool { return !slices.Contains(names, f.Spec) })
}
