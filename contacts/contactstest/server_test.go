package contactstest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

func create(t *testing.T, client *contacts.Client, first, last, email string) *contacts.Contact {
	t.Helper()
	contact, err := client.Contacts.Create(t.Context(), contacts.ContactCreate{
		FirstName: opt.Set(first), LastName: opt.Set(last), Email: opt.Set(email),
		Address1: opt.Set("1 Main St"), Tags: opt.Set([]string{"VIP", "vip"}),
	})
	require.NoError(t, err)
	return contact
}

func TestAContactsLife(t *testing.T) {
	t.Parallel()
	server, client := contactstest.Start(t)
	ctx := t.Context()
	made := create(t, client, "Ann", "McDonald", "ann@example.com")
	assert.Equal(t, []string{"vip"}, made.Tags, "tags are kept in lower case")

	got, err := client.Contacts.Get(ctx, made.ID)
	require.NoError(t, err)
	assert.Equal(t, "McDonald", got.LastName)
	assert.Equal(t, "Ann McDonald", got.Name)
	assert.Contains(t, got.Extra(), "emailLowerCase")

	updated, err := client.Contacts.Update(ctx, made.ID, contacts.ContactUpdate{
		Phone: opt.Set("+1 555-123-4567"), Address1: opt.Null[string](),
	})
	require.NoError(t, err)
	assert.Equal(t, "+15551234567", updated.Phone)
	assert.Empty(t, updated.Address1)

	_, err = client.Contacts.Create(ctx, contacts.ContactCreate{Email: opt.Set("ANN@example.com")})
	require.ErrorIs(t, err, contacts.ErrDuplicate)
	var refused *contacts.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, made.ID, refused.ConflictingID)
	assert.NotEmpty(t, refused.TraceID)

	require.NoError(t, client.Contacts.Delete(ctx, made.ID))
	_, err = client.Contacts.Get(ctx, made.ID)
	require.ErrorIs(t, err, contacts.ErrNotFound)
	assert.Equal(t, 2, server.Requests()["contacts.get"])
}

func TestUpsertUpdatesTheContactWithTheSameEmail(t *testing.T) {
	t.Parallel()
	_, client := contactstest.Start(t)
	made := create(t, client, "Ann", "Lee", "ann@example.com")
	upsert := contacts.ContactUpsert{ContactCreate: contacts.ContactCreate{Email: opt.Set("ann@example.com"), City: opt.Set("Rome")}}
	got, created, err := client.Contacts.Upsert(t.Context(), upsert)
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, made.ID, got.ID)
	assert.Equal(t, "Rome", got.City)
	upsert.Email = opt.Set("bob@example.com")
	_, created, err = client.Contacts.Upsert(t.Context(), upsert)
	require.NoError(t, err)
	assert.True(t, created)
}

func TestSearchShowsRowsInAShapeOfItsOwnAndPages(t *testing.T) {
	t.Parallel()
	_, client := contactstest.Start(t)
	for i := range 7 {
		create(t, client, "Ann", fmt.Sprintf("McDonald%d", i), fmt.Sprintf("a%d@example.com", i))
	}
	search := client.Contacts.Search(t.Context(), contacts.SearchQuery{
		Limit: 3, Sort: []contacts.Sort{{Field: "dateAdded", Direction: "asc"}},
	})
	for range 2 { // it can be ranged over again
		seen := map[string]bool{}
		for contact, err := range search {
			require.NoError(t, err)
			seen[contact.ID] = true
			assert.Equal(t, "ann", contact.FirstName)
			assert.Equal(t, "1 Main St", contact.Address1)
		}
		assert.Len(t, seen, 7)
	}
	page, err := client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{UpdatedSince: time.Now().Add(time.Hour)}, "")
	require.NoError(t, err)
	assert.Empty(t, page.Items)
	_, err = client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{Limit: 501}, "")
	require.ErrorIs(t, err, contacts.ErrInvalid)
	_, err = client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{
		Filters: []contacts.Filter{{Field: "companyName", Operator: "contains", Value: "ab"}},
	}, "")
	require.ErrorContains(t, err, "Min. 3 characters")
}

