package contacts

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

// fixed is a time for tests.
var fixed = time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)

// untouched is a client whose stub fails the test if anything is sent.
func untouched(t *testing.T, opts ...ClientOption) *Client {
	t.Helper()
	return stubbed(t, func(s sent) reply {
		t.Errorf("%s %s was sent", s.Method, s.URL.Path)
		return reply{}
	}, opts...)
}

func TestBadIDsAreRefusedBeforeARequest(t *testing.T) {
	t.Parallel()
	client := untouched(t)
	ctx := t.Context()
	for _, id := range []string{
		"", ".", "..", "...", "a/b", `a\b`, "%2e", "%2e%2e", "a%2fb", "a?b", "a#b", "a\x00b", "a\nb", "\x7f", "\ufffd", strings.Repeat("a", 513),
	} {
		for name, call := range map[string]func() error{
			"Contacts.Get":               func() error { return second(client.Contacts.Get(ctx, id)) },
			"Contacts.Update":            func() error { return second(client.Contacts.Update(ctx, id, ContactUpdate{})) },
			"Contacts.Delete":            func() error { return client.Contacts.Delete(ctx, id) },
			"Tasks.Get":                  func() error { return second(client.Tasks.Get(ctx, "c1", id)) },
			"Tasks.List":                 func() error { return second(client.Tasks.List(ctx, id)) },
			"Notes.Delete":               func() error { return client.Notes.Delete(ctx, "c1", id) },
			"Tags.Add":                   func() error { return second(client.Tags.Add(ctx, id, []string{"a"})) },
			"Followers.Remove":           func() error { return second(client.Followers.Remove(ctx, id, []string{"u"})) },
			"Campaigns.Remove":           func() error { return client.Campaigns.Remove(ctx, "c1", id) },
			"Workflows.Add":              func() error { return client.Workflows.Add(ctx, "c1", id, time.Time{}) },
			"Businesses.ListContacts":    func() error { return second(client.Businesses.ListContactsPage(ctx, id, ListQuery{}, "")) },
			"Appointments.Get":           func() error { return second(client.Appointments.Get(ctx, id)) },
			"Appointments.ListByContact": func() error { return second(client.Appointments.ListByContact(ctx, id)) },
			"Appointments.ListNotesPage": func() error { return second(client.Appointments.ListNotesPage(ctx, id, "")) },
			"Locations.GetTag":           func() error { return second(client.Locations.GetTag(ctx, id)) },
			"CustomFields.Delete":        func() error { return client.CustomFields.Delete(ctx, id) },
		} {
			err := call()
			require.ErrorIs(t, err, ErrInvalid, "%s(%q)", name, id)
			assert.NotContains(t, err.Error(), "a%2fb")
		}
	}
}

