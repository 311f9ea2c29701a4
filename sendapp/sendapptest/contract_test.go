package sendapptest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
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

func TestValidation(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	contact := create(t, client, "x")
	for _, test := range []struct{ kind, field, good, bad string }{
		{"contacts", "externalId", `"a"`, `"" 5 []`},
		{"contacts", "firstName", `"" "A\u0000🎉"`, `5 true {} []`},
		{"contacts", "phone", `"+15551234567" "+393331234567"`, `"" "15551234567" "+0155512" "+1(555)123" "+1234567890123456" 5`},
		{"contacts", "country", `"US" "IT"`, `"us" "USA" ""`},
		{"contacts", "timezone", `"America/New_York" "UTC"`, `"" "Local" "New York" "../etc/passwd"`},
		{"contacts", "dateOfBirth", `"1958-10-13" "2024-02-29"`, `"" "1958-13-10" "2023-02-29" "13/10/1958" "1958-10-13T00:00:00Z"`},
		{"contacts", "tags", `[] ["A","a"]`, `"a" [1] [""] [null] {}`},
		{"contacts", "customFields", `{} {"a":"x","b":1.50,"c":true,"d":["x"],"e":null}`, `[] {"a":{}} {"a":[1]} {"a":[null]} "x"`},
		{"contacts", "doNotDisturb", `{} {"sms":true,"call":null}`, `[] {"sms":"yes"} true`},
		{"contacts", "version", ``, `"1"`},
		{"tasks", "status", `"completed" "pending"`, `"done" "" true`},
		{"tasks", "dueDate", `"2026-01-02T03:04:05Z" "2026-01-02T03:04:05.678+02:00"`, `"" "2026-01-02" 1767323045000`},
		{"tasks", "occurredAt", `"1993-01-05T00:00:00.000Z"`, `"yesterday"`},
		{"tasks", "contactId", ``, `null "nobody" "" 5`},
		{"tasks", "completedAt", ``, `"2026-01-02T03:04:05Z"`},
		{"appointments", "status", `"new" "noshow"`, `"booked" ""`},
		{"appointments", "startTime", `"2026-01-02T03:04:05Z"`, `"tomorrow" 5`},
		{"appointments", "timezone", `"Europe/Rome"`, `"Rome"`},
		{"notes", "pinned", `true false`, `"true" 1`},
		{"notes", "body", `"" "` + strings.Repeat("é", sendapp.MaxNoteBody/2) + `"`, `5 "` + strings.Repeat("é", sendapp.MaxNoteBody/2) + `x"`},
	} {
		path := "/contacts"
		if test.kind != "contacts" {
			path += "/" + contact.ContactID + "/" + test.kind
		}
		for value := range fieldsOf(t, test.good) {
			response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:%s}`, test.field, value))
			assert.Equalf(t, 201, response.StatusCode, "%s: %.60s: %v", test.field, value, answer)
			_ = response.Body.Close()
		}
		for value := range fieldsOf(t, test.bad) {
			response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:%s}`, test.field, value))
			assert.Equalf(t, 422, response.StatusCode, "%s: %.60s", test.field, value)
			assert.Containsf(t, fmt.Sprint(answer["fields"]), test.field, "%.60s", value)
			_ = response.Body.Close()
		}
		if test.field == "contactId" || test.field == "version" || test.field == "completedAt" {
			continue
		}
		response, answer := send(t, server, "POST", path, fmt.Sprintf(`{%q:null}`, test.field))
		assert.Equalf(t, 201, response.StatusCode, "%s: null means unset in a new record: %v", test.field, answer)
		_ = response.Body.Close()
	}
}

// fieldsOf splits a list of JSON values.
func fieldsOf(t *testing.T, list string) func(func(string) bool) {
	t.Helper()
	return func(yield func(string) bool) {
		for decoder := json.NewDecoder(strings.NewReader(list)); decoder.More(); {
			var value json.RawMessage
			require.NoError(t, decoder.Decode(&value))
			if !yield(string(value)) {
				return
			}
		}
	}
}

