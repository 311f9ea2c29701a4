package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// mappingMistake: a new mapping is planned before it is in force. The plan names each
// record and field, before and after, by which rule, and what it costs; nothing is
// written. Apply (or a Backfill) puts the mapping into force: a program that has the
// old one writes nothing from then on, and says so.
func mappingMistake(ctx context.Context, d *day) error {
	typed := d.names(2)
	if err := d.change(ctx, typed, contacts.ContactUpdate{FirstName: opt.Set("ann")}); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.forget(ctx)
	before := d.appServer.Requests()["contacts.update"]
	d.wrong("%d contacts were typed without a capital letter. You want SendApp to have one, and write a mapping.", len(typed))
	mistaken, err := d.mapped("{firstName: title(lastName)}")
	if err != nil {
		return err
	}
	plan, err := mistaken.Plan(ctx)
	if err != nil {
		return err
	}
	first := plan.Flows[0].Operations[0].Fields[0]
	d.you("You plan it first. It would write %d records, such as %s: %s becomes %s, by %q.",
		plan.Operations(), first.Field, first.Before, first.After, first.Rule)
	d.you("That is a mistake. It would have cost %v.", plan.Price)
	if err := d.exchange(ctx, "{firstName: title(firstName)}"); err != nil {
		return err
	}
	d.say(" engine", "It wrote to SendApp %d times in this chapter.", d.appServer.Requests()["contacts.update"]-before)
	return d.end(ctx)
}

// exchange plans the right mapping, applies it, and starts the program anew with it.
func (d *day) exchange(ctx context.Context, fields string) error {
	right, err := d.mapped(fields)
	if err != nil {
		return err
	}
	plan, err := right.Plan(ctx)
	if err != nil {
		return err
	}
	d.you("You write %s. It would write %d records.", fields, plan.Operations())
	applied, err := right.Apply(ctx, plan)
	if err != nil {
		return err
	}
	d.you("You apply that plan: %d are updated, %d operations were refused because something moved.",
		applied.Report.Flows[flows.Contacts].Updated, len(applied.Refused))
	if err := d.change(ctx, d.names(1), contacts.ContactUpdate{City: opt.Set("North Haverbrook")}); err != nil {
		return err
	}
	if err := until(ctx, "the old program stops", d.alerted); err != nil {
		return err
	}
	d.heard()
	if err := d.stop(); err != nil {
		return err
	}
	if err := pass(ctx, 97*time.Second); err != nil {
		return err
	}
	d.you("You start the program with the new mapping.")
	d.engine = right
	d.run(ctx)
	return d.settle(ctx)
}

// mapped is an engine with a mapping of some fields of contacts.
func (d *day) mapped(fields string) (*syncer.Engine, error) {
	spec, err := flows.ReadSpec("mapping.yaml", []byte("contacts: {extends: default, fields: "+fields+"}"), flows.WithRegion("US"))
	if err != nil {
		return nil, err
	}
	return d.newEngine(flows.WithSpec(spec))
}
