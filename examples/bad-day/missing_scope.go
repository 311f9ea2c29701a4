package main

import (
	"context"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// missingScope: a new token may not do all that is needed. flows.Check says what it
// lacks, flows.RequiredScopes what it needs, before and after.
func missingScope(ctx context.Context, d *day) error {
	d.give("pit-third", "contacts.readonly")
	ann := d.ids["Ann Adams"]
	if _, err := d.crm.Tasks.Create(ctx, ann, contacts.TaskCreate{Title: "Send the offer", DueDate: contacts.At(time.Now())}); err != nil {
		return err
	}
	d.wrong("Somebody makes a token anew and forgets a scope. Then Ann gets a task.")
	if err := later(ctx, 20*time.Minute); err != nil {
		return err
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	d.heard()
	if err := d.status(ctx); err != nil {
		return err
	}
	ready, err := flows.Check(ctx, d.ours, d.app, flows.Contacts, flows.Tasks)
	if err != nil {
		return err
	}
	d.you("You ask flows.Check: it says of the tasks: %s.", strings.Join(ready.Lacks[flows.Tasks], ", "))
	needs, err := flows.RequiredScopes(flows.Contacts, flows.Tasks)
	if err != nil {
		return err
	}
	d.crmServer.AddToken(contactstest.Token{Value: "pit-third", Kind: contactstest.PrivateIntegration, Scopes: needs.Contacts})
	d.you("At %s you give it what flows.RequiredScopes names: %s.", clock(), strings.Join(needs.Contacts, ", "))
	if err := until(ctx, "the pause ends", func() bool { return d.ended(syncer.AlertPaused) }); err != nil {
		return err
	}
	d.heard()
	if err := d.settle(ctx); err != nil {
		return err
	}
	return d.end(ctx)
}