func TestAnAppointmentEndsAfterItBegins(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	contact, start := create(t, client, "x"), time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)
	made, err := client.Appointments.Create(t.Context(), contact.ContactID, sendapp.AppointmentCreate{
		StartTime: opt.Set(sendapp.At(start)), EndTime: opt.Set(sendapp.At(start)),
	})
	require.NoError(t, err)
	_, err = client.Appointments.Update(t.Context(), contact.ContactID, made.AppointmentID, sendapp.AppointmentUpdate{
		EndTime: opt.Set(sendapp.At(start.Add(-time.Minute))),
	})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	require.ErrorContains(t, err, "endTime is before startTime")
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{
		Phone: opt.Set("555"), Country: opt.Set("usa"), Timezone: opt.Set("Rome"), FirstName: opt.Set("Ann"),
	})
	var failed *sendapp.Error
	require.ErrorAs(t, err, &failed)
	var fields []string
	for _, field := range failed.Fields {
		fields = append(fields, field.Field)
	}
	assert.Equal(t, []string{"country", "phone", "timezone"}, fields)
}

func TestAChangeThatChangesNothing(t *testing.T) {
	t.Parallel()
	now := newClock()
	_, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	made := create(t, client, "x")
	assert.Equal(t, "2026-01-02T03:04:05.678Z", made.CreatedAt.Format("2006-01-02T15:04:05.999999Z07:00"))
	now.Time = now.Add(time.Minute)
	same, err := client.Contacts.Update(t.Context(), made.ContactID, sendapp.ContactUpdate{
		FirstName: opt.Set(made.FirstName), Tags: opt.Set([]string{"b", "A", "a"}), City: opt.Null[string](),
		CustomFields: opt.Set(map[string]json.RawMessage{"none": json.RawMessage("null")}),
	})
	require.NoError(t, err)
	assert.Equal(t, made, same)
	changed, err := client.Contacts.Update(t.Context(), made.ContactID, sendapp.ContactUpdate{City: opt.Set("")})
	require.NoError(t, err)
	assert.NotEqual(t, made.Version, changed.Version, "an empty text is not the same as none")
	assert.True(t, changed.UpdatedAt.After(made.UpdatedAt.Time))
	assert.Equal(t, made.CreatedAt, changed.CreatedAt)
}

func TestATaskIsCompletedOnce(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	ctx, contact := t.Context(), create(t, client, "x")
	task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{Status: opt.Set(sendapp.TaskCompleted)})
	require.NoError(t, err)
	first := task.CompletedAt
	assert.False(t, first.IsZero())
	now.Time = now.Add(time.Hour)
	task, err = client.Tasks.Update(ctx, contact.ContactID, task.TaskID, sendapp.TaskUpdate{TaskTitle: opt.Set("Call")})
	require.NoError(t, err)
	assert.Equal(t, first, task.CompletedAt)
	task, err = client.Tasks.Update(ctx, contact.ContactID, task.TaskID, sendapp.TaskUpdate{Status: opt.Null[sendapp.TaskStatus]()})
	require.NoError(t, err)
	assert.Equal(t, sendapp.TaskPending, task.Status)
	assert.True(t, task.CompletedAt.IsZero())
	task, err = client.Tasks.Complete(ctx, contact.ContactID, task.TaskID, true)
	require.NoError(t, err)
	assert.True(t, task.CompletedAt.After(first.Time))
	response, _ := send(t, server, "PUT", "/contacts/"+contact.ContactID+"/tasks/"+task.TaskID+"/completed", `{"done":true}`)
	assert.Equal(t, 422, response.StatusCode)
	_ = response.Body.Close()
}

