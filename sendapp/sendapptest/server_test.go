package sendapptest_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func create(t *testing.T, client *sendapp.Client, external string) *sendapp.Contact {
	t.Helper()
	contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{
		ExternalID: opt.Set(external), FirstName: opt.Set("Ann 🎉 \x00"), Phone: opt.Set("+15551234567"), Tags: opt.Set([]string{"B", "a"}),
	})
	require.NoError(t, err)
	return contact
}

func TestAContactsLife(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	ctx := t.Context()
	made := create(t, client, "x")
	assert.Equal(t, []string{"a", "b"}, made.Tags)
	assert.Equal(t, "Ann 🎉 \x00", made.FirstName)

	_, err := client.Contacts.Create(ctx, sendapp.ContactCreate{ExternalID: opt.Set("x")})
	require.ErrorIs(t, err, sendapp.ErrDuplicate)
	var refused *sendapp.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, made.ContactID, refused.ConflictingID)
	assert.Equal(t, sendapp.CodeExternalIDTaken, refused.Code)

	page, err := client.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: "x"}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)

	same, err := client.Contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{Phone: opt.Set("+15551234567")})
	require.NoError(t, err)
	assert.Equal(t, made.Version, same.Version, "nothing changed")
	changed, err := client.Contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{Phone: opt.Null[string]()}, sendapp.WithIfMatch(made.Version))
	require.NoError(t, err)
	assert.Empty(t, changed.Phone)
	_, err = client.Contacts.Update(ctx, made.ContactID, sendapp.ContactUpdate{City: opt.Set("Rome")}, sendapp.WithIfMatch(made.Version))
	require.ErrorIs(t, err, sendapp.ErrConflict)

	task, err := client.Tasks.Create(ctx, made.ContactID, sendapp.TaskCreate{ExternalID: opt.Set("t"), TaskTitle: opt.Set("Call")})
	require.NoError(t, err)
	assert.Equal(t, sendapp.TaskPending, task.Status)
	task, err = client.Tasks.Complete(ctx, made.ContactID, task.TaskID, true)
	require.NoError(t, err)
	assert.False(t, task.CompletedAt.IsZero())
	_, err = client.Notes.Create(ctx, made.ContactID, sendapp.NoteCreate{Body: opt.Set(strings.Repeat("x", 65<<10))})
	require.ErrorIs(t, err, sendapp.ErrInvalid)

	require.NoError(t, client.Contacts.Delete(ctx, made.ContactID))
	require.ErrorIs(t, client.Contacts.Delete(ctx, made.ContactID), sendapp.ErrNotFound)
	assert.Equal(t, sendapptest.Counts{}, server.Counts())
	gone, err := client.Contacts.ListDeletedPage(ctx, sendapp.DeletedQuery{Since: time.Unix(0, 0)}, "")
	require.NoError(t, err)
	require.Len(t, gone.Items, 1)
	assert.Equal(t, "x", gone.Items[0].ExternalID)
	capabilities, err := client.Capabilities(ctx)
	require.NoError(t, err)
	assert.True(t, capabilities.HasFeature(sendapp.FeatureCascades))
}

func TestAllPagesAreSeenOnce(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	for i := range 7 {
		_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{ExternalID: opt.Set(fmt.Sprint(i))})
		require.NoError(t, err)
	}
	seen := map[string]bool{}
	for contact, err := range client.Contacts.List(t.Context(), sendapp.ContactQuery{Limit: 2}) {
		require.NoError(t, err)
		seen[contact.ExternalID] = true
	}
	assert.Len(t, seen, 7)
}

func TestAnIdempotencyKeyMakesACreateHappenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := sendapp.ContactCreate{FirstName: opt.Set("Ann")}
	server, client := sendapptest.Start(t, sendapptest.WithDir(dir), sendapptest.WithFaults(func(operation string, call int) sendapptest.Fault {
		return sendapptest.Fault{Cut: operation == "contacts.create" && call == 1, After: true}
	}))
	made, err := client.Contacts.Create(t.Context(), body, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err, "the client repeats it with the same key")
	assert.Equal(t, 1, server.Counts().Contacts)
	require.NoError(t, server.Close())

	again, client := sendapptest.Start(t, sendapptest.WithDir(dir))
	repeated, err := client.Contacts.Create(t.Context(), body, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err)
	assert.Equal(t, made.ContactID, repeated.ContactID)
	assert.Equal(t, 1, again.Counts().Contacts)
	_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{}, sendapp.WithIdempotencyKey("k"))
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	require.NoError(t, client.Contacts.Delete(t.Context(), made.ContactID))
	third, err := client.Contacts.Create(t.Context(), body, sendapp.WithIdempotencyKey("k"))
	require.NoError(t, err)
	assert.NotEqual(t, made.ContactID, third.ContactID, "an answer is never repeated for a record that was deleted since")
}

