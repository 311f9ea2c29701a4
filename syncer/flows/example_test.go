package flows_test

import (
	"context"
	"fmt"
	"log"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// Contacts and their tasks, once; both services are in memory here. A program that
// keeps them in step calls Engine.Run instead.
func ExampleStandard() {
	crmServer, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer crmServer.Close()
	appServer, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer appServer.Close()
	crm, err := crmServer.Client() // contacts.NewClient
	if err != nil {
		log.Fatal(err)
	}
	app, err := appServer.Client() // sendapp.NewClient
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann"), Phone: opt.Set("(202) 555-0143")}); err != nil {
		log.Fatal(err)
	}

	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, app, flows.WithRegion("US"), flows.WithOnly(flows.Contacts, flows.Tasks))...),
		Store:   syncer.NewMemoryStore(), // sqlite.Open("state.db")
	})
	if err != nil {
		log.Fatal(err)
	}
	report, err := engine.Backfill(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("created:", report.Flows[flows.Contacts].Created)
	for contact, err := range app.Contacts.List(ctx, sendapp.ContactQuery{}) {
		fmt.Println(contact.FirstName, contact.Phone, err)
	}
	// Output:
	// created: 1
	// Ann +12025550143 <nil>
}

// What an event speaks of is marked, and brought over by Run, or by another operation.
func ExampleNotify() {
	ctx := context.Background()
	server, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	appServer, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer appServer.Close()
	crm, err := server.Client() // contacts.NewClient
	if err != nil {
		log.Fatal(err)
	}
	app, err := appServer.Client() // sendapp.NewClient
	if err != nil {
		log.Fatal(err)
	}
	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, app, flows.WithOnly(flows.Contacts))...),
		Store:   syncer.NewMemoryStore(), // sqlite.Open("state.db")
	})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := contacts.NewVerifier(server.PublicKey()) // without a key: the vendor's
	if err != nil {
		log.Fatal(err)
	}
	server.SendWebhooks(contacts.NewWebhookHandler(verifier, flows.Notify(engine))) // http.Handle("/webhooks", …)

	if _, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann")}); err != nil {
		log.Fatal(err)
	}
	if err := server.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	status, err := engine.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	flow := status.Tenants[0].Flows[0]
	fmt.Println(flow.Flow, flow.Waiting, "waiting")
	// Output: contacts 1 waiting
}
