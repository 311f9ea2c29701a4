package contactstest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

// raw speaks to a server without the client, to see its answers as they are.
type raw struct {
	t       *testing.T
	server  *contactstest.Server
	version string
	token   string
}

func startRaw(t *testing.T, opts ...contactstest.Option) raw {
	t.Helper()
	server, _ := contactstest.Start(t, opts...)
	return raw{t, server, "2021-07-28", contactstest.DefaultToken}
}

func (r raw) v3() raw {
	r.version = "v3"
	return r
}

func (r raw) as(token string) raw {
	r.token = token
	return r
}

// object is a JSON object; LOCATION in a body is the server's location.
type object = map[string]any

// do sends a request and decodes the answer.
func (r raw) do(method, path, body string) (int, object) {
	r.t.Helper()
	response := r.send(method, path, body)
	data, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	var answer object
	require.NoError(r.t, json.Unmarshal(data, &answer), string(data))
	require.NotEmpty(r.t, answer["traceId"], "each answer has a trace id")
	return response.StatusCode, answer
}

func (r raw) send(method, path, body string) *http.Response {
	r.t.Helper()
	body = strings.ReplaceAll(body, "LOCATION", contactstest.DefaultLocation)
	path = strings.ReplaceAll(path, "LOCATION", contactstest.DefaultLocation)
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Version", r.version)
	request.Header.Set("Content-Type", "application/json")
	response, err := r.server.Transport().RoundTrip(request)
	require.NoError(r.t, err)
	return response
}

// must is do for a request that succeeds.
func (r raw) must(method, path, body string) object {
	r.t.Helper()
	status, answer := r.do(method, path, body)
	require.Equal(r.t, 2, status/100, answer)
	return answer
}

// contact makes a contact of some fields: `"email":"a@example.com"`.
func (r raw) contact(fields string) string {
	r.t.Helper()
	if fields != "" {
		fields = "," + fields
	}
	answer := r.must("POST", "/contacts/", `{"locationId":"LOCATION"`+fields+`}`)
	return in(answer, "contact", "id").(string)
}

// in follows names and indexes into an answer.
func in(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value, _ = value.(object)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value
}
