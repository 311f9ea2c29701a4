package sendapp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// exampleClient is a client of a server in memory that holds Anna.
func exampleClient() (*sendapp.Client, *sendapp.Contact) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server, err := sendapptest.NewServer(sendapptest.WithClock(func() time.Time { return now }))
	if err != nil {
		log.Fatal(err)
	}
	client, err := server.Client()
	if err != nil {
		log.Fatal(err)
	}
	anna, err := client.Contacts.Create(context.Background(), sendapp.ContactCreate{
		ExternalID: opt.Set("ve9EPM428h8vShlRW1KT"), FirstName: opt.Set("Anna"), Tags: opt.Set([]string{"vip"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	return client, anna
}

// An external id finds what was created before a crash.
func ExampleContacts_ListPage() {
	client, _ := exampleClient()
	page, err := client.Contacts.ListPage(context.Background(), sendapp.ContactQuery{ExternalID: "ve9EPM428h8vShlRW1KT"}, "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Items), page.Items[0].FirstName)
	// Output: 1 Anna
}

func ExampleContacts_Create() {
	client, _ := exampleClient()
	_, err := client.Contacts.Create(context.Background(), sendapp.ContactCreate{ExternalID: opt.Set("ve9EPM428h8vShlRW1KT")})
	var failed *sendapp.Error
	switch {
	case errors.Is(err, sendapp.ErrDuplicate) && errors.As(err, &failed):
		fmt.Println("exists already:", strings.HasPrefix(failed.ConflictingID, "con_"))
	case errors.Is(err, sendapp.ErrContactLimit):
		fmt.Println("the plan is full")
	case err != nil:
		log.Fatal(err)
	}
	// Output: exists already: true
}

func ExampleContacts_Profile() {
	client, anna := exampleClient()
	ctx := context.Background()
	if _, err := client.Notes.Create(ctx, anna.ContactID, sendapp.NoteCreate{Body: opt.Set("Likes tea.")}); err != nil {
		log.Fatal(err)
	}
	profile, err := client.Contacts.Profile(ctx, anna.ContactID, nil) // nil: all parts
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile.Contact.FirstName, profile.Notes[0].Body, len(profile.Activity))
	// Output: Anna Likes tea. 2
}

func ExampleTasks_Create() {
	client, anna := exampleClient()
	task, err := client.Tasks.Create(context.Background(), anna.ContactID, sendapp.TaskCreate{
		TaskTitle: opt.Set("Call back"),
		DueDate:   opt.Set(sendapp.At(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.TaskTitle, task.DueDate.Format(time.DateOnly), task.Status)
	// Output: Call back 2026-01-05 pending
}

func ExampleNotes_Create() {
	client, anna := exampleClient()
	note, err := client.Notes.Create(context.Background(), anna.ContactID, sendapp.NoteCreate{
		Body:       opt.Set("Likes tea."),
		OccurredAt: opt.Set(sendapp.At(time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC))), // when it was written elsewhere
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(note.OccurredAt.Year(), note.CreatedAt.Year())
	// Output: 2024 2026
}

func ExampleAppointments_Create() {
	client, anna := exampleClient()
	start := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	visit, err := client.Appointments.Create(context.Background(), anna.ContactID, sendapp.AppointmentCreate{
		Title: opt.Set("Visit"), StartTime: opt.Set(sendapp.At(start)), EndTime: opt.Set(sendapp.At(start.Add(time.Hour))),
		Timezone: opt.Set("Europe/Rome"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(visit.Title, visit.Status)
	// Output: Visit new
}

func ExampleTags_Add() {
	client, anna := exampleClient()
	set, err := client.Tags.Add(context.Background(), anna.ContactID, []string{"Lead"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Tags)
	// Output: [lead vip]
}

func ExampleActivities_List() {
	client, anna := exampleClient()
	for activity, err := range client.Activity.List(context.Background(), anna.ContactID, sendapp.ActivityQuery{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(activity.OccurredAt.Format(time.DateOnly), activity.Summary)
	}
	// Output: 2026-01-02 Contact created
}

// The secret is shown nowhere unless it is asked for by string(…).
func ExampleWebhooks_Create() {
	client, _ := exampleClient()
	hook, err := client.Webhooks.Create(context.Background(), sendapp.SubscriptionCreate{
		URL: "https://app.example.com/sendapp", Events: []string{"contact.updated"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hook.Events, hook.Secret, strings.HasPrefix(string(hook.Secret), "whsec_"))
	// Output: [contact.updated] [redacted] true
}

func ExampleClient_Check() {
	client, _ := exampleClient()
	check, err := client.Check(context.Background(), "Contacts.Create", "Notes.List")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(check)
	// Output:
	// localhost speaks version 1 of the contract and accepts the credentials of WithAPIKey.
	// They have all scopes that are needed.
}

func ExampleClient_Capabilities() {
	client, _ := exampleClient()
	has, err := client.Capabilities(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(has.HasResource(sendapp.ResourceTasks), has.HasFeature(sendapp.FeatureVersions), has.Limits.PageSize)
	// Output: true true 200
}

// What a token of a program that only reads needs.
func ExampleRequiredScopes() {
	scopes, err := sendapp.RequiredScopes("Contacts.List", "Notes.List")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scopes)
	// Output: [contacts.readonly]
}

// A key that rotates is read from where it is kept; a 401 reads it again at once.
func ExampleWithAPIKeySource() {
	server, err := sendapptest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	keys := []string{"an-older-key", sendapptest.DefaultAPIKey}
	client, err := sendapp.NewClient(
		sendapp.WithBaseURL("http://localhost"), sendapp.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		sendapp.WithAPIKeySource(func(context.Context) (string, error) { // a file, a vault
			key := keys[0]
			keys = keys[len(keys)-1:]
			return key, nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	has, err := client.Capabilities(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(has.Contract)
	// Output: 1
}