func TestTasksAndNotes(t *testing.T) {
	t.Parallel()
	server, client := contactstest.Start(t)
	ctx := t.Context()
	contact := create(t, client, "Ann", "Lee", "ann@example.com")
	due := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	task, err := client.Tasks.Create(ctx, contact.ID, contacts.TaskCreate{Title: "Call", DueDate: contacts.At(due)})
	require.NoError(t, err)
	task, err = client.Tasks.Complete(ctx, contact.ID, task.ID, true)
	require.NoError(t, err)
	assert.True(t, task.Completed)
	assert.True(t, task.DueDate.Equal(due))
	note, err := client.Notes.Create(ctx, contact.ID, contacts.NoteCreate{Body: "emoji 🎉 and \x00 and ünïcödé"})
	require.NoError(t, err)
	notes, err := client.Notes.List(ctx, contact.ID)
	require.NoError(t, err)
	require.Len(t, notes, 1)
	assert.Equal(t, "emoji 🎉 and \x00 and ünïcödé", notes[0].Body)
	_, err = client.Notes.Update(ctx, contact.ID, note.ID, contacts.NoteUpdate{Body: opt.Set("other")})
	require.NoError(t, err)
	n := 0
	for task, err := range client.Tasks.Search(ctx, contacts.TaskQuery{Limit: 1}) {
		require.NoError(t, err)
		assert.Equal(t, contact.ID, task.ContactID)
		n++
	}
	assert.Equal(t, 1, n)
	_, err = client.Notes.Get(ctx, contact.ID, "none")
	require.ErrorIs(t, err, contacts.ErrNotFound)
	require.NoError(t, client.Contacts.Delete(ctx, contact.ID))
	assert.Equal(t, contactstest.Counts{}, server.Counts())
}

func TestTheServiceRefuses(t *testing.T) {
	t.Parallel()
	server, client := contactstest.Start(t)
	request := func(method, path, body string, header map[string]string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+contactstest.DefaultToken)
		r.Header.Set("Version", "2021-07-28")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for name, c := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
		text               string
	}{
		"no version":    {"GET", "/contacts/x", "", map[string]string{"Version": ""}, 401, "version header was not found."},
		"wrong version": {"GET", "/contacts/x", "", map[string]string{"Version": "1"}, 401, "version header is invalid"},
		"wrong token":   {"GET", "/contacts/x", "", map[string]string{"Authorization": "Bearer pit-x"}, 401, "Invalid Private Integration token"},
		"no token":      {"GET", "/contacts/x", "", map[string]string{"Authorization": "Bearer x"}, 401, "Invalid JWT"},
		"unknown id":    {"GET", "/contacts/x", "", nil, 400, "Contact with id x not found"},
		"unknown key":   {"POST", "/contacts/", `{"locationId":"` + contactstest.DefaultLocation + `","x":1}`, nil, 422, `["property x should not exist"]`},
		"no location":   {"POST", "/contacts/search", `{"pageLimit":1}`, nil, 422, "locationId should not be empty"},
		"other place":   {"POST", "/locations/other/tasks/search", `{}`, nil, 403, "does not have access"},
		"no route":      {"GET", "/nothing", "", nil, 404, "Cannot GET /nothing"},
		"no JSON":       {"POST", "/contacts/", "{", nil, 400, "JSON"},
	} {
		status, text := request(c.method, c.path, c.body, c.header)
		assert.Equal(t, c.status, status, name)
		assert.Contains(t, text, c.text, name)
		assert.Contains(t, text, "traceId", name)
	}
	other, err := client.With(contacts.WithToken("secret-token"))
	require.NoError(t, err)
	_, err = other.Contacts.Get(t.Context(), "x")
	require.ErrorIs(t, err, contacts.ErrUnauthorized)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", other, other, other), fmt.Sprintf("%v %+v %#v", err, err, err)} {
		assert.NotContains(t, shown, "secret-token")
	}
}

