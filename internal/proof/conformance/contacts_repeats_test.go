package conformance_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
)

// Each operation, against a server with state, whose answer is lost before or
// after the effect: what is safe to repeat succeeds, what isn't took effect once
// and says that its outcome is unknown.
func TestEachOperationSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	for _, operation := range contacts.Operations() {
		if strings.HasPrefix(operation.Name, "oauth.") {
			continue
		}
		for name, fault := range map[string]contactstest.Fault{
			"503 before":     {Status: http.StatusServiceUnavailable},
			"503 after":      {Status: http.StatusServiceUnavailable, After: true},
			"cut before":     {Cut: true},
			"cut after":      {Cut: true, After: true},
			"half an answer": {CutBody: true, After: true},
		} {
			t.Run(operation.Name+": "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					undisturbed := countsAfter(t, operation.GoMethod)
					server, client := contactstest.Start(t)
					world := populate(t, client)
					before := server.Requests()[operation.Name]
					fault.Operation, fault.Times = operation.Name, 1
					server.Fail(fault)
					err := calls()[operation.GoMethod](t.Context(), client, world)
					asked := server.Requests()[operation.Name] - before
					switch {
					case operation.Idempotent || operation.Name == "contacts.upsert":
						assert.GreaterOrEqual(t, asked, 2)
						assert.Equal(t, undisturbed, server.Counts(), "twice is as once")
						// What was deleted is not found when it is deleted again.
						if !errors.Is(err, contacts.ErrNotFound) || operation.Method != http.MethodDelete || !fault.After {
							require.NoError(t, err)
						}
					default:
						require.ErrorIs(t, err, contacts.ErrUnknownOutcome)
						assert.Equal(t, 1, asked)
					}
				})
			})
		}
	}
}

// countsAfter is what a server has after a call that nothing disturbs.
func countsAfter(t *testing.T, method string) contactstest.Counts {
	t.Helper()
	server, client := contactstest.Start(t)
	require.NoError(t, calls()[method](t.Context(), client, populate(t, client)))
	return server.Counts()
}
