package main

import (
	"context"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

// recreatedContact: a contact is deleted and made anew with the same e-mail, under
// another id. If the webhook of the new one comes first, SendApp refuses a second
// contact with that e-mail. The engine sees that the old one is gone in the CRM, and
// gives its record at SendApp to the new one: with what only SendApp knows of it.
func recreatedContact(ctx context.Context, d *day) error {
	const name = "Bob Fox"
	before, err := d.held(ctx, name)
	if err != nil {
		return err
	}
	d.crmServer.DisturbWebhooks(contactstest.Disturbance{Lose: 1})
	if err := d.crm.Contacts.Delete(ctx, d.ids[name]); err != nil {
		return err
	}
	d.crmServer.DisturbWebhooks(contactstest.Disturbance{})
	contact, err := d.crm.Contacts.Create(ctx, contacts.ContactCreate{
		FirstName: opt.Set("Bob"), LastName: opt.Set("Fox"), Email: opt.Set(before.Email), City: opt.Set("Springfield"),
	})
	if err != nil {
		return err
	}
	d.wrong("%s is deleted in the CRM and typed in anew. The webhook of the new contact comes first, the other never.", name)
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.ids[name] = contact.ID
	after, err := d.held(ctx, name)
	if err != nil {
		return err
	}
	d.say(" engine", "SendApp has one contact %s. Is it the same record as before? %t. Its town is %s.",
		after.Email, after.ContactID == before.ContactID, after.City)
	return d.end(ctx)
}
