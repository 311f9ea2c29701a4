package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// crashVariable makes the program the one that crashes, in the directory that it
// names, crashTime says when.
const (
	crashVariable = "BAD_DAY_CRASH"
	crashTime     = "BAD_DAY_TIME"
)

// crash: a process is killed at the worst moment: SendApp has created a contact, and
// the answer did not arrive. The next process on the same store (sqlite.Open) finds
// that a create may have happened, looks for the contact by its external id, and
// adopts it. Nothing is doubled, and nothing has to be done.
func crash(ctx context.Context, d *day) error {
	dir, err := os.MkdirTemp("", "bad-day")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program := exec.CommandContext(ctx, self) //nolint:gosec // this program
	program.Env = append(os.Environ(), crashVariable+"="+dir, crashTime+"="+time.Now().Format(time.RFC3339))
	program.Stderr = os.Stderr
	if err := program.Run(); err == nil {
		return errors.New("the other process was not killed")
	}
	again, err := newDay(d.out, dir)
	if err != nil {
		return err
	}
	d.wrong("Another process copies a new contact to SendApp, and is killed before the answer arrives.")
	d.say("", "Contacts at SendApp: %d.", again.appServer.Counts().Contacts)
	if err := again.status(ctx); err != nil {
		return errors.Join(err, again.close())
	}
	again.run(ctx)
	d.you("You start the program again.")
	started := time.Now()
	if err := again.engine.Wait(ctx); err != nil {
		return errors.Join(err, again.close())
	}
	d.say(" engine", "It waits until the lease of the dead process has ended, and is through within %s. Contacts at SendApp: %d.",
		within(time.Since(started)), again.appServer.Counts().Contacts)
	return errors.Join(again.end(ctx), again.close())
}

// die is the process that is killed.
func die(ctx context.Context, dir string) error {
	now, err := time.Parse(time.RFC3339, os.Getenv(crashTime))
	if err != nil {
		return err
	}
	if err := pass(ctx, time.Until(now)); err != nil {
		return err
	}
	d, err := newDay(io.Discard, dir)
	if err != nil {
		return err
	}
	d.appServer.Fail(sendapptest.Fault{Operation: "contacts.create", Hang: true, After: true, Times: -1})
	d.run(ctx)
	if _, err := d.crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Zoe")}); err != nil {
		return err
	}
	if err := until(ctx, "SendApp has the contact", func() bool { return d.appServer.Counts().Contacts == 1 }); err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	return self.Kill()
}