func TestBadInputIsRefusedBeforeARequest(t *testing.T) {
	t.Parallel()
	client := untouched(t)
	ctx := t.Context()
	long := strings.Repeat("x", 76)
	search := func(q SearchQuery, cursor string) error { return second(client.Contacts.SearchPage(ctx, q, cursor)) }
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"a search of too many":           {search(SearchQuery{Limit: 501}, ""), "Limit must be 1 to 500"},
		"a search of less than none":     {search(SearchQuery{Limit: -1}, ""), "Limit must be 1 to 500"},
		"a long query":                   {search(SearchQuery{Query: long}, ""), "75 characters"},
		"three sorts":                    {search(SearchQuery{Sort: make([]Sort, 3)}, ""), "more than 2"},
		"a sort without direction":       {search(SearchQuery{Sort: []Sort{{Field: FieldEmail}}}, ""), "Ascending or Descending"},
		"a filter without operator":      {search(SearchQuery{Filters: []Filter{{Field: FieldEmail}}}, ""), "needs a Field and an Operator"},
		"a filter that is long":          {search(SearchQuery{Filters: []Filter{Equal(FieldCity, long)}}, ""), "longer than 75"},
		"a range without bounds":         {search(SearchQuery{Filters: []Filter{Between(FieldDateAdded, time.Time{}, time.Time{})}}, ""), "no bound"},
		"an empty group":                 {search(SearchQuery{Filters: []Filter{AnyOf()}}, ""), "must have filters"},
		"a group of another name":        {search(SearchQuery{Filters: []Filter{{Group: "XOR", Filters: []Filter{Exists(FieldEmail)}}}}, ""), "And or Or"},
		"a bad filter in a group":        {search(SearchQuery{Filters: []Filter{AllOf(AnyOf(Filter{}))}}, ""), "needs a Field"},
		"a cursor of something else":     {search(SearchQuery{}, "17"), "no cursor"},
		"a cursor that is short":         {search(SearchQuery{}, "[1]"), "no cursor"},
		"a list of too many":             {second(client.Contacts.ListPage(ctx, ListQuery{Limit: 101}, "")), "1 to 100"},
		"a list's cursor":                {second(client.Contacts.ListPage(ctx, ListQuery{}, "[1,2]")), "no cursor"},
		"a task search's cursor":         {second(client.Tasks.SearchPage(ctx, TaskQuery{}, "-1")), "no cursor"},
		"a task search's limit":          {second(client.Tasks.SearchPage(ctx, TaskQuery{Limit: -1}, "")), "negative"},
		"a task without title":           {second(client.Tasks.Create(ctx, "c1", TaskCreate{DueDate: At(fixed)})), "Title"},
		"a task without due date":        {second(client.Tasks.Create(ctx, "c1", TaskCreate{Title: "Call"})), "DueDate"},
		"a note without body":            {second(client.Notes.Create(ctx, "c1", NoteCreate{})), "Body"},
		"no tags":                        {second(client.Tags.Add(ctx, "c1", nil)), "no tag"},
		"no contacts to tag":             {second(client.Tags.UpdateMany(ctx, TagsAdd, nil, []string{"a"})), "no contact"},
		"no tags for many":               {second(client.Tags.UpdateMany(ctx, TagsRemove, []string{"c1"}, nil)), "no tag"},
		"another change":                 {second(client.Tags.UpdateMany(ctx, "toggle", []string{"c1"}, []string{"a"})), "TagsAdd"},
		"no followers":                   {second(client.Followers.Add(ctx, "c1", nil)), "no user"},
		"nobody to assign":               {second(client.Businesses.Assign(ctx, "b", nil)), "1 to 50"},
		"too many to assign":             {second(client.Businesses.Assign(ctx, "b", make([]string, 51))), "1 to 50"},
		"a duplicate of nobody":          {second(client.Contacts.FindDuplicate(ctx, DuplicateQuery{})), "Email or a Phone"},
		"an appointment without contact": {second(client.Appointments.Create(ctx, AppointmentCreate{CalendarID: "x", StartTime: At(fixed)})), "ContactID"},
		"a long appointment note":        {second(client.Appointments.CreateNote(ctx, "e", AppointmentNoteCreate{Body: strings.Repeat("x", 5001)})), "5000"},
		"an empty appointment note":      {second(client.Appointments.UpdateNote(ctx, "e", "n", AppointmentNoteCreate{})), "1 to 5000"},
		"events of nobody":               {second(client.Calendars.ListEvents(ctx, EventQuery{From: fixed, To: fixed.Add(1)})), "UserID"},
		"events of no time":              {second(client.Calendars.ListEvents(ctx, EventQuery{UserID: "u", From: fixed, To: fixed})), "before"},
		"a tag without name":             {second(client.Locations.CreateTag(ctx, "")), "name"},
		"a field without type":           {second(client.CustomFields.Create(ctx, CustomFieldCreate{Name: "Size"})), "DataType"},
		"a field without name":           {second(client.CustomFields.Update(ctx, "f", CustomFieldUpdate{})), "Name"},
		"no files":                       {second(client.CustomFields.Upload(ctx, "f", nil)), "a file"},
		"a file without content":         {second(client.CustomFields.Upload(ctx, "f", []Upload{{Name: "a"}})), "Content"},
		"an option that is nil":          {second(client.Contacts.Get(ctx, "c1", nil)), "option is nil"},
		"a value that is no JSON": {second(client.Contacts.Update(ctx, "c1", ContactUpdate{
			CustomFields: opt.Set([]CustomFieldInput{{ID: "f", Value: func() {}}}),
		})), "cannot be encoded"},
	} {
		require.ErrorIs(t, test.err, ErrInvalid, name)
		assert.ErrorContains(t, test.err, test.says, name)
	}
	_, _, err := client.Contacts.CreateOnce(ctx, ContactCreate{})
	assert.ErrorIs(t, err, ErrInvalid)
}

func TestEveryOperationNeedsAContextAndCredentials(t *testing.T) {
	t.Parallel()
	for name, call := range everything() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var none context.Context
			require.ErrorIs(t, call.send(none, untouched(t)), ErrInvalid)

			ended, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, call.send(ended, untouched(t)), context.Canceled)

			bare, err := NewClient(WithLocation(testLocation), WithLimiter(nil))
			require.NoError(t, err)
			require.ErrorIs(t, call.send(t.Context(), bare), ErrNoCredentials)
		})
	}
}

func TestWhatNeedsALocationSaysSo(t *testing.T) {
	t.Parallel()
	client, err := NewClient(WithToken("pit-secret"), WithLimiter(nil))
	require.NoError(t, err)
	calls := everything()
	for _, name := range []string{
		"contacts.create", "contacts.upsert", "contacts.search", "contacts.findDuplicate", "contacts.list",
		"businesses.assign", "businesses.listContacts", "tasks.search", "tags.updateMany", "appointments.create",
		"calendars.list", "calendars.listEvents", "locations.get", "locations.listTags", "locations.getTag",
		"locations.createTag", "locations.updateTag", "locations.deleteTag", "customFields.list", "customFields.get",
		"customFields.create", "customFields.update", "customFields.delete", "customFields.upload",
	} {
		err := calls[name].send(t.Context(), client)
		require.ErrorIs(t, err, ErrInvalid, name)
		assert.ErrorContains(t, err, "WithLocation", name)
	}
}

func TestALargeAnswerIsRefused(t *testing.T) {
	t.Parallel()
	client := stubbed(t, always(200, `{"contact":{"id":"c1","x":"`+strings.Repeat("x", 20<<20)+`"}}`))
	_, err := client.Contacts.Get(t.Context(), "c1")
	require.ErrorIs(t, err, ErrUnavailable)
	assert.ErrorContains(t, err, "larger than the limit")
}

func TestIteratorsRefuseANilContext(t *testing.T) {
	t.Parallel()
	var none context.Context
	for contact, err := range untouched(t).Contacts.Search(none, SearchQuery{}) {
		assert.Nil(t, contact)
		assert.ErrorIs(t, err, ErrInvalid)
	}
}
