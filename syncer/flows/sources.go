package flows

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/syncer"
)

// contactSource reads contacts. Its listings are searches, whose rows have names
// in lower case: they show that a contact changed, never to what.
type contactSource struct {
	client *contacts.Client
	lag    time.Duration
}

func (s contactSource) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{Since: true, LatestFirst: true, Lag: s.lag}, nil
}

func (s contactSource) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[contacts.Contact], error) {
	contact, err := s.client.Contacts.Get(ctx, ref.ID)
	if err != nil {
		return syncer.Record[contacts.Contact]{}, kind(err)
	}
	return contactRecord(contact, false), nil
}

func contactRecord(c *contacts.Contact, partial bool) syncer.Record[contacts.Contact] {
	return syncer.Record[contacts.Contact]{
		Ref: syncer.Ref{ID: c.ID}, Value: *c, Partial: partial, Updated: c.DateUpdated.Time,
	}
}

// List sorts by dateAdded, which never changes: what is edited meanwhile keeps
// its place. What changed since a time, or last, is sorted by dateUpdated.
func (s contactSource) List(ctx context.Context, query syncer.Query, cursor string) (syncer.Page[contacts.Contact], error) {
	search := contacts.SearchQuery{
		UpdatedSince: query.Since, AddedSince: query.Slice.From, AddedBefore: query.Slice.To,
		Sort: []contacts.Sort{{Field: contacts.FieldDateAdded, Direction: contacts.Ascending}},
	}
	if !query.Since.IsZero() || query.LatestFirst {
		search.Sort[0].Field = contacts.FieldDateUpdated
	}
	if query.LatestFirst {
		search.Sort[0].Direction = contacts.Descending
	}
	var answer contacts.Response
	page, err := s.client.Contacts.SearchPage(ctx, search, cursor, contacts.WithResponse(&answer))
	if err != nil {
		return syncer.Page[contacts.Contact]{}, kind(err)
	}
	rows := syncer.Page[contacts.Contact]{Next: page.Next, Total: page.Total}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		rows.Date = date
	}
	for _, contact := range page.Items {
		rows.Records = append(rows.Records, contactRecord(contact, true))
	}
	return rows, nil
}

// Slices cuts the time between the oldest contact and the newest one evenly. What
// is added later is in the last slice.
func (s contactSource) Slices(ctx context.Context, n int) ([]syncer.Slice, error) {
	var ends [2]time.Time
	for i, direction := range []contacts.Direction{contacts.Ascending, contacts.Descending} {
		page, err := s.client.Contacts.SearchPage(ctx, contacts.SearchQuery{
			Sort: []contacts.Sort{{Field: contacts.FieldDateAdded, Direction: direction}}, Limit: 1,
		}, "")
		if err != nil {
			return nil, kind(err)
		}
		if page.Total <= n*searchPage || len(page.Items) == 0 {
			return []syncer.Slice{{}}, nil // so few that there is nothing to gain
		}
		ends[i] = page.Items[0].DateAdded.Time
	}
	slices := make([]syncer.Slice, n)
	for i := range slices[1:] {
		at := ends[0].Add(ends[1].Sub(ends[0]) / time.Duration(n) * time.Duration(i+1)).Truncate(time.Millisecond)
		slices[i].To, slices[i+1].From = at, at
	}
	return slices, nil
}

// searchPage is how many contacts a page of a search has.
const searchPage = 500

// Unchanged compares what a row shows of a contact. The time alone would not do:
// some edits are made within one millisecond.
func (contactSource) Unchanged(row, read contacts.Contact) bool {
	same := func(a, b string) bool { return strings.EqualFold(a, b) }
	return row.DateUpdated.Equal(read.DateUpdated.Time) &&
		same(row.FirstName, read.FirstName) && same(row.LastName, read.LastName) && same(row.Name, read.Name) &&
		row.Email == read.Email && row.Phone == read.Phone && row.CompanyName == read.CompanyName &&
		row.Address1 == read.Address1 && row.City == read.City && row.State == read.State &&
		row.PostalCode == read.PostalCode && row.Country == read.Country && row.Website == read.Website &&
		row.DateOfBirth == read.DateOfBirth && row.Source == read.Source && row.DND == read.DND &&
		slices.Equal(row.Tags, read.Tags) && sameCustomFields(row.CustomFields, read.CustomFields)
}

