package contacts

import (
	"context"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping/opt"
)

// everything calls each operation once, and what it is answered with if all goes
// well. Tests that hold for all operations range over it.
func everything() map[string]everyCall {
	const id = "aBcDeFgHiJkLmNoPqRsT"
	due := At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	ada := ContactCreate{
		Email: opt.Set("ada@example.com"), Phone: opt.Set("+1 555 123 4567"), FirstName: opt.Set("Annabella"), LastName: opt.Set("Rossi"),
		Address1: opt.Set("Via Roma 7"), City: opt.Set("Torino"), Tags: opt.Set([]string{"a", "debtor"}),
		CustomFields: opt.Set([]CustomFieldInput{{ID: "f", Value: "migraine"}}),
	}
	contact, task, note := `{"contact":{"id":"c"}}`, `{"task":{"id":"t"}}`, `{"note":{"id":"n"}}`
	return map[string]everyCall{
		"contacts.get": {contact, func(ctx context.Context, c *Client) error { return second(c.Contacts.Get(ctx, id)) }},
		"contacts.create": {contact, func(ctx context.Context, c *Client) error {
			return second(c.Contacts.Create(ctx, ada))
		}},
		"contacts.update": {contact, func(ctx context.Context, c *Client) error {
			return second(c.Contacts.Update(ctx, id, ContactUpdate{Email: ada.Email, FirstName: ada.FirstName, Address1: ada.Address1}))
		}},
		"contacts.upsert": {`{"new":true,"contact":{"id":"c"}}`, func(ctx context.Context, c *Client) error {
			_, _, err := c.Contacts.Upsert(ctx, ContactUpsert{ContactCreate: ada})
			return err
		}},
		"contacts.delete": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Contacts.Delete(ctx, id) }},
		"contacts.search": {`{"contacts":[],"total":0}`, func(ctx context.Context, c *Client) error {
			return second(c.Contacts.SearchPage(ctx, SearchQuery{Query: "Rossi", Filters: []Filter{Equal(FieldCity, "Torino")}}, ""))
		}},
		"contacts.findDuplicate": {contact, func(ctx context.Context, c *Client) error {
			return second(c.Contacts.FindDuplicate(ctx, DuplicateQuery{Email: "ada@example.com", Phone: "+15551234567"}))
		}},
		"contacts.list": {`{"contacts":[],"count":0}`, func(ctx context.Context, c *Client) error {
			return second(c.Contacts.ListPage(ctx, ListQuery{Query: "Rossi"}, ""))
		}},
		"businesses.listContacts": {`{"contacts":[],"count":0}`, func(ctx context.Context, c *Client) error {
			return second(c.Businesses.ListContactsPage(ctx, id, ListQuery{}, ""))
		}},
		"businesses.assign": {`{"success":true,"ids":["c"]}`, func(ctx context.Context, c *Client) error {
			return second(c.Businesses.Assign(ctx, "", []string{id}))
		}},
		"tasks.list": {`{"tasks":[]}`, func(ctx context.Context, c *Client) error { return second(c.Tasks.List(ctx, id)) }},
		"tasks.get":  {task, func(ctx context.Context, c *Client) error { return second(c.Tasks.Get(ctx, id, id)) }},
		"tasks.create": {task, func(ctx context.Context, c *Client) error {
			return second(c.Tasks.Create(ctx, id, TaskCreate{Title: "Call", Body: opt.Set("Ask for Annabella\nat home"), DueDate: due}))
		}},
		"tasks.update": {task, func(ctx context.Context, c *Client) error {
			return second(c.Tasks.Update(ctx, id, id, TaskUpdate{Title: opt.Set("Call")}))
		}},
		"tasks.complete": {task, func(ctx context.Context, c *Client) error { return second(c.Tasks.Complete(ctx, id, id, true)) }},
		"tasks.delete":   {`{"succeeded":true}`, func(ctx context.Context, c *Client) error { return c.Tasks.Delete(ctx, id, id) }},
		"tasks.search": {`{"tasks":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.Tasks.SearchPage(ctx, TaskQuery{}, ""))
		}},
		"notes.list": {`{"notes":[]}`, func(ctx context.Context, c *Client) error { return second(c.Notes.List(ctx, id)) }},
		"notes.get":  {note, func(ctx context.Context, c *Client) error { return second(c.Notes.Get(ctx, id, id)) }},
		"notes.create": {note, func(ctx context.Context, c *Client) error {
			return second(c.Notes.Create(ctx, id, NoteCreate{Body: "Called", Title: opt.Set("He is ill")}))
		}},
		"notes.update": {note, func(ctx context.Context, c *Client) error {
			return second(c.Notes.Update(ctx, id, id, NoteUpdate{Body: opt.Set("Called")}))
		}},
		"notes.delete": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Notes.Delete(ctx, id, id) }},
		"tags.add": {`{"tags":["a"]}`, func(ctx context.Context, c *Client) error {
			return second(c.Tags.Add(ctx, id, []string{"debtor"}))
		}},
		"tags.remove": {`{"tags":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.Tags.Remove(ctx, id, []string{"a"}))
		}},
		"tags.updateMany": {`{"succeded":true,"errorCount":0,"responses":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.Tags.UpdateMany(ctx, TagsAdd, []string{id}, []string{"a"}))
		}},
		"followers.add": {`{"followers":["u"],"followersAdded":["u"]}`, func(ctx context.Context, c *Client) error {
			return second(c.Followers.Add(ctx, id, []string{"u"}))
		}},
		"followers.remove": {`{"followers":[],"followersRemoved":["u"]}`, func(ctx context.Context, c *Client) error {
			return second(c.Followers.Remove(ctx, id, []string{"u"}))
		}},
		"campaigns.add":       {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Campaigns.Add(ctx, id, id) }},
		"campaigns.remove":    {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Campaigns.Remove(ctx, id, id) }},
		"campaigns.removeAll": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Campaigns.RemoveAll(ctx, id) }},
		"workflows.add": {`{"succeded":true}`, func(ctx context.Context, c *Client) error {
			return c.Workflows.Add(ctx, id, id, time.Time{})
		}},
		"workflows.remove": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Workflows.Remove(ctx, id, id) }},
		"appointments.listByContact": {`{"events":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.ListByContact(ctx, id))
		}},
		"appointments.get": {`{"event":{"id":"e"}}`, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.Get(ctx, id))
		}},
		"appointments.create": {`{"id":"e"}`, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.Create(ctx, AppointmentCreate{CalendarID: id, ContactID: id, StartTime: due, Title: opt.Set("Demo"), Address: opt.Set("Via Roma 7")}))
		}},
		"appointments.update": {`{"id":"e"}`, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.Update(ctx, id, AppointmentUpdate{Title: opt.Set("Demo")}))
		}},
		"appointments.delete": {`{"succeeded":true}`, func(ctx context.Context, c *Client) error { return c.Appointments.Delete(ctx, id) }},
		"appointments.listNotes": {`{"notes":[],"hasMore":false}`, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.ListNotesPage(ctx, id, ""))
		}},
		"appointments.createNote": {note, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.CreateNote(ctx, id, AppointmentNoteCreate{Body: "Late"}))
		}},
		"appointments.updateNote": {note, func(ctx context.Context, c *Client) error {
			return second(c.Appointments.UpdateNote(ctx, id, id, AppointmentNoteCreate{Body: "Late"}))
		}},
		"appointments.deleteNote": {`{"success":true}`, func(ctx context.Context, c *Client) error {
			return c.Appointments.DeleteNote(ctx, id, id)
		}},
		"calendars.list": {`{"calendars":[]}`, func(ctx context.Context, c *Client) error { return second(c.Calendars.List(ctx)) }},
		"calendars.listEvents": {`{"events":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.Calendars.ListEvents(ctx, EventQuery{UserID: id, From: due.Time, To: due.Add(time.Hour)}))
		}},
		"locations.get":       {`{"location":{"id":"l"}}`, func(ctx context.Context, c *Client) error { return second(c.Locations.Get(ctx)) }},
		"locations.listTags":  {`{"tags":[]}`, func(ctx context.Context, c *Client) error { return second(c.Locations.ListTags(ctx)) }},
		"locations.getTag":    {`{"tag":{"id":"t"}}`, func(ctx context.Context, c *Client) error { return second(c.Locations.GetTag(ctx, id)) }},
		"locations.createTag": {`{"tag":{"id":"t"}}`, func(ctx context.Context, c *Client) error { return second(c.Locations.CreateTag(ctx, "debtor")) }},
		"locations.updateTag": {`{"tag":{"id":"t"}}`, func(ctx context.Context, c *Client) error { return second(c.Locations.UpdateTag(ctx, id, "vip")) }},
		"locations.deleteTag": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.Locations.DeleteTag(ctx, id) }},
		"customFields.list":   {`{"customFields":[]}`, func(ctx context.Context, c *Client) error { return second(c.CustomFields.List(ctx, "all")) }},
		"customFields.get":    {`{"customField":{"id":"f"}}`, func(ctx context.Context, c *Client) error { return second(c.CustomFields.Get(ctx, id)) }},
		"customFields.create": {`{"customField":{"id":"f"}}`, func(ctx context.Context, c *Client) error {
			return second(c.CustomFields.Create(ctx, CustomFieldCreate{Name: "Size", DataType: DataText}))
		}},
		"customFields.update": {`{"customField":{"id":"f"}}`, func(ctx context.Context, c *Client) error {
			return second(c.CustomFields.Update(ctx, id, CustomFieldUpdate{Name: "Size"}))
		}},
		"customFields.delete": {`{"succeded":true}`, func(ctx context.Context, c *Client) error { return c.CustomFields.Delete(ctx, id) }},
		"customFields.upload": {`{"uploadedFiles":{"a.txt":"https://example.com/a"},"meta":[]}`, func(ctx context.Context, c *Client) error {
			return second(c.CustomFields.Upload(ctx, id, []Upload{{Name: "Rossi.txt", Content: strings.NewReader("a")}}))
		}},
	}
}

// everyCall is a call of one operation and the least answer that it takes.
type everyCall struct {
	answer string
	send   func(context.Context, *Client) error
}

func second[T any](_ T, err error) error { return err }
