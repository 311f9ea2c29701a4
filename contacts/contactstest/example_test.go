package contactstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

// welcome is a function of an app: it tags a contact and leaves a note.
func welcome(ctx context.Context, client *contacts.Client, id string) error {
	if _, err := client.Tags.Add(ctx, id, []string{"Welcomed"}); err != nil {
		return err
	}
	_, err := client.Notes.Create(ctx, id, contacts.NoteCreate{Body: "Sent the welcome pack."})
	return err
}

// newServer is contactstest.Start for a program: in a test, write
//
//	server, client := contactstest.Start(t)
func newServer(opts ...contactstest.Option) (*contactstest.Server, *contacts.Client) {
	server, err := contactstest.NewServer(opts...)
	if err != nil {
		panic(err)
	}
	client, err := server.Client()
	if err != nil {
		panic(err)
	}
	return server, client
}

// An app's own function is tested with a server and a client for it.
func Example() {
	ctx := context.Background()
	server, client := newServer()
	defer server.Close()
	ann, err := client.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann")})
	if err != nil {
		panic(err)
	}

	fmt.Println("welcome:", welcome(ctx, client, ann.ID))

	ann, err = client.Contacts.Get(ctx, ann.ID)
	fmt.Println(ann.Tags, err)
	fmt.Println("notes:", server.Counts().Notes)
	// Output:
	// welcome: <nil>
	// [welcomed] <nil>
	// notes: 1
}

// What does an app do when the service creates a note, but its answer is lost?
func ExampleServer_Fail() {
	ctx := context.Background()
	server, client := newServer()
	defer server.Close()
	ann, err := client.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann")})
	if err != nil {
		panic(err)
	}
	server.Fail(contactstest.Fault{Operation: "notes.create", Times: 1, Status: http.StatusBadGateway, After: true})

	err = welcome(ctx, client, ann.ID)

	fmt.Println("unknown:", errors.Is(err, contacts.ErrUnknownOutcome))
	fmt.Println("notes:", server.Counts().Notes)
	// Output:
	// unknown: true
	// notes: 1
}

// The server sends signed webhooks for what is changed through it.
func ExampleServer_SendWebhooks() {
	ctx := context.Background()
	server, client := newServer()
	defer server.Close()
	verifier, err := contacts.NewVerifier(server.PublicKey())
	if err != nil {
		panic(err)
	}
	server.SendWebhooks(contacts.NewWebhookHandler(verifier, func(_ context.Context, event contacts.Event) error {
		fmt.Println("got", event.Type)
		return nil
	}))
	if _, err := client.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann")}); err != nil {
		panic(err)
	}

	fmt.Println("all delivered:", server.Flush(ctx))
	// Output:
	// got ContactCreate
	// all delivered: <nil>
}
