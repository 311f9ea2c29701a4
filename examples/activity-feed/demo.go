package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

// demo prints the feed of a contact of the Contacts API in memory. A program of
// yours does without this file.
func demo(ctx context.Context) error {
	today := time.Date(2027, 1, 11, 14, 30, 0, 0, time.UTC)
	server, err := contactstest.NewServer(contactstest.WithClock(func() time.Time { return today }))
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	crm, err := server.Client()
	if err != nil {
		return err
	}
	ann, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann")})
	if err != nil {
		return err
	}
	for _, task := range []contacts.TaskCreate{
		{Title: "Send the offer", DueDate: contacts.At(today.AddDate(0, 0, -3)), Completed: true},
		{Title: "Call Ann", DueDate: contacts.At(today.AddDate(0, 0, 4))},
	} {
		if _, err := crm.Tasks.Create(ctx, ann.ID, task); err != nil {
			return err
		}
	}
	if _, err := crm.Notes.Create(ctx, ann.ID, contacts.NoteCreate{Body: "Likes the offer.\nAsks for a discount."}); err != nil {
		return err
	}
	return show(ctx, crm, ann.ID)
}
