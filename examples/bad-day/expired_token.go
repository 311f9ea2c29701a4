package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// expiredToken: the CRM refuses the token. The tenant pauses, what comes meanwhile
// waits, and nothing becomes a dead letter. The client reads its token for each
// request (contacts.WithTokenFunc), so a new one needs no restart: the engine asks
// from time to time, and goes on by itself.
func expiredToken(ctx context.Context, d *day) error {
	d.crmServer.RevokeToken("pit-first")
	moved := d.names(3)
	if err := d.change(ctx, moved, contacts.ContactUpdate{City: opt.Set("Shelbyville")}); err != nil {
		return err
	}
	d.wrong("The token that the program uses at the CRM ends, and %d people move to another town.", len(moved))
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
	d.you("At %s you make a new token and put it where the program reads it.", clock())
	d.give("pit-second")
	fixed := time.Now()
	if err := until(ctx, "the pause ends", func() bool { return d.ended(syncer.AlertPaused) }); err != nil {
		return err
	}
	d.heard()
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.say(" engine", "It found the new token by itself, within %s.", within(time.Since(fixed)))
	if err := pass(ctx, 5*time.Minute-time.Since(fixed)); err != nil {
		return err
	}
	return d.end(ctx)
}