func sameCustomFields(a, b []contacts.CustomFieldValue) bool {
	values := func(list []contacts.CustomFieldValue) map[string]string {
		byID := map[string]string{}
		for _, field := range list {
			byID[field.ID] = string(field.Value)
		}
		return byID
	}
	return maps.Equal(values(a), values(b))
}

// taskSource reads tasks: all of the location in pages. A task can move to
// another contact.
type taskSource struct {
	client *contacts.Client
	lost   *taskFinder
}

func (taskSource) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{Moves: true}, nil
}

// Get reads a task; without its contact, it is looked for in the location.
func (s taskSource) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[contacts.Task], error) {
	if ref.Parent != "" {
		task, err := s.client.Tasks.Get(ctx, ref.Parent, ref.ID)
		if err != nil {
			return syncer.Record[contacts.Task]{}, kind(err)
		}
		return taskRecord(task, ref.Parent), nil
	}
	return s.lost.find(ctx, ref.ID, "")
}

// GetBy looks for a task whose event lacks its contact, as live ones of new tasks
// do, by the title in the event.
func (s taskSource) GetBy(ctx context.Context, ref syncer.Ref, evidence []byte) (syncer.Record[contacts.Task], error) {
	var event struct {
		Title string `json:"title"`
	}
	_ = json.Unmarshal(evidence, &event) // cut off: there is no title then
	return s.lost.find(ctx, ref.ID, event.Title)
}

func taskRecord(t *contacts.Task, parent string) syncer.Record[contacts.Task] {
	if t.ContactID != "" {
		parent = t.ContactID
	}
	return syncer.Record[contacts.Task]{Ref: syncer.Ref{ID: t.ID, Parent: parent}, Value: *t}
}

func (s taskSource) List(ctx context.Context, _ syncer.Query, cursor string) (syncer.Page[contacts.Task], error) {
	page, err := s.client.Tasks.SearchPage(ctx, contacts.TaskQuery{}, cursor)
	if err != nil {
		return syncer.Page[contacts.Task]{}, kind(err)
	}
	rows := syncer.Page[contacts.Task]{Next: page.Next}
	for _, task := range page.Items {
		rows.Records = append(rows.Records, taskRecord(task, ""))
	}
	return rows, nil
}

// noteSource reads notes, contact by contact: the API has no other way.
type noteSource struct{ client *contacts.Client }

func (noteSource) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{ListsByParent: true}, nil
}

func (s noteSource) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[contacts.Note], error) {
	note, err := s.client.Notes.Get(ctx, ref.Parent, ref.ID)
	if err != nil {
		return syncer.Record[contacts.Note]{}, kind(err)
	}
	return noteRecord(note, ref.Parent), nil
}

func noteRecord(n *contacts.Note, parent string) syncer.Record[contacts.Note] {
	return syncer.Record[contacts.Note]{Ref: syncer.Ref{ID: n.ID, Parent: parent}, Value: *n}
}

func (s noteSource) List(ctx context.Context, query syncer.Query, _ string) (syncer.Page[contacts.Note], error) {
	notes, err := s.client.Notes.List(ctx, query.Parent.ID)
	if err != nil {
		return syncer.Page[contacts.Note]{}, kind(err)
	}
	var rows syncer.Page[contacts.Note]
	for _, note := range notes {
		rows.Records = append(rows.Records, noteRecord(note, query.Parent.ID))
	}
	return rows, nil
}
