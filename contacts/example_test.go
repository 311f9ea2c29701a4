package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
)

func Example() {
	server, err := contactstest.NewServer() // the API in memory; leave it out for the real one
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := contacts.NewClient(
		contacts.WithToken(contactstest.DefaultToken), // a private integration token or an access token
		contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}),
		contacts.WithBaseURL("http://localhost"),
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	contact, err := client.Contacts.Create(ctx, contacts.ContactCreate{
		FirstName: opt.Set("Ada"), Email: opt.Set("ada@example.com"), Phone: opt.Set("+15551234567"),
	})
	if err != nil {
		log.Fatal(err)
	}
	// Only what is set or null changes.
	contact, err = client.Contacts.Update(ctx, contact.ID, contacts.ContactUpdate{
		City: opt.Set("London"), Phone: opt.Null[string](), Tags: opt.Set([]string{"VIP"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s from %s, phone %q, tags %v\n", contact.FirstName, contact.City, contact.Phone, contact.Tags)

	_, err = client.Contacts.Get(ctx, "nobodyHasThisId00000")
	fmt.Println("not found:", errors.Is(err, contacts.ErrNotFound))
	// Output:
	// Ada from London, phone "", tags [vip]
	// not found: true
}

func ExampleContacts_Search() {
	server, err := contactstest.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := contacts.NewClient(
		contacts.WithToken(contactstest.DefaultToken), contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithHTTPClient(&http.Client{Transport: server.Transport()}), contacts.WithBaseURL("http://localhost"),
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for _, name := range []string{"Ada", "Grace", "Edith"} {
		if _, err := client.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set(name), City: opt.Set("London")}); err != nil {
			log.Fatal(err)
		}
	}
	found := client.Contacts.Search(ctx, contacts.SearchQuery{
		Filters: []contacts.Filter{contacts.Equal(contacts.FieldCity, "London")},
		Sort:    []contacts.Sort{{Field: contacts.FieldFirstName, Direction: contacts.Ascending}},
	})
	for contact, err := range found {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(contact.FirstName) // in lower case: take names from Get
	}
	// Output:
	// ada
	// edith
	// grace
}

func ExampleContacts_CreateOnce() {
	client, ada := exampleClient()
	contact, created, err := client.Contacts.CreateOnce(context.Background(), contacts.ContactCreate{Email: opt.Set("ada@example.com")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contact.ID == ada, created)
	// Output: true false
}

// An error says what it means, and carries what the service's support asks for.
func ExampleError() {
	client, ada := exampleClient()
	_, err := client.Contacts.Create(context.Background(), contacts.ContactCreate{Email: opt.Set("ada@example.com")})
	if failed, ok := errors.AsType[*contacts.Error](err); ok && errors.Is(err, contacts.ErrDuplicate) {
		fmt.Println(failed.Status, failed.Messages, failed.ConflictingID == ada, failed.TraceID != "")
	}
	// Output: 400 [This location does not allow duplicated contacts.] true true
}

// Read, change, and write back: only what the API takes is sent.
func ExampleContact_Editable() {
	client, ada := exampleClient()
	ctx := context.Background()
	contact, err := client.Contacts.Get(ctx, ada)
	if err != nil {
		log.Fatal(err)
	}
	update := contact.Editable()
	update.City = opt.Set("London")
	contact, err = client.Contacts.Update(ctx, ada, update)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contact.FirstName, contact.City, contact.Tags)
	// Output: Ada London [customer]
}

func ExampleTasks_Create() {
	client, ada := exampleClient()
	task, err := client.Tasks.Create(context.Background(), ada, contacts.TaskCreate{
		Title: "Call", DueDate: contacts.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, task.DueDate.Format(time.DateOnly))
	// Output: Call 2026-03-01
}

func ExampleNotes_Create() {
	client, ada := exampleClient()
	note, err := client.Notes.Create(context.Background(), ada, contacts.NoteCreate{Body: "Called, no answer"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(note.Body)
	// Output: Called, no answer
}

func ExampleAppointments_Create() {
	client, ada := exampleClient()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	appointment, err := client.Appointments.Create(context.Background(), contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: ada,
		StartTime: contacts.At(start), EndTime: opt.Set(contacts.At(start.Add(time.Hour))),
		AppointmentStatus: opt.Set(contacts.AppointmentConfirmed),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(appointment.StartTime.UTC().Format(time.DateTime), appointment.AppointmentStatus)
	// Output: 2026-03-01 09:00:00 confirmed
}

func ExampleCalendars_ListEvents() {
	client, ada := exampleClient()
	ctx := context.Background()
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	_, err := client.Appointments.Create(ctx, contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: ada, Title: opt.Set("Demo"), StartTime: contacts.At(from.Add(9 * time.Hour)),
	})
	if err != nil {
		log.Fatal(err)
	}
	events, err := client.Calendars.ListEvents(ctx, contacts.EventQuery{
		CalendarID: contactstest.DefaultCalendar, From: from, To: from.AddDate(0, 0, 7),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(events), events[0].Title)
	// Output: 1 Demo
}

func ExampleTags_Add() {
	client, ada := exampleClient()
	tags, err := client.Tags.Add(context.Background(), ada, []string{"VIP"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	// Output: [customer vip]
}

// What became of each contact is told: one that is not there is no error of the
// call.
func ExampleTags_UpdateMany() {
	client, ada := exampleClient()
	results, err := client.Tags.UpdateMany(context.Background(), contacts.TagsAdd, []string{ada, "nobodyHasThisId00000"}, []string{"vip"})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range results {
		fmt.Println(result.ContactID == ada, result.Failed())
	}
	// Output:
	// true false
	// false true
}

func ExampleFollowers_Add() {
	client, ada := exampleClient()
	followers, err := client.Followers.Add(context.Background(), ada, []string{"YlWd2wuCAZQzh2cH1fVZ"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(followers)
	// Output: [YlWd2wuCAZQzh2cH1fVZ]
}

func ExampleCampaigns_Add() {
	client, ada := exampleClient()
	fmt.Println(client.Campaigns.Add(context.Background(), ada, "0007BWpSzSwfiuSl0tR2"))
	// Output: <nil>
}

func ExampleWorkflows_Add() {
	client, ada := exampleClient()
	fmt.Println(client.Workflows.Add(context.Background(), ada, "78559bb3-b920-461e-b010-7b2a2816d2a9", time.Time{}))
	// Output: <nil>
}

func ExampleBusinesses_Assign() {
	client, ada := exampleClient()
	changed, err := client.Businesses.Assign(context.Background(), "63771dcac1116f0e21de8e12", []string{ada})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(changed))
	// Output: 1
}

func ExampleLocations_Get() {
	client, _ := exampleClient()
	location, err := client.Locations.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(location.ID, location.Settings.AllowDuplicateContact)
	// Output: ve9EPM428h8vShlRW1KT false
}

// Contacts have the ids of their custom fields only. The directory knows keys,
// names and types.
func ExampleCustomFields_Directory() {
	client, ada := exampleClient()
	ctx := context.Background()
	if _, err := client.CustomFields.Create(ctx, contacts.CustomFieldCreate{Name: "Budget", DataType: contacts.DataMoney}); err != nil {
		log.Fatal(err)
	}
	directory, err := client.CustomFields.Directory(ctx)
	if err != nil {
		log.Fatal(err)
	}
	input, err := directory.Input("Budget", 1200.5)
	if err != nil {
		log.Fatal(err)
	}
	contact, err := client.Contacts.Update(ctx, ada, contacts.ContactUpdate{CustomFields: opt.Set([]contacts.CustomFieldInput{input})})
	if err != nil {
		log.Fatal(err)
	}
	budget, err := directory.Value(contact, "budget")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(budget.Number())

	_, err = directory.Input("budget", "a lot")
	fmt.Println(err)
	// Output:
	// 1200.5 true
	// contacts: invalid request: the custom field "contact.budget" is of type MONETORY and takes a number, not a string
}

// Least privilege: the scopes to ask for when an app is made.
func ExampleRequiredScopes() {
	scopes, err := contacts.RequiredScopes("Contacts.Get", "Contacts.Search", "Tasks.Search")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scopes)
	// Output: [contacts.readonly locations/tasks.readonly]
}

func ExampleClient_Check() {
	client, _ := exampleClient()
	check, err := client.Check(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(check.Token, "token for", check.LocationID)
	fmt.Println(len(check.Granted), "scopes granted,", len(check.Missing), "missing, requests left:", check.Left > 0)
	// Output:
	// private integration token for ve9EPM428h8vShlRW1KT
	// 6 scopes granted, 0 missing, requests left: true
}

func ExampleNewWebhookHandler() {
	verifier, err := contacts.NewVerifier() // with the key that the vendor publishes
	if err != nil {
		log.Fatal(err)
	}
	handler := contacts.NewWebhookHandler(verifier, func(_ context.Context, event contacts.Event) error {
		if contact, ok := event.Contact(); ok {
			fmt.Println(event.Type, contact.ID) // store it, and return
		}
		return nil
	}, contacts.WithTolerance(24*time.Hour))
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/contacts", handler)
	fmt.Println(handler != nil)
	// Output: true
}
