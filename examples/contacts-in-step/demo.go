package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// demo is bridge with both services in memory, and edits the CRM's contacts. A
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
	err = edit(ctx, crm, func(what string) error {
		fmt.Println(what)
		if err := errors.Join(crmServer.Flush(ctx), engine.Wait(ctx)); err != nil {
			return err
		}
		return show(ctx, app)
	})
	stop()
	return errors.Join(err, <-ended)
}

// edit does what people do at the CRM.
func edit(ctx context.Context, crm *contacts.Client, then func(what string) error) error {
	ann, err := crm.Contacts.Create(ctx, contacts.ContactCreate{
		FirstName: opt.Set("Ann"), LastName: opt.Set("Lee"), Phone: opt.Set("(202) 555-0143"), Tags: opt.Set([]string{"VIP"}),
	})
	if err != nil {
		return err
	}
	if err := then("Ann is created."); err != nil {
		return err
	}
	_, err = crm.Contacts.Update(ctx, ann.ID, contacts.ContactUpdate{LastName: opt.Set("Smith"), Email: opt.Set("ann@example.com")})
	if err != nil {
		return err
	}
	if err := then("She marries and has an e-mail address now."); err != nil {
		return err
	}
	if err := crm.Contacts.Delete(ctx, ann.ID); err != nil {
		return err
	}
	return then("She is deleted.")
}

// show prints SendApp's contacts.
func show(ctx context.Context, app *sendapp.Client) error {
	n := 0
	for c, err := range app.Contacts.List(ctx, sendapp.ContactQuery{}) {
		if err != nil {
			return err
		}
		fmt.Printf("  SendApp: %s %s, phone %s, e-mail %q, tags %v\n", c.FirstName, c.LastName, c.Phone, c.Email, c.Tags)
		n++
	}
	if n == 0 {
		fmt.Println("  SendApp: no contact")
	}
	return nil
}
