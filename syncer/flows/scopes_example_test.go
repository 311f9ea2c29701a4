package flows_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer/flows"
)

func ExampleRequiredScopes() {
	scopes, err := flows.RequiredScopes(flows.Contacts, flows.Tasks)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(scopes)
	// Output:
	// Contacts API: contacts.readonly, locations/tasks.readonly
	// SendApp: contacts.readonly, contacts.write
}

func ExampleCheck() {
	source, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	target, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	crm, err := contacts.NewClient(
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: source.Transport()}),
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation))
	if err != nil {
		log.Fatal(err)
	}
	app, err := target.Client()
	if err != nil {
		log.Fatal(err)
	}
	ready, err := flows.Check(context.Background(), crm, app, flows.Contacts, flows.Appointments)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ready.Ready(), ready.Lacks[flows.Contacts])
	// Output: true []
}
