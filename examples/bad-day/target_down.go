package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
)

// targetDown: SendApp answers nothing but errors. After some records have failed it
// is taken to be SendApp that fails, not they: their work waits, and one of them
// tries from time to time. You need do nothing.
func targetDown(ctx context.Context, d *day) error {
	d.appServer.Fail(sendapptest.Fault{Status: 503, Times: -1})
	before := requests(d.appServer.Requests())
	changed := d.names(25)
	if err := d.change(ctx, changed, contacts.ContactUpdate{Website: opt.Set("https://example.com")}); err != nil {
		return err
	}
	d.wrong("SendApp answers 503, and %d contacts are changed in the CRM.", len(changed))
	if err := later(ctx, time.Hour); err != nil {
		return err
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	d.heard()
	if err := d.status(ctx); err != nil {
		return err
	}
	d.say(" engine", "It asked SendApp %s times in that hour.", fewer(requests(d.appServer.Requests())-before, 500))
	d.appServer.Heal()
	d.wrong("SendApp works again.")
	healed := time.Now()
	if err := until(ctx, "the circuit closes", func() bool { return d.ended(syncer.AlertCircuit) }); err != nil {
		return err
	}
	d.heard()
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.say(" engine", "All of it was done within %s.", within(time.Since(healed)))
	if err := pass(ctx, 5*time.Minute-time.Since(healed)); err != nil {
		return err
	}
	return d.end(ctx)
}