func TestTheServerRefuses(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	made := create(t, client, "x")
	for name, c := range map[string]struct {
		method, path, body, key, kind string
		status                        int
		text                          string
	}{
		"wrong key":     {"GET", "/contacts", "", "wrong", "", 401, "unauthorized"},
		"unknown path":  {"GET", "/people", "", "", "", 404, "no_route"},
		"unknown id":    {"GET", "/contacts/nobody", "", "", "", 404, "not_found"},
		"no JSON":       {"POST", "/contacts", "{", "", "", 400, "malformed"},
		"wrong type":    {"POST", "/contacts", "{}", "", "text/plain", 415, "unsupported_media_type"},
		"unknown field": {"POST", "/contacts", `{"x":1}`, "", "", 422, `"field":"x"`},
		"national":      {"POST", "/contacts", `{"phone":"202-224-3441"}`, "", "", 422, `"field":"phone"`},
		"country":       {"POST", "/contacts", `{"country":"usa"}`, "", "", 422, `"field":"country"`},
		"limit":         {"GET", "/contacts?limit=201", "", "", "", 422, `"field":"limit"`},
		"too large":     {"POST", "/contacts", `{"firstName":"` + strings.Repeat("x", 1<<20) + `"}`, "", "", 413, "too_large"},
		"null contact":  {"PUT", "/contacts/" + made.ContactID, "null", "", "", 400, "malformed"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("X-API-Key", sendapptest.DefaultAPIKey)
		r.Header.Set("Content-Type", "application/json")
		if c.key != "" {
			r.Header.Set("X-API-Key", c.key)
		}
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		assert.Equal(t, c.status, w.Code, name)
		assert.Contains(t, w.Body.String(), c.text, name)
		assert.NotEmpty(t, w.Header().Get("X-Request-Id"), name)
	}
}

func TestCustomFieldsAreMergedAndKeepEveryDigit(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	made := create(t, client, "x")
	r := httptest.NewRequestWithContext(t.Context(), "PUT", "/contacts/"+made.ContactID,
		strings.NewReader(`{"customFields":{"n":12345678901234567890,"s":"x","l":["a"]}}`))
	r.Header.Set("X-API-Key", sendapptest.DefaultAPIKey)
	r.Header.Set("Content-Type", "application/json")
	server.ServeHTTP(httptest.NewRecorder(), r)
	r = httptest.NewRequestWithContext(t.Context(), "PUT", "/contacts/"+made.ContactID, strings.NewReader(`{"customFields":{"s":null,"b":true}}`))
	r.Header = map[string][]string{"X-Api-Key": {sendapptest.DefaultAPIKey}, "Content-Type": {"application/json"}}
	server.ServeHTTP(httptest.NewRecorder(), r)
	got, err := client.Contacts.Get(t.Context(), made.ContactID)
	require.NoError(t, err)
	assert.Equal(t, "12345678901234567890", string(got.CustomFields["n"]))
	assert.NotContains(t, got.CustomFields, "s")
	assert.Contains(t, got.CustomFields, "l")
}

func TestAKillAtAnyByteLosesNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, client := sendapptest.Start(t, sendapptest.WithDir(dir))
	made := create(t, client, "x")
	_, err := client.Tasks.Create(t.Context(), made.ContactID, sendapp.TaskCreate{TaskTitle: opt.Set("Call")})
	require.NoError(t, err)
	require.NoError(t, client.Contacts.Delete(t.Context(), made.ContactID))
	files, err := filepath.Glob(filepath.Join(dir, "sendapp-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	want := []sendapptest.Counts{{}, {Contacts: 1}, {Contacts: 1, Tasks: 1}, {}}
	for cut := range len(data) + 1 {
		// Within a line all bytes are alike: some are enough, and all around its end.
		if around := string(data[max(0, cut-2):min(len(data), cut+2)]); cut%5 != 0 && !strings.Contains(around, "\n") {
			continue
		}
		copied := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(copied, filepath.Base(files[0])), data[:cut], 0o600))
		for range 2 { // the second time from what the first wrote
			again, err := sendapptest.NewServer(sendapptest.WithDir(copied))
			require.NoError(t, err, "cut at byte %d", cut)
			assert.Equal(t, want[strings.Count(string(data[:cut]), "\n")], again.Counts(), "cut at byte %d", cut)
			require.NoError(t, again.Close())
		}
	}
}

func TestNothingShowsTheKey(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t)
	other, err := client.With(sendapp.WithAPIKey("secret-key"))
	require.NoError(t, err)
	_, err = other.Contacts.Get(t.Context(), "x")
	require.ErrorIs(t, err, sendapp.ErrUnauthorized)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", other, other, other, err, err, err), "secret-key")
	_, err = sendapp.NewClient(sendapp.WithAPIKey("secret-key"))
	require.ErrorContains(t, err, "WithBaseURL")
}