func TestTheRealLimitsRefuseTheHundredAndFirst(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	_, client := contactstest.Start(t, contactstest.WithLimits(), contactstest.WithClock(func() time.Time { return now }))
	client, err := client.With(contacts.WithLimiter(nil), contacts.WithRetry(contacts.RetryPolicy{}))
	require.NoError(t, err)
	for range 100 {
		_, err = client.Contacts.Get(t.Context(), "x")
		require.ErrorIs(t, err, contacts.ErrNotFound)
	}
	_, err = client.Contacts.Get(t.Context(), "x")
	require.ErrorIs(t, err, contacts.ErrRateLimited)
}

func TestACreateWithAFaultAfterItsEffectIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, fault := range []contactstest.Fault{{Status: 500, After: true}, {Cut: true, After: true}} {
		server, client := contactstest.Start(t, contactstest.WithFaults(func(operation string, _ int) contactstest.Fault {
			if operation == "contacts.create" {
				return fault
			}
			return contactstest.Fault{}
		}))
		_, err := client.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Ann")})
		require.ErrorIs(t, err, contacts.ErrUnknownOutcome)
		assert.Equal(t, 1, server.Counts().Contacts)
	}
}

func TestWebhooksAreSignedAndTyped(t *testing.T) {
	t.Parallel()
	server, client := contactstest.Start(t)
	verifier, err := contacts.NewVerifier(server.PublicKey())
	require.NoError(t, err)
	got := make(chan contacts.Event, 10)
	hook := httptest.NewServer(contacts.NewWebhookHandler(verifier, func(_ context.Context, e contacts.Event) error {
		got <- e
		return nil
	}))
	defer hook.Close()
	server.SendWebhooksTo(hook.URL)
	contact := create(t, client, "Ann", "Lee", "ann@example.com")
	note, err := client.Notes.Create(t.Context(), contact.ID, contacts.NoteCreate{Body: "hello"})
	require.NoError(t, err)
	require.NoError(t, server.Flush(t.Context()))
	event := <-got
	assert.Equal(t, contacts.EventContactCreate, event.Type)
	assert.Equal(t, contactstest.DefaultLocation, event.LocationID)
	sent, ok := event.Contact()
	require.True(t, ok)
	assert.Equal(t, contact.ID, sent.ID)
	event = <-got
	sentNote, ok := event.Note()
	require.True(t, ok)
	assert.Equal(t, note.ID, sentNote.ID)
	assert.Equal(t, "hello", sentNote.Body)
	assert.Equal(t, http.StatusOK, server.Deliveries()[0].Status)
}

const export = `{"source":"test","locationId":"ve9EPM428h8vShlRW1KT","customFields":[],
"contacts":[{"id":"a","firstName":"Ann","phone":"202-224-3441","dateUpdated":"2020-01-01T00:00:00.000Z","own":{"x":12345678901234567890}},
{"id":"b","firstName":"Bob","phone":"202-224-3441"}],
"tasks":{"a":[{"id":"t","title":"Call","dueDate":"2026-01-01T00:00:00.000Z","completed":false}]},"notes":{"b":[{"id":"n","body":"note"}]}}`

func read(t *testing.T, text string) *contactstest.Export {
	t.Helper()
	e, err := contactstest.ReadExport(strings.NewReader(text), "FILE")
	require.NoError(t, err)
	return e
}

func TestApplyBringsTheServerToExactlyThatState(t *testing.T) {
	t.Parallel()
	server, client := contactstest.Start(t)
	changes, err := server.Apply(read(t, export))
	require.NoError(t, err)
	assert.Equal(t, contactstest.Changes{Created: 4}, changes)
	assert.Empty(t, server.Requests())
	changes, err = server.Apply(read(t, export))
	require.NoError(t, err)
	assert.Equal(t, contactstest.Changes{}, changes)
	before, err := client.Contacts.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.JSONEq(t, `{"x":12345678901234567890}`, string(before.Extra()["own"]), "unknown keys are kept")

	changes, err = server.Apply(read(t, strings.Replace(export, "Ann", "Anna", 1)))
	require.NoError(t, err)
	assert.Equal(t, contactstest.Changes{Updated: 1}, changes)
	after, err := client.Contacts.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.True(t, after.DateUpdated.After(before.DateUpdated.Time), "the server says when")

	empty := `{"source":"test","locationId":"x","customFields":[],"contacts":[],"tasks":{},"notes":{}}`
	changes, err = server.Apply(read(t, empty))
	require.NoError(t, err)
	assert.Equal(t, contactstest.Changes{Deleted: 4}, changes)
	assert.Equal(t, contactstest.Counts{}, server.Counts())
}

