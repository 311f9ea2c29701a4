package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// demo is bridge with both services in memory, and edits a task of the CRM. A
// program of yours does without this file.
func demo(ctx context.Context) error {
	crmServer, err := contactstest.NewServer()
	if err != nil {
		return err
	}
	defer func() { _ = crmServer.Close() }()
	appServer, err := sendapptest.NewServer()
	if err != nil {
		return err
	}
	defer func() { _ = appServer.Close() }()
	crm, err := crmServer.Client()
	if err != nil {
		return err
	}
	app, err := appServer.Client()
	if err != nil {
		return err
	}
	engine, err := newEngine(contactstest.DefaultLocation, crm, app, syncer.NewMemoryStore())
	if err != nil {
		return err
	}
	verifier, err := contacts.NewVerifier(crmServer.PublicKey())
	if err != nil {
		return err
	}
	crmServer.SendWebhooks(contacts.NewWebhookHandler(verifier, flows.Notify(engine)))

	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	err = edit(ctx, crm, func(what string, noWebhook bool) error {
		fmt.Println(what)
		if noWebhook {
			if _, err := engine.Backfill(ctx, syncer.Scope{Flow: flows.Tasks}); err != nil {
				return err
			}
		}
		if err := errors.Join(crmServer.Flush(ctx), engine.Wait(ctx)); err != nil {
			return err
		}
		return show(ctx, app)
	})
	stop()
	return errors.Join(err, <-ended)
}

// edit does what people do at the CRM.
func edit(ctx context.Context, crm *contacts.Client, then func(what string, noWebhook bool) error) error {
	ann, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann"), Phone: opt.Set("+12025550143")})
	if err != nil {
		return err
	}
	friday := time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC)
	call, err := crm.Tasks.Create(ctx, ann.ID, contacts.TaskCreate{Title: "Call Ann", DueDate: contacts.At(friday)})
	if err != nil {
		return err
	}
	if err := then("A task is created.", false); err != nil {
		return err
	}
	_, err = crm.Tasks.Update(ctx, ann.ID, call.ID, contacts.TaskUpdate{DueDate: opt.Set(contacts.At(friday.AddDate(0, 0, 3)))})
	if err != nil {
		return err
	}
	if err := then("It is put off. No webhook tells of that: the next sweep finds it.", true); err != nil {
		return err
	}
	if _, err := crm.Tasks.Complete(ctx, ann.ID, call.ID, true); err != nil {
		return err
	}
	return then("It is completed.", false)
}

// show prints SendApp's tasks.
func show(ctx context.Context, app *sendapp.Client) error {
	for task, err := range app.Tasks.List(ctx, sendapp.TaskQuery{}) {
		if err != nil {
			return err
		}
		fmt.Printf("  SendApp: %q, due %s, %s\n", task.TaskTitle, task.DueDate.Format(time.RFC3339), task.Status)
	}
	return nil
}
