package conformance_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

// A business and users, whose ids the service gives.
const (
	business = "63771dcac1116f0e21de8e12"
	user     = "YlWd2wuCAZQzh2cH1fVZ"
	campaign = "0007BWpSzSwfiuSl0tR2"
)

// world is what the calls below work on. It is made without the checker, so that
// only the calls count.
type world struct {
	contact, other *contacts.Contact
	task           *contacts.Task
	note           *contacts.Note
	appointment    *contacts.Appointment
	eventNote      *contacts.Note
	tag            *contacts.Tag
	field          *contacts.CustomField
}

func populate(t *testing.T, client *contacts.Client) world {
	t.Helper()
	ctx := t.Context()
	var w world
	var err error
	w.contact, err = client.Contacts.Create(ctx, fullContact("ann@example.com", "+15551230001"))
	require.NoError(t, err)
	w.other, err = client.Contacts.Create(ctx, contacts.ContactCreate{Email: opt.Set("bob@example.com")})
	require.NoError(t, err)
	w.task, err = client.Tasks.Create(ctx, w.contact.ID, taskCreate())
	require.NoError(t, err)
	w.note, err = client.Notes.Create(ctx, w.contact.ID, contacts.NoteCreate{Body: "note"})
	require.NoError(t, err)
	w.appointment, err = client.Appointments.Create(ctx, appointmentCreate(w.contact.ID))
	require.NoError(t, err)
	w.eventNote, err = client.Appointments.CreateNote(ctx, w.appointment.ID, contacts.AppointmentNoteCreate{Body: "note"})
	require.NoError(t, err)
	w.tag, err = client.Locations.CreateTag(ctx, "vip")
	require.NoError(t, err)
	w.field, err = client.CustomFields.Create(ctx, contacts.CustomFieldCreate{Name: "Size", DataType: "TEXT"})
	require.NoError(t, err)
	return w
}

func fullContact(email, phone string) contacts.ContactCreate {
	return contacts.ContactCreate{
		FirstName: opt.Set("Ann"), LastName: opt.Set("McDonald"), Email: opt.Set(email), Phone: opt.Set(phone),
		Gender: opt.Set("female"), CompanyName: opt.Set("ACME"), Address1: opt.Set("1 Main St"), City: opt.Set("Rome"),
		State: opt.Set("NY"), PostalCode: opt.Set("00100"), Country: opt.Set("US"), Website: opt.Set("https://example.com"),
		Timezone: opt.Set("America/New_York"), DateOfBirth: opt.Set("1990-12-31"), Source: opt.Set("api"),
		AssignedTo: opt.Set(user), Tags: opt.Set([]string{"vip"}), DND: opt.Set(true),
		DNDSettings:        opt.Set(contacts.DNDSettings{contacts.ChannelWhatsApp: {Status: contacts.DNDActive}, contacts.ChannelSMS: {Status: contacts.DNDInactive}}),
		InboundDNDSettings: opt.Set(contacts.DNDSettings{contacts.ChannelAll: {Status: contacts.DNDActive}}),
		CustomFields:       opt.Set([]contacts.CustomFieldInput{{ID: "BTjTqApgkogRs4dyGYBO", Value: "large"}}),
	}
}

func taskCreate() contacts.TaskCreate {
	return contacts.TaskCreate{Title: "Call", Body: opt.Set("soon"), DueDate: contacts.At(day), AssignedTo: opt.Set(user)}
}

var day = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func appointmentCreate(contact string) contacts.AppointmentCreate {
	return contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: contact, StartTime: contacts.At(day), EndTime: opt.Set(contacts.At(day.Add(time.Hour))),
		Title: opt.Set("Meeting"), AppointmentStatus: opt.Set(contacts.AppointmentConfirmed), AssignedUserID: opt.Set(user),
		Description: opt.Set("About it"), Address: opt.Set("1 Main St"), MeetingLocationType: opt.Set("custom"),
	}
}

// call uses one method of the client.
type call func(ctx context.Context, c *contacts.Client, w world) error

// last drops the value of a method.
func last[T any](_ T, err error) error { return err }

// calls are all methods of the client that are an operation, by their names as
// in contacts.Operations.
func calls() map[string]call {
	all := map[string]call{}
	for _, some := range []map[string]call{contactCalls(), childCalls(), memberCalls(), calendarCalls(), locationCalls()} {
		maps.Copy(all, some)
	}
	return all
}

