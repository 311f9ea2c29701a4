package sendapp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func Example() {
	server, err := sendapptest.NewServer() // yours, or an adapter that you run
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL("http://localhost"),
		sendapp.WithAPIKey(sendapptest.DefaultAPIKey),
		sendapp.WithHTTPClient(&http.Client{Transport: server.Transport()}),
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	contact, err := client.Contacts.Create(ctx, sendapp.ContactCreate{
		ExternalID: opt.Set("ve9EPM428h8vShlRW1KT"),
		FirstName:  opt.Set("Anna"),
		Phone:      opt.Set("+15551234567"),
		Tags:       opt.Set([]string{"VIP"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{TaskTitle: opt.Set("Call back")})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Tasks.Complete(ctx, contact.ContactID, task.TaskID, true); err != nil {
		log.Fatal(err)
	}

	// Only what is set or null changes; and only if nobody else was faster.
	_, err = client.Contacts.Update(ctx, contact.ContactID, sendapp.ContactUpdate{
		City: opt.Set("Rome"), Phone: opt.Null[string](),
	}, sendapp.WithIfMatch(contact.Version))
	if errors.Is(err, sendapp.ErrConflict) {
		log.Fatal("somebody else changed the contact meanwhile")
	}

	for contact, err := range client.Contacts.List(ctx, sendapp.ContactQuery{Tag: "vip"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s from %s, phone %q, tags %v\n", contact.FirstName, contact.City, contact.Phone, contact.Tags)
	}
	// Output: Anna from Rome, phone "", tags [vip]
}
