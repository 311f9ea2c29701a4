package main

import (
	"context"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// editInTarget: the CRM is where records are true. What people change in SendApp, in
// a field that is mapped, is restored by the next target sweep (Config.TargetSweep),
// or at once where SendApp's webhooks come to flows.NotifyTarget. Other fields, and
// tags that they add, are left alone. A plan with syncer.WithDrift shows it before.
func editInTarget(ctx context.Context, d *day) error {
	names := d.names(2)
	for _, name := range names {
		held, err := d.held(ctx, name)
		if err != nil {
			return err
		}
		edit := sendapp.ContactUpdate{City: opt.Set("Brockway"), Tags: opt.Set(append(held.Tags, "sees-well"))}
		if _, err := d.app.Contacts.Update(ctx, held.ContactID, edit); err != nil {
			return err
		}
	}
	d.wrong("Somebody changes the town of %s and of %s in SendApp, and adds a tag to both.", names[0], names[1])
	plan, err := d.engine.Plan(ctx, syncer.Scope{Flow: flows.Contacts}, syncer.WithDrift())
	if err != nil {
		return err
	}
	for i, operation := range plan.Flows[0].Operations {
		field := operation.Fields[0]
		d.you("Plan %d: %s %s becomes %s: %s.", i+1, field.Field, field.Before, field.After, operation.Why)
	}
	d.you("In one case the person at SendApp is right: you put the town of %s right where it is true, in the CRM.", names[0])
	if err := d.change(ctx, names[:1], contacts.ContactUpdate{City: opt.Set("Brockway")}); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	if plan, err = d.engine.Plan(ctx, syncer.Scope{Flow: flows.Contacts}, syncer.WithDrift()); err != nil {
		return err
	}
	if _, err := d.engine.Apply(ctx, plan); err != nil {
		return err
	}
	d.you("The other one need not wait for the sweep: you apply the plan, of %d now.", plan.Operations())
	for _, name := range names {
		held, err := d.held(ctx, name)
		if err != nil {
			return err
		}
		d.say(" engine", "%s lives in %s at SendApp, with the tags %v.", name, held.City, held.Tags)
	}
	return d.end(ctx)
}

// held is what SendApp has of a contact.
func (d *day) held(ctx context.Context, name string) (*sendapp.Contact, error) {
	page, err := d.app.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: d.ids[name]}, "")
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return &sendapp.Contact{}, nil
	}
	return page.Items[0], nil
}