func contactCalls() map[string]call {
	return map[string]call{
		"Contacts.Get": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Contacts.Get(ctx, w.contact.ID))
		},
		"Contacts.Create": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.Contacts.Create(ctx, fullContact("carl@example.com", "+15551230002")))
		},
		"Contacts.Update": func(ctx context.Context, c *contacts.Client, w world) error {
			return errors.Join(
				last(c.Contacts.Update(ctx, w.contact.ID, w.contact.Editable())),
				last(c.Contacts.Update(ctx, w.contact.ID, contacts.ContactUpdate{Phone: opt.Null[string](), Website: opt.Null[string]()})))
		},
		"Contacts.Upsert": func(ctx context.Context, c *contacts.Client, _ world) error {
			for _, email := range []string{"ann@example.com", "new@example.com"} {
				upsert := contacts.ContactUpsert{ContactCreate: contacts.ContactCreate{Email: opt.Set(email), City: opt.Set("Oslo")}}
				if _, _, err := c.Contacts.Upsert(ctx, upsert); err != nil {
					return err
				}
			}
			return nil
		},
		"Contacts.Delete": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Contacts.Delete(ctx, w.other.ID)
		},
		"Contacts.Search": func(ctx context.Context, c *contacts.Client, _ world) error {
			for _, err := range c.Contacts.Search(ctx, contacts.SearchQuery{Query: "ann", UpdatedSince: day.AddDate(-10, 0, 0)}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Contacts.FindDuplicate": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.Contacts.FindDuplicate(ctx, contacts.DuplicateQuery{Email: "ann@example.com", Phone: "+15551230001"}))
		},
		"Contacts.List": func(ctx context.Context, c *contacts.Client, _ world) error {
			for _, err := range c.Contacts.List(ctx, contacts.ListQuery{Limit: 1}) { //nolint:staticcheck // deprecated by the service, not by us
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func childCalls() map[string]call {
	return map[string]call{
		"Tasks.List": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.List(ctx, w.contact.ID))
		},
		"Tasks.Get": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.Get(ctx, w.contact.ID, w.task.ID))
		},
		"Tasks.Create": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.Create(ctx, w.contact.ID, taskCreate()))
		},
		"Tasks.Update": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.Update(ctx, w.contact.ID, w.task.ID, contacts.TaskUpdate{Title: opt.Set("Write"), DueDate: opt.Set(contacts.At(day))}))
		},
		"Tasks.Complete": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.Complete(ctx, w.contact.ID, w.task.ID, true))
		},
		"Tasks.Delete": func(ctx context.Context, c *contacts.Client, w world) error {
			task, err := c.Tasks.Create(ctx, w.contact.ID, taskCreate())
			if err != nil {
				return err
			}
			return c.Tasks.Delete(ctx, w.contact.ID, task.ID)
		},
		"Tasks.Search": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tasks.SearchPage(ctx, contacts.TaskQuery{Limit: 10}, ""))
		},
		"Notes.List": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Notes.List(ctx, w.contact.ID))
		},
		"Notes.Get": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Notes.Get(ctx, w.contact.ID, w.note.ID))
		},
		"Notes.Create": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Notes.Create(ctx, w.contact.ID, contacts.NoteCreate{Body: "other"}))
		},
		"Notes.Update": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Notes.Update(ctx, w.contact.ID, w.note.ID, contacts.NoteUpdate{Body: opt.Set("changed")}))
		},
		"Notes.Delete": func(ctx context.Context, c *contacts.Client, w world) error {
			note, err := c.Notes.Create(ctx, w.contact.ID, contacts.NoteCreate{Body: "gone"})
			if err != nil {
				return err
			}
			return c.Notes.Delete(ctx, w.contact.ID, note.ID)
		},
	}
}

func memberCalls() map[string]call {
	return map[string]call{
		"Tags.Add": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tags.Add(ctx, w.contact.ID, []string{"New"}))
		},
		"Tags.Remove": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tags.Remove(ctx, w.contact.ID, []string{"vip"}))
		},
		"Tags.UpdateMany": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Tags.UpdateMany(ctx, contacts.TagsAdd, []string{w.contact.ID, "short"}, []string{"many"}))
		},
		"Followers.Add": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Followers.Add(ctx, w.contact.ID, []string{user}))
		},
		"Followers.Remove": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Followers.Remove(ctx, w.contact.ID, []string{user}))
		},
		"Campaigns.Add": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Campaigns.Add(ctx, w.contact.ID, campaign)
		},
		"Campaigns.Remove": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Campaigns.Remove(ctx, w.contact.ID, campaign)
		},
		"Campaigns.RemoveAll": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Campaigns.RemoveAll(ctx, w.contact.ID)
		},
		"Workflows.Add": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Workflows.Add(ctx, w.contact.ID, campaign, day)
		},
		"Workflows.Remove": func(ctx context.Context, c *contacts.Client, w world) error {
			return c.Workflows.Remove(ctx, w.contact.ID, campaign)
		},
		"Businesses.Assign": func(ctx context.Context, c *contacts.Client, w world) error {
			return errors.Join(
				last(c.Businesses.Assign(ctx, "", []string{w.contact.ID})), last(c.Businesses.Assign(ctx, business, []string{w.contact.ID})))
		},
		"Businesses.ListContacts": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.Businesses.ListContactsPage(ctx, business, contacts.ListQuery{}, ""))
		},
	}
}

