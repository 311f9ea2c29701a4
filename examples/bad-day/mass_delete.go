package main

import (
	"context"

	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// massDelete: the guard (syncer.DefaultGuard) lets 20 contacts, or 5 %, be removed
// within 24 hours. The rest is held until the contacts are back, or until you say
// that it is meant:
//
//	n, err := engine.Release(ctx, syncer.Scope{Flow: flows.Contacts})
func massDelete(ctx context.Context, d *day) error {
	before := d.crmServer.Export()
	gone := d.without("Ann", "Dan", "Gus", "June") // who have tasks
	for _, name := range gone {
		if err := d.crm.Contacts.Delete(ctx, d.ids[name]); err != nil {
			return err
		}
	}
	d.wrong("Somebody cleans up in the CRM: %d of the %d contacts are deleted.", len(gone), len(d.ids))
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.heard()
	if err := d.status(ctx); err != nil {
		return err
	}
	if err := d.log(ctx); err != nil {
		return err
	}
	d.say(" engine", "SendApp has %d contacts still.", d.appServer.Counts().Contacts)
	verification, err := d.engine.Verify(ctx, syncer.Scope{Flow: flows.Contacts})
	if err != nil {
		return err
	}
	d.you("Verify shows you the %d that are held. It was a mistake: you restore the contacts in the CRM, and backfill.",
		verification.Flows[flows.Contacts].Counts[syncer.DifferenceHeld])
	if _, err := d.crmServer.Apply(before); err != nil {
		return err
	}
	if _, err := d.engine.Backfill(ctx); err != nil {
		return err
	}
	if err := until(ctx, "nothing is held", func() bool { return d.ended(syncer.AlertHeld) }); err != nil {
		return err
	}
	d.heard()
	return d.end(ctx)
}
