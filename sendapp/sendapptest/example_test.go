package sendapptest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/messaging"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// The server speaks HTTP on loopback, to whatever speaks the contract. In a Go
// test, Start is shorter.
func Example() {
	server, err := sendapptest.NewServer(sendapptest.WithAPIKey("key"))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, url+"/contacts", strings.NewReader(`{"firstName": "Anna"}`))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("X-API-Key", "key")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode, server.Counts().Contacts, server.Requests()["contacts.create"])
	// Output: 201 1 1
}

// A test of an app: the answer of its first create is lost, and still there is
// one contact.
func ExampleServer_Fail() {
	server, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		log.Fatal(err)
	}
	server.Fail(sendapptest.Fault{Operation: "contacts.create", Cut: true, After: true})
	_, err = client.Contacts.Create(context.Background(), sendapp.ContactCreate{FirstName: opt.Set("Anna")})
	fmt.Println(err, server.Requests()["contacts.create"], server.Counts().Contacts)
	// Output: <nil> 2 1
}

// An adapter that lacks parts of the contract, and a plan that is full.
func ExampleWithout() {
	server, err := sendapptest.NewServer(
		sendapptest.Without(sendapp.FeatureVersions), sendapptest.Without(sendapp.ResourceAppointments),
		sendapptest.WithContactLimit(100), sendapptest.WithAltering(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := server.Client()
	if err != nil {
		log.Fatal(err)
	}
	contact, err := client.Contacts.Create(context.Background(), sendapp.ContactCreate{Email: opt.Set(" Anna@Example.com ")})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Appointments.ListPage(context.Background(), sendapp.AppointmentQuery{}, "")
	fmt.Println(contact.Email, errors.Is(err, sendapp.ErrUnsupported))
	// Output: anna@example.com true
}

// Both messaging interfaces in memory: what a test wants to know is what was sent.
func ExampleNewMessaging() {
	server := sendapptest.NewMessaging()
	defer server.Close()
	sender, err := messaging.NewAgent(
		messaging.WithAPIKey(sendapptest.DefaultMessagingKey), messaging.WithAccountToken(sendapptest.DefaultAccountToken),
		messaging.WithHTTPClient(&http.Client{Transport: server.Transport()}),
	)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := sender.SendText(context.Background(), messaging.Text{To: "+15551234567", Body: "Hello"}); err != nil {
		log.Fatal(err)
	}
	for _, sent := range server.Sent() {
		fmt.Println(sent.Product, sent.Number, sent.Fields["message"])
	}
	// Output: agent 15551234567 Hello
}