func TestAChildMoves(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	ctx := t.Context()
	one, two := create(t, client, "1"), create(t, client, "2")
	note, err := client.Notes.Create(ctx, one.ContactID, sendapp.NoteCreate{ExternalID: opt.Set("n"), Body: opt.Set("Hello")})
	require.NoError(t, err)
	_, err = client.Notes.Update(ctx, one.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set("nobody")})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	moved, err := client.Notes.Update(ctx, one.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set(two.ContactID)})
	require.NoError(t, err)
	assert.Equal(t, two.ContactID, moved.ContactID)
	_, err = client.Notes.Get(ctx, one.ContactID, note.NoteID)
	require.ErrorIs(t, err, sendapp.ErrNotFound)
	require.NoError(t, client.Contacts.Delete(ctx, one.ContactID))
	page, err := client.Notes.ListPage(ctx, sendapp.NoteQuery{ExternalID: "n"}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1, "it doesn't go with the contact that it left")
	require.NoError(t, client.Contacts.Delete(ctx, two.ContactID))
	assert.Zero(t, server.Counts())
	gone, err := client.Notes.ListDeletedPage(ctx, sendapp.DeletedQuery{Since: one.CreatedAt.Time}, "")
	require.NoError(t, err)
	require.Len(t, gone.Items, 1)
	assert.Equal(t, note.NoteID, gone.Items[0].NoteID)
	assert.Equal(t, two.ContactID, gone.Items[0].ContactID)
	_, err = client.Contacts.Create(ctx, sendapp.ContactCreate{ExternalID: opt.Set("1")})
	require.NoError(t, err, "the external id is free again")
}

func TestListings(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	ctx := t.Context()
	var made []*sendapp.Contact
	for i, create := range []sendapp.ContactCreate{
		{ExternalID: opt.Set("0"), Email: opt.Set("Ann@Example.com"), Tags: opt.Set([]string{"VIP"})},
		{ExternalID: opt.Set("1"), Phone: opt.Set("+15551234567"), Tags: opt.Set([]string{"vip", "x"})},
		{ExternalID: opt.Set("2"), Phone: opt.Set("+15551234567")},
	} {
		now.Time = now.Add(time.Second)
		contact, err := client.Contacts.Create(ctx, create)
		require.NoError(t, err)
		made = append(made, contact)
		for _, status := range []sendapp.TaskStatus{sendapp.TaskPending, sendapp.TaskCompleted} {
			_, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{ExternalID: opt.Set(fmt.Sprint(i, status)), Status: opt.Set(status)})
			require.NoError(t, err)
		}
	}
	find := func(query sendapp.ContactQuery) (found string) {
		for contact, err := range client.Contacts.List(ctx, query) {
			require.NoError(t, err)
			found += contact.ExternalID
		}
		return found
	}
	assert.Equal(t, "012", find(sendapp.ContactQuery{Limit: 1}))
	assert.Equal(t, "0", find(sendapp.ContactQuery{Email: "ann@example.COM"}))
	assert.Equal(t, "12", find(sendapp.ContactQuery{Phone: "+15551234567", Limit: 1}))
	assert.Equal(t, "1", find(sendapp.ContactQuery{Phone: "+15551234567", Tag: "Vip"}))
	assert.Equal(t, "01", find(sendapp.ContactQuery{Tag: "vip"}))
	assert.Equal(t, "2", find(sendapp.ContactQuery{ExternalID: "2"}))
	assert.Empty(t, find(sendapp.ContactQuery{ExternalID: "3"}))
	assert.Equal(t, "12", find(sendapp.ContactQuery{UpdatedSince: made[1].UpdatedAt.Time}), "what changed at that time too")
	now.Time = now.Add(time.Second)
	_, err := client.Contacts.Update(ctx, made[0].ContactID, sendapp.ContactUpdate{City: opt.Set("Rome")})
	require.NoError(t, err)
	assert.Equal(t, "120", find(sendapp.ContactQuery{}), "what changed goes to the end")

	count := func(query sendapp.TaskQuery) (n int) {
		for _, err := range client.Tasks.List(ctx, query) {
			require.NoError(t, err)
			n++
		}
		return n
	}
	assert.Equal(t, 6, count(sendapp.TaskQuery{Limit: 4}))
	assert.Equal(t, 2, count(sendapp.TaskQuery{ContactID: made[0].ContactID}))
	assert.Equal(t, 1, count(sendapp.TaskQuery{ContactID: made[2].ContactID, Status: sendapp.TaskCompleted}))

	for _, bad := range []string{
		"/contacts?limit=0", "/contacts?limit=201", "/contacts?limit=x", "/contacts?limit=1&limit=2", "/contacts?status=pending",
		"/contacts?name=Ann", "/contacts?externalId=", "/contacts?updatedSince=today", "/contacts?cursor=x",
		"/contacts?deletedSince=2026-01-01T00:00:00Z&tag=x", "/notes?status=pending", "/tasks?status=pending", "/tasks?email=x",
		"/contacts/" + made[0].ContactID + "/tasks?deletedSince=2026-01-01T00:00:00Z",
	} {
		response, answer := send(t, server, "GET", bad, "")
		assert.Equalf(t, 422, response.StatusCode, "%s: %v", bad, answer)
		_ = response.Body.Close()
	}
	page, err := client.Contacts.ListPage(ctx, sendapp.ContactQuery{Tag: "vip", Limit: 1}, "")
	require.NoError(t, err)
	_, err = client.Contacts.ListPage(ctx, sendapp.ContactQuery{Tag: "x", Limit: 1}, page.Next)
	require.ErrorIs(t, err, sendapp.ErrInvalid, "a cursor belongs to its query")
}

