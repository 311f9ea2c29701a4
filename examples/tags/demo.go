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

// demo is bridge with both services in memory, and changes tags on both sides. A
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
	err = edit(ctx, crm, app, func(what string) error {
		fmt.Println(what)
		if err := errors.Join(crmServer.Flush(ctx), engine.Wait(ctx)); err != nil {
			return err
		}
		return show(ctx, app)
	})
	stop()
	return errors.Join(err, <-ended)
}

// edit does what people do at the CRM, and once at SendApp.
func edit(ctx context.Context, crm *contacts.Client, app *sendapp.Client, then func(what string) error) error {
	ann, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann"), Tags: opt.Set([]string{"vip"})})
	if err != nil {
		return err
	}
	if err := then("Ann is created, with the tag vip."); err != nil {
		return err
	}
	if _, err := crm.Tags.Add(ctx, ann.ID, []string{"whatsapp"}); err != nil {
		return err
	}
	if err := then("She is tagged whatsapp."); err != nil {
		return err
	}
	found, err := app.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: ann.ID}, "")
	if err != nil {
		return err
	}
	if _, err := app.Tags.Add(ctx, found.Items[0].ContactID, []string{"spring sale"}); err != nil {
		return err
	}
	if _, err := crm.Contacts.Update(ctx, ann.ID, contacts.ContactUpdate{Tags: opt.Set([]string{"gold", "whatsapp"})}); err != nil {
		return err
	}
	if err := then("She is tagged spring sale in SendApp; in the CRM, vip becomes gold."); err != nil {
		return err
	}
	if _, err := crm.Tags.Remove(ctx, ann.ID, []string{"whatsapp"}); err != nil {
		return err
	}
	return then("The tag whatsapp is taken away.")
}

// show prints the tags of SendApp's contacts.
func show(ctx context.Context, app *sendapp.Client) error {
	n := 0
	for c, err := range app.Contacts.List(ctx, sendapp.ContactQuery{}) {
		if err != nil {
			return err
		}
		fmt.Printf("  SendApp: %s, tags %q\n", c.FirstName, c.Tags)
		n++
	}
	if n == 0 {
		fmt.Println("  SendApp: no contact")
	}
	return nil
}
