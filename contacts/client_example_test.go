package contacts_test

import (
	"crypto/ed25519"
	"fmt"
	"log"

	"github.com/contactlink/contactlink/contacts"
)

// A client for a location, and one for another location of the same app.
func ExampleNewClient() {
	client, err := contacts.NewClient(
		contacts.WithToken("pit-0123"), // from the environment: a private integration token or an access token
		contacts.WithLocation("ve9EPM428h8vShlRW1KT"),
	)
	if err != nil {
		log.Fatal(err)
	}
	other, err := client.With(contacts.WithLocation("C2QujeCh8ZnC7al2InWR"), contacts.WithToken("pit-4567"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Location(), other.Location())

	_, err = contacts.NewClient(contacts.WithBaseURL("http://api.example.com")) // what is wrong is said at once
	fmt.Println(err)
	// Output:
	// ve9EPM428h8vShlRW1KT C2QujeCh8ZnC7al2InWR
	// contacts: make a client: the base URL of api.example.com must begin with https://: http is for loopback only
}

// The vendor's key, or those of a server of your own.
func ExampleNewVerifier() {
	verifier, err := contacts.NewVerifier()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verifier != nil)

	_, err = contacts.NewVerifier(ed25519.PublicKey("too short"))
	fmt.Println(err)
	// Output:
	// true
	// contacts: a webhook key is not an Ed25519 public key
}
