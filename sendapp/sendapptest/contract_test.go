package sendapptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// send sends a request as a foreign client would.
func send(t *testing.T, server *sendapptest.Server, method, path, body string, headers ...string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("X-API-Key", sendapptest.DefaultAPIKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	var answer map[string]any
	if w.Body.Len() > 0 {
		require.NoErrorf(t, json.Unmarshal(w.Body.Bytes(), &answer), "%s %s: %s", method, path, w.Body)
	}
	assert.NotEmpty(t, w.Header().Get("X-Request-Id"), "%s %s", method, path)
	if w.Code >= 400 {
		assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		assert.Equal(t, w.Header().Get("X-Request-Id"), answer["requestId"])
		assert.InDelta(t, w.Code, answer["status"], 0)
		for _, member := range []string{"type", "title", "detail", "code"} {
			assert.NotEmptyf(t, answer[member], "%s %s: %s", method, path, member)
		}
	}
	return w.Result(), answer
}

// clock is a time that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)} }

// Every status of the contract, once at least.
func TestStatuses(t *testing.T) {
	t.Parallel()
	server, err := sendapptest.NewServer(sendapptest.WithToken("reader", "contacts.readonly"), sendapptest.WithToken("nobody"))
	require.NoError(t, err)
	_, made := send(t, server, "POST", "/contacts", `{"externalId":"x"}`)
	id, _ := made["contactId"].(string)
	_, task := send(t, server, "POST", "/contacts/"+id+"/tasks", `{"taskTitle":"Call"}`)
	taskPath := fmt.Sprintf("/contacts/%s/tasks/%s", id, task["taskId"])
	_, other := send(t, server, "POST", "/contacts", `{"externalId":"y"}`)
	otherID, _ := other["contactId"].(string)

	bearer := func(token string) []string { return []string{"X-API-Key", "", "Authorization", "Bearer " + token} }
	for _, test := range []struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		{"GET", "/capabilities", "", nil, 200, ""},
		{"GET", "/contacts", "", nil, 200, ""},
		{"GET", "/contacts", "", bearer("reader"), 200, ""},
		{"GET", "/contacts/" + id, "", nil, 200, ""},
		{"PUT", "/contacts/" + id, `{"city":"Rome"}`, nil, 200, ""},
		{"POST", "/contacts", `{}`, nil, 201, ""},

		{"POST", "/contacts", `{`, nil, 400, "malformed"},
		{"POST", "/contacts", `[]`, nil, 400, "malformed"},
		{"POST", "/contacts", `null`, nil, 400, "malformed"},
		{"POST", "/contacts", `{"city":"a","city":"b"}`, nil, 400, "malformed"},
		{"POST", "/contacts", "{\"city\":\"\xff\"}", nil, 400, "malformed"},
		{"POST", "/contacts", `{} {}`, nil, 400, "malformed"},
		{"POST", "/contacts", `{}`, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "malformed"},
		{"GET", "/contacts", "", []string{"X-API-Key", "wrong"}, 401, "unauthorized"},
		{"GET", "/contacts", "", []string{"X-API-Key", ""}, 401, "unauthorized"},
		{"GET", "/contacts", "", bearer("wrong"), 401, "unauthorized"},
		{"POST", "/contacts", `{}`, bearer("reader"), 403, "scope_missing"},
		{"GET", "/contacts", "", bearer("nobody"), 403, "scope_missing"},
		{"GET", "/people", "", nil, 404, "no_route"},
		{"GET", "/contacts/nobody", "", nil, 404, "not_found"},
		{"GET", "/contacts/nobody/tasks", "", nil, 404, "not_found"},
		{"POST", "/contacts/nobody/tasks", `{}`, nil, 404, "not_found"},
		{"GET", strings.Replace(taskPath, id, otherID, 1), "", nil, 404, "not_found"},
		{"PUT", taskPath + "x", `{}`, nil, 404, "not_found"},
		{"PATCH", "/contacts/" + id, `{}`, nil, 405, "method_not_allowed"},
		{"DELETE", "/contacts", "", nil, 405, "method_not_allowed"},
		{"POST", "/contacts", `{"externalId":"x"}`, nil, 409, "external_id_taken"},
		{"PUT", "/contacts/" + otherID, `{"externalId":"x"}`, nil, 409, "external_id_taken"},
		{"PUT", "/contacts/" + id, `{}`, []string{"If-Match", "99"}, 412, "version_mismatch"},
		{"PUT", "/contacts/" + id, `{}`, []string{"If-Match", `"1"`}, 412, "version_mismatch"},
		{"DELETE", taskPath, "", []string{"If-Match", "other"}, 412, "version_mismatch"},
		{"POST", "/contacts/" + id + "/tags", `{"tags":["a"]}`, []string{"If-Match", "99"}, 412, "version_mismatch"},
		{"POST", "/contacts", `{"city":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "too_large"},
		{"POST", "/contacts", `{}`, []string{"Content-Type", "text/plain"}, 415, "unsupported_media_type"},
		{"POST", "/contacts", `{}`, []string{"Content-Type", ""}, 415, "unsupported_media_type"},
		{"POST", "/contacts", `{"nickname":"A"}`, nil, 422, "invalid"},

		{"DELETE", taskPath, "", []string{"If-Match", "*"}, 204, ""},
		{"DELETE", taskPath, "", nil, 404, "not_found"},
		{"DELETE", "/contacts/" + otherID, "", nil, 204, ""},
		{"DELETE", "/contacts/" + otherID, "", nil, 404, "not_found"},
	} {
		response, answer := send(t, server, test.method, test.path, test.body, test.headers...)
		what := fmt.Sprintf("%s %s %.40s %v", test.method, test.path, test.body, test.headers)
		assert.Equal(t, test.status, response.StatusCode, what)
		if test.code != "" {
			assert.Equal(t, test.code, answer["code"], what)
		}
		switch test.status {
		case http.StatusUnauthorized:
			assert.Equal(t, "Bearer", response.Header.Get("WWW-Authenticate"), what)
		case http.StatusForbidden:
			assert.Contains(t, answer["scope"], "contacts.", what)
		case http.StatusMethodNotAllowed:
			assert.NotEmpty(t, response.Header.Get("Allow"), what)
		case http.StatusConflict:
			assert.Equal(t, id, answer["conflictingId"], what)
		}
	}
}
