package sendapptest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// Whatever is sent, the server answers with JSON, or with nothing, and can still
// save what it holds.
func FuzzRequests(f *testing.F) {
	for i := range sendapp.Operations() {
		f.Add(i, "limit=1", `{"firstName":"A","tags":["a"],"customFields":{"a":[1]},"phone":"+15551234567","completed":true,"url":"https://example.com"}`)
	}
	f.Add(0, "cursor=x&limit=-1&updatedSince=never", `[`)
	f.Fuzz(func(t *testing.T, operation int, query, body string) {
		operations := sendapp.Operations()
		chosen := operations[((operation%len(operations))+len(operations))%len(operations)]
		server, client := sendapptest.Start(t)
		contact := create(t, client, "x")
		path := strings.NewReplacer("{contactId}", contact.ContactID, "{", "", "}", "").Replace(chosen.Path)
		request, err := http.NewRequestWithContext(t.Context(), chosen.Method, "http://localhost"+path, strings.NewReader(body))
		if err != nil {
			return
		}
		request.URL.RawQuery = strings.Map(func(c rune) rune {
			if c <= ' ' || c > '~' || c == '#' {
				return -1
			}
			return c
		}, query)
		request.Header.Set("X-Api-Key", sendapptest.DefaultAPIKey)
		request.Header.Set("Content-Type", "application/json")
		response, err := server.Transport().RoundTrip(request)
		require.NoError(t, err)
		require.Less(t, response.StatusCode, 500)
		data, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.True(t, len(data) == 0 || json.Valid(data), string(data))
		loads(t, server)
	})
}

// Whatever is loaded, it is refused, or can be saved and loaded again.
func FuzzLoad(f *testing.F) {
	server, err := sendapptest.NewServer()
	require.NoError(f, err)
	client, err := server.Client()
	require.NoError(f, err)
	_, err = client.Contacts.Create(f.Context(), sendapp.ContactCreate{})
	require.NoError(f, err)
	var saved bytes.Buffer
	require.NoError(f, server.Save(&saved))
	require.NoError(f, server.Close())
	f.Add(saved.String())
	f.Add(strings.ReplaceAll(saved.String(), `"`, `'`))
	f.Add(strings.Repeat(saved.String(), 2))
	f.Add("{}\n{\"op\":\"put\"}\n")
	f.Add("null\n[]\n")
	f.Fuzz(func(t *testing.T, text string) {
		server, client := sendapptest.Start(t)
		if server.Load(strings.NewReader(text)) != nil {
			return
		}
		loads(t, server)
		for _, err := range client.Contacts.List(t.Context(), sendapp.ContactQuery{}) {
			require.NoError(t, err)
		}
	})
}

// loads requires that what a server saves is what another one loads.
func loads(t *testing.T, server *sendapptest.Server) {
	t.Helper()
	var saved bytes.Buffer
	require.NoError(t, server.Save(&saved))
	other, _ := sendapptest.Start(t)
	require.NoError(t, other.Load(&saved))
	require.Equal(t, server.Export(), other.Export())
}
