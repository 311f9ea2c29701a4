package contactstest_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
)

// Whatever is sent, the server answers with JSON, and can still save and load
// what it holds.
func FuzzRequests(f *testing.F) {
	for i := range contacts.Operations() {
		f.Add(i, "x", `{"locationId":"LOCATION","pageLimit":1,"tags":["a"],"customFields":[{"id":"a","value":{}}],"dndSettings":{"SMS":{}}}`)
	}
	f.Add(0, "?startTime=1&endTime=%zz&limit=9", `{"filters":[{"field":"dnd"}],"sort":[{}],"searchAfter":[null,null],"pageLimit":1,"locationId":"LOCATION"}`)
	f.Fuzz(func(t *testing.T, operation int, query, body string) {
		operations := contacts.Operations()
		chosen := operations[((operation%len(operations))+len(operations))%len(operations)]
		r := startRaw(t)
		id := r.contact(`"email":"a@example.com"`)
		path := strings.NewReplacer("{contactId}", id, "{locationId}", "LOCATION", "{", "", "}", "").Replace(chosen.Path)
		request := strings.Map(func(c rune) rune {
			if c <= ' ' || c > '~' || c == '#' {
				return -1
			}
			return c
		}, query)
		response := r.send(chosen.Method, path+"?"+strings.ReplaceAll(request, "%", ""), body)
		data, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.True(t, json.Valid(data), string(data))
		saved := r.saved()
		require.NoError(t, r.server.Load(strings.NewReader(saved)))
		require.JSONEq(t, saved, r.saved())
		r.must("POST", "/contacts/search", `{"locationId":"LOCATION","pageLimit":1}`)
	})
}
