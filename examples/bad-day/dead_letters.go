package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// deadLetters: what a service refuses for good is not tried again and again. It is a
// dead letter, with the service's words; many of a kind are one alert. Once the cause
// is put right, Replay tries again those that a filter chooses.
func deadLetters(ctx context.Context, d *day) error {
	d.appServer.Fail(sendapptest.Fault{Operation: "contacts.update", Status: 422, Times: -1})
	changed := d.names(25)
	if err := d.change(ctx, changed, contacts.ContactUpdate{Source: opt.Set("fair")}); err != nil {
		return err
	}
	d.wrong("After an update, SendApp refuses what it took before. %d contacts are changed in the CRM.", len(changed))
	if err := later(ctx, 30*time.Minute); err != nil {
		return err
	}
	d.heard()
	if err := d.status(ctx); err != nil {
		return err
	}
	if err := d.log(ctx); err != nil {
		return err
	}
	for event, err := range d.engine.Events(ctx, syncer.EventQuery{Action: syncer.DeadLetter, Limit: 1}) {
		if err != nil {
			return err
		}
		d.you("You ask Events for the dead letters. One says: %s", withoutTrace(event.Error))
	}
	d.appServer.Heal()
	n, err := d.engine.Replay(ctx, syncer.ReplayFilter{Scope: syncer.Scope{Flow: flows.Contacts}, Kind: "row", Error: "422"})
	if err != nil {
		return err
	}
	d.you("SendApp puts it right at %s. You replay the %d that it had refused.", clock(), n)
	if err := d.settle(ctx); err != nil {
		return err
	}
	if err := until(ctx, "the alert ends", func() bool { return d.ended(syncer.AlertGrouped) }); err != nil {
		return err
	}
	d.heard()
	return d.end(ctx)
}