func TestChildrenGoWithTheirContact(t *testing.T) {
	t.Parallel()
	server, _ := contactstest.Start(t)
	orphaned := read(t, `{"contacts":[{"id":"a"}],"tasks":{"a":[{"id":"t"}],"b":[{"id":"u"}]},"notes":{"b":[{"id":"n"},{"id":"o"}]}}`)
	assert.Equal(t, 3, orphaned.Orphans())
	_, err := server.Apply(orphaned)
	require.NoError(t, err)
	assert.Equal(t, contactstest.Counts{Contacts: 1, Tasks: 1}, server.Counts())
}

func TestABrokenExportIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"contacts":[{"id":"a"},{"name":"x"}]}`:    `FILE: contacts[1]: the record has no id`,
		`{"contacts":[{"id":"a"},{"id":"a"}]}`:      `FILE: contacts[1]: the id "a" stands twice`,
		`{"contacts":[{"id":""}]}`:                  `FILE: contacts[0]: the record has no id`,
		`{"contacts":["a"]}`:                        `FILE: contacts[0]: a record must be an object`,
		"{\"contacts\":[],\n\"people\":[]}":         `unknown field "people"`,
		"{\"contacts\":[],\n\n  x":                  `FILE: line 3, column 4: invalid character 'x'`,
		`{"contacts":3}`:                            `line 1`,
		``:                                          `EOF`,
		`{"contacts":[{"id":"a"}],"notes":{}} more`: `there is more behind the export`,
	} {
		_, err := contactstest.ReadExport(strings.NewReader(text), "FILE")
		require.ErrorContains(t, err, want, text)
		assert.NotContains(t, err.Error(), "\n")
		assert.True(t, strings.HasPrefix(err.Error(), "FILE: "), err)
	}
}

func FuzzReadExport(f *testing.F) {
	f.Add(export)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := contactstest.ReadExport(strings.NewReader(text), "FILE")
		if err != nil {
			return
		}
		server, err := contactstest.NewServer()
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Close()) }()
		_, err = server.Apply(e)
		require.NoError(t, err)
		changes, err := server.Apply(e)
		require.NoError(t, err)
		require.Equal(t, contactstest.Changes{}, changes)
	})
}

func TestAKillAtAnyByteLosesNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, client := contactstest.Start(t, contactstest.WithDir(dir))
	counts := []int{0}
	for i := range 3 {
		create(t, client, "Ann", "Lee", fmt.Sprintf("a%d@example.com", i))
		counts = append(counts, server.Counts().Contacts)
	}
	files, err := filepath.Glob(filepath.Join(dir, "contacts-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	// The first line is the beginning: it is put in its place whole.
	for cut := strings.Index(string(data), "\n") + 1; cut <= len(data); cut++ {
		copied := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(copied, filepath.Base(files[0])), data[:cut], 0o600))
		again, err := contactstest.NewServer(contactstest.WithDir(copied))
		require.NoError(t, err, "cut at byte %d", cut)
		whole := strings.Count(string(data[:cut]), "\n") - 1
		assert.Equal(t, counts[whole], again.Counts().Contacts, "cut at byte %d", cut)
		require.NoError(t, again.Close())
	}
	_, err = contactstest.NewServer(contactstest.WithDir(dir))
	require.ErrorContains(t, err, "in use by another process")
}

func TestExportOfTheServerCanBeAppliedToAnother(t *testing.T) {
	t.Parallel()
	server, _ := contactstest.Start(t)
	_, err := server.Apply(read(t, export))
	require.NoError(t, err)
	data, err := json.Marshal(server.Export())
	require.NoError(t, err)
	other, _ := contactstest.Start(t)
	_, err = other.Apply(read(t, string(data)))
	require.NoError(t, err)
	assert.Equal(t, server.Counts(), other.Counts())
}
