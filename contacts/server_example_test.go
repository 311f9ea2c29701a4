package contacts_test

import (
	"context"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

// exampleClient is a client of the API in memory, with the id of a contact that
// is there. See the first example for a client of your own.
func exampleClient() (client *contacts.Client, contactID string) {
	server, err := contactstest.NewServer(contactstest.WithLimits())
	if err != nil {
		log.Fatal(err)
	}
	client, err = contacts.NewClient(
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}), contacts.WithBaseURL("http://localhost"),
	)
	if err != nil {
		log.Fatal(err)
	}
	ada, err := client.Contacts.Create(context.Background(), contacts.ContactCreate{
		FirstName: opt.Set("Ada"), Email: opt.Set("ada@example.com"), Tags: opt.Set([]string{"customer"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	return client, ada.ID
}