func TestAnIdempotencyKeyEndsAfterADay(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, client := sendapptest.Start(t, sendapptest.WithClock(now.now))
	key := sendapp.WithIdempotencyKey("k")
	first, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	now.Time = now.Add(24*time.Hour - time.Millisecond)
	second, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	now.Time = now.Add(time.Millisecond)
	third, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	assert.NotEqual(t, first.ContactID, third.ContactID)
	assert.Equal(t, 2, server.Counts().Contacts)
}

func TestARefusalIsNotRememberedUnderItsKey(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	holder := create(t, client, "x")
	key, body := sendapp.WithIdempotencyKey("k"), sendapp.ContactCreate{ExternalID: opt.Set("x")}
	_, err := client.Contacts.Create(t.Context(), body, key)
	require.ErrorIs(t, err, sendapp.ErrDuplicate)
	require.NoError(t, client.Contacts.Delete(t.Context(), holder.ContactID))
	_, err = client.Contacts.Create(t.Context(), body, key)
	require.NoError(t, err)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, err := sendapptest.NewServer(sendapptest.WithLimits(), sendapptest.WithClock(now.now))
	require.NoError(t, err)
	for i := range 100 {
		response, _ := send(t, server, "GET", "/contacts", "")
		require.Equal(t, 200, response.StatusCode, i)
		require.Equal(t, fmt.Sprint(99-i), response.Header.Get("RateLimit-Remaining"))
		_ = response.Body.Close()
	}
	response, answer := send(t, server, "GET", "/contacts", "")
	assert.Equal(t, 429, response.StatusCode)
	assert.Equal(t, "rate_limited", answer["code"])
	assert.Equal(t, "100", response.Header.Get("RateLimit-Limit"))
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	_ = response.Body.Close()
	now.Time = now.Add(10 * time.Second)
	response, _ = send(t, server, "GET", "/contacts", "")
	assert.Equal(t, 200, response.StatusCode)
	_ = response.Body.Close()
}

// What a restart must not change: texts that encoding/json escapes, numbers,
// versions, ids that were given, tombstones, keys.
func TestARestartChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, client := sendapptest.Start(t, sendapptest.WithDir(dir))
	ctx := t.Context()
	body := sendapp.ContactCreate{
		ExternalID: opt.Set("<x&>"), FirstName: opt.Set("<A> & \u2028 \x00 🎉 é"), Tags: opt.Set([]string{"<b>"}),
		CustomFields: opt.Set(map[string]json.RawMessage{"<k>": json.RawMessage(`"<v>"`), "n": json.RawMessage("12345678901234567890.10")}),
	}
	made, err := client.Contacts.Create(ctx, body, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err)
	other := create(t, client, "other")
	_, err = client.Tasks.Create(ctx, other.ContactID, sendapp.TaskCreate{ExternalID: opt.Set("t"), Status: opt.Set(sendapp.TaskCompleted)})
	require.NoError(t, err)
	require.NoError(t, client.Contacts.Delete(ctx, other.ContactID))
	want, deleted := server.Export(), tombstones(t, client)
	require.NoError(t, server.Close())

	for range 2 { // from the journal, and from what the first start made of it
		server, client = sendapptest.Start(t, sendapptest.WithDir(dir))
		assert.Equal(t, want, server.Export())
		assert.Equal(t, deleted, tombstones(t, client))
		again, err := client.Contacts.Create(ctx, body, sendapp.WithIdempotencyKey("k"))
		require.NoError(t, err)
		assert.Equal(t, made, again)
		same, err := client.Contacts.Update(ctx, made.ContactID, body)
		require.NoError(t, err)
		assert.Equal(t, made.Version, same.Version, "nothing changed")
		fresh := create(t, client, "fresh")
		assert.NotContains(t, []string{made.ContactID, other.ContactID}, fresh.ContactID)
		require.NoError(t, client.Contacts.Delete(ctx, fresh.ContactID))
		deleted = tombstones(t, client)
		require.NoError(t, server.Close())
	}
	_, err = client.Contacts.Create(ctx, sendapp.ContactCreate{})
	require.Error(t, err, "a closed server accepts nothing that it could not keep")
}