func calendarCalls() map[string]call {
	return map[string]call{
		"Calendars.List": func(ctx context.Context, c *contacts.Client, _ world) error { return last(c.Calendars.List(ctx)) },
		"Calendars.ListEvents": func(ctx context.Context, c *contacts.Client, _ world) error {
			query := contacts.EventQuery{CalendarID: contactstest.DefaultCalendar, From: day.Add(-time.Hour), To: day.Add(time.Hour)}
			return last(c.Calendars.ListEvents(ctx, query))
		},
		"Appointments.ListByContact": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.ListByContact(ctx, w.contact.ID))
		},
		"Appointments.Get": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.Get(ctx, w.appointment.ID))
		},
		"Appointments.Create": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.Create(ctx, appointmentCreate(w.contact.ID)))
		},
		"Appointments.Update": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.Update(ctx, w.appointment.ID, contacts.AppointmentUpdate{Title: opt.Set("Other")}))
		},
		"Appointments.Delete": func(ctx context.Context, c *contacts.Client, w world) error {
			made, err := c.Appointments.Create(ctx, appointmentCreate(w.contact.ID))
			if err != nil {
				return err
			}
			return c.Appointments.Delete(ctx, made.ID)
		},
		"Appointments.ListNotes": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.ListNotesPage(ctx, w.appointment.ID, ""))
		},
		"Appointments.CreateNote": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.CreateNote(ctx, w.appointment.ID, contacts.AppointmentNoteCreate{Body: "x", UserID: opt.Set(user)}))
		},
		"Appointments.UpdateNote": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Appointments.UpdateNote(ctx, w.appointment.ID, w.eventNote.ID, contacts.AppointmentNoteCreate{Body: "y"}))
		},
		"Appointments.DeleteNote": func(ctx context.Context, c *contacts.Client, w world) error {
			note, err := c.Appointments.CreateNote(ctx, w.appointment.ID, contacts.AppointmentNoteCreate{Body: "gone"})
			if err != nil {
				return err
			}
			return c.Appointments.DeleteNote(ctx, w.appointment.ID, note.ID)
		},
	}
}

func locationCalls() map[string]call {
	return map[string]call{
		"Locations.Get":      func(ctx context.Context, c *contacts.Client, _ world) error { return last(c.Locations.Get(ctx)) },
		"Locations.ListTags": func(ctx context.Context, c *contacts.Client, _ world) error { return last(c.Locations.ListTags(ctx)) },
		"Locations.GetTag": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Locations.GetTag(ctx, w.tag.ID))
		},
		"Locations.CreateTag": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.Locations.CreateTag(ctx, "other"))
		},
		"Locations.UpdateTag": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.Locations.UpdateTag(ctx, w.tag.ID, "renamed"))
		},
		"Locations.DeleteTag": func(ctx context.Context, c *contacts.Client, _ world) error {
			tag, err := c.Locations.CreateTag(ctx, "gone")
			if err != nil {
				return err
			}
			return c.Locations.DeleteTag(ctx, tag.ID)
		},
		"CustomFields.List": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.CustomFields.List(ctx, "contact"))
		},
		"CustomFields.Get": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.CustomFields.Get(ctx, w.field.FieldKey))
		},
		"CustomFields.Create": func(ctx context.Context, c *contacts.Client, _ world) error {
			return last(c.CustomFields.Create(ctx, contacts.CustomFieldCreate{
				Name: "Colour", DataType: "SINGLE_OPTIONS", Options: opt.Set([]string{"red", "blue"}), Placeholder: opt.Set("any"),
			}))
		},
		"CustomFields.Update": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.CustomFields.Update(ctx, w.field.ID, contacts.CustomFieldUpdate{Name: "Shirt size"}))
		},
		"CustomFields.Delete": func(ctx context.Context, c *contacts.Client, _ world) error {
			field, err := c.CustomFields.Create(ctx, contacts.CustomFieldCreate{Name: "Gone", DataType: "TEXT"})
			if err != nil {
				return err
			}
			return c.CustomFields.Delete(ctx, field.ID)
		},
		"CustomFields.Upload": func(ctx context.Context, c *contacts.Client, w world) error {
			return last(c.CustomFields.Upload(ctx, w.field.ID, []contacts.Upload{{Name: "a.txt", Content: strings.NewReader("text")}}))
		},
	}
}
