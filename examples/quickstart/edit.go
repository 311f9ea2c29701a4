package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/examples/internal/sample"
	"github.com/contactlink/contactlink/mapping/opt"
)

// edit changes a dozen records of the sample through the Contacts API, as a
// person at the CRM would.
func (b *bridge) edit(ctx context.Context) error {
	crm := b.crm
	zoe, err := crm.Contacts.Create(ctx, contacts.ContactCreate{
		FirstName: opt.Set("Zoë"), LastName: opt.Set("Núñez"), Email: opt.Set("zoe@example.com"), Phone: opt.Set("+15551230001"),
	})
	if err != nil {
		return err
	}
	friday := contacts.At(time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC))
	for _, change := range []func() error{
		func() error {
			_, err := crm.Tasks.Create(ctx, zoe.ID, contacts.TaskCreate{Title: "Welcome call", DueDate: friday})
			return err
		},
		func() error {
			_, err := crm.Appointments.Create(ctx, contacts.AppointmentCreate{
				CalendarID: contactstest.DefaultCalendar, ContactID: zoe.ID, Title: opt.Set("Visit"), StartTime: friday,
			})
			return err
		},
		func() error {
			_, err := crm.Notes.Create(ctx, zoe.ID, contacts.NoteCreate{Body: "Met at the fair 🎉"})
			return err
		},
		func() error {
			_, err := crm.Contacts.Update(ctx, sample.ContactID(1), contacts.ContactUpdate{LastName: opt.Set("McDonald")})
			return err
		},
		func() error {
			_, err := crm.Contacts.Update(ctx, sample.ContactID(2), contacts.ContactUpdate{Phone: opt.Null[string](), City: opt.Set("Reykjavík")})
			return err
		},
		func() error {
			_, err := crm.Contacts.Update(ctx, sample.ContactID(3), contacts.ContactUpdate{Tags: opt.Set([]string{"customer", "moved"})})
			return err
		},
		func() error {
			_, err := crm.Tasks.Complete(ctx, sample.ContactID(4), sample.TaskID(4, 0), true)
			return err
		},
		func() error {
			_, err := crm.Tasks.Complete(ctx, sample.ContactID(5), sample.TaskID(5, 0), true)
			return err
		},
		func() error {
			_, err := crm.Notes.Create(ctx, sample.ContactID(6), contacts.NoteCreate{Body: "Called back"})
			return err
		},
		func() error {
			_, err := crm.Notes.Update(ctx, sample.ContactID(7), sample.NoteID(7, 0), contacts.NoteUpdate{Body: opt.Set("Changed their mind")})
			return err
		},
		func() error { return crm.Notes.Delete(ctx, sample.ContactID(8), sample.NoteID(8, 0)) },
		func() error { return crm.Tasks.Delete(ctx, sample.ContactID(9), sample.TaskID(9, 0)) },
		func() error { return crm.Contacts.Delete(ctx, sample.ContactID(10)) },
	} {
		if err := change(); err != nil {
			return err
		}
	}
	return nil
}