func tombstones(t *testing.T, client *sendapp.Client) []*sendapp.Tombstone {
	t.Helper()
	var all []*sendapp.Tombstone
	query := sendapp.DeletedQuery{Since: time.Unix(0, 0), Limit: 1}
	for _, list := range []iter.Seq2[*sendapp.Tombstone, error]{
		client.Contacts.ListDeleted(t.Context(), query), client.Tasks.ListDeleted(t.Context(), query), client.Notes.ListDeleted(t.Context(), query),
	} {
		for gone, err := range list {
			require.NoError(t, err)
			all = append(all, gone)
		}
	}
	return all
}

// Many create the same at once: one does, all others learn who.
func TestAnExternalIDIsGivenOnce(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	var created atomic.Int32
	holders := make([]string, 20)
	var group sync.WaitGroup
	for i := range holders {
		group.Go(func() {
			contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{ExternalID: opt.Set("x"), City: opt.Set(fmt.Sprint(i))})
			if err == nil {
				created.Add(1)
				holders[i] = contact.ContactID
			} else if failed, ok := errors.AsType[*sendapp.Error](err); ok && errors.Is(err, sendapp.ErrDuplicate) {
				holders[i] = failed.ConflictingID
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 1, created.Load())
	assert.Equal(t, slices.Repeat(holders[:1], len(holders)), holders)
	assert.NotEmpty(t, holders[0])
	assert.Equal(t, 1, server.Counts().Contacts)
}

func TestTheSameSeedMakesTheSameIDs(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, seed := range []uint64{7, 7, 8} {
		_, client := sendapptest.Start(t, sendapptest.WithSeed(seed))
		ids = append(ids, create(t, client, "x").ContactID)
	}
	assert.Equal(t, ids[0], ids[1])
	assert.NotEqual(t, ids[0], ids[2])
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault sendapptest.Fault
		want  int // records
	}{
		"an error before": {sendapptest.Fault{Status: 503}, 0},
		"an error after":  {sendapptest.Fault{Status: 500, After: true}, 1},
		"cut before":      {sendapptest.Fault{Cut: true}, 0},
		"cut after":       {sendapptest.Fault{Cut: true, After: true}, 1},
	} {
		server, client := sendapptest.Start(t, sendapptest.WithFaults(func(string, int) sendapptest.Fault { return test.fault }))
		client, err := client.With(sendapp.WithRetry(sendapp.RetryPolicy{}))
		require.NoError(t, err)
		_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.ErrorIs(t, err, sendapp.ErrUnknownOutcome, name)
		assert.Equal(t, test.want, server.Counts().Contacts, name)
		assert.Equal(t, map[string]int{"contacts.create": 1}, server.Requests(), name)
	}
}

func BenchmarkCreateWithJournal(b *testing.B) {
	_, client := sendapptest.Start(b, sendapptest.WithDir(b.TempDir()))
	n := 0
	for b.Loop() {
		n++
		_, err := client.Contacts.Create(b.Context(), sendapp.ContactCreate{
			ExternalID: opt.Set(fmt.Sprint(n)), FirstName: opt.Set("Ann"), Phone: opt.Set("+15551234567"),
			CustomFields: opt.Set(map[string]json.RawMessage{"govtrack": json.RawMessage("300018")}),
		})
		require.NoError(b, err)
	}
}
