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
	client := exampleClient(answers{
		"GET /contacts/search/duplicate": `{"contact":null}`,
		"POST /contacts/":                `{"contact":{"id":"c1"}}`,
	})
	contact, created, err := client.Contacts.CreateOnce(context.Background(), contacts.ContactCreate{Email: opt.Set("ada@example.com")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contact.ID, created)
	// Output: c1 true
}

func ExampleTasks_Create() {
	client := exampleClient(answers{"POST /contacts/c1/tasks": `{"task":{"id":"t1","title":"Call","dueDate":"2026-03-01T09:00:00.000Z"}}`})
	task, err := client.Tasks.Create(context.Background(), "c1", contacts.TaskCreate{
		Title: "Call", DueDate: contacts.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Title, task.DueDate.Format(time.DateOnly))
	// Output: Call 2026-03-01
}

func ExampleNotes_Create() {
	client := exampleClient(answers{"POST /contacts/c1/notes": `{"note":{"id":"n1","body":"Called, no answer"}}`})
	note, err := client.Notes.Create(context.Background(), "c1", contacts.NoteCreate{Body: "Called, no answer"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(note.Body)
	// Output: Called, no answer
}

func ExampleAppointments_Create() {
	client := exampleClient(answers{"POST /calendars/events/appointments": `{"id":"e1","appointmentStatus":"confirmed"}`})
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	appointment, err := client.Appointments.Create(context.Background(), contacts.AppointmentCreate{
		CalendarID: "cal1", ContactID: "c1", StartTime: contacts.At(start), EndTime: opt.Set(contacts.At(start.Add(time.Hour))),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(appointment.ID, appointment.AppointmentStatus)
	// Output: e1 confirmed
}

func ExampleCalendars_ListEvents() {
	client := exampleClient(answers{"GET /calendars/events": `{"events":[{"id":"e1","title":"Demo"}]}`})
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	events, err := client.Calendars.ListEvents(context.Background(), contacts.EventQuery{
		CalendarID: "cal1", From: from, To: from.AddDate(0, 0, 7),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(events), events[0].Title)
	// Output: 1 Demo
}

func ExampleTags_Add() {
	client := exampleClient(answers{"POST /contacts/c1/tags": `{"tags":["customer","vip"]}`})
	tags, err := client.Tags.Add(context.Background(), "c1", []string{"VIP"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	// Output: [customer vip]
}

func ExampleTags_UpdateMany() {
	client := exampleClient(answers{"POST /contacts/bulk/tags/update/add": `{"succeded":true,"errorCount":1,"responses":[
		{"contactId":"c1","type":"success","message":"Tags updated"},{"contactId":"c2","type":"error","message":"contact is deleted"}]}`})
	results, err := client.Tags.UpdateMany(context.Background(), contacts.TagsAdd, []string{"c1", "c2"}, []string{"vip"})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range results {
		fmt.Println(result.ContactID, result.Failed(), result.Message)
	}
	// Output:
	// c1 false Tags updated
	// c2 true contact is deleted
}

func ExampleFollowers_Add() {
	client := exampleClient(answers{"POST /contacts/c1/followers": `{"followers":["u1","u2"],"followersAdded":["u2"]}`})
	followers, err := client.Followers.Add(context.Background(), "c1", []string{"u2"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(followers)
	// Output: [u1 u2]
}

func ExampleCampaigns_Add() {
	client := exampleClient(answers{"POST /contacts/c1/campaigns/ca1": `{"succeded":true}`})
	fmt.Println(client.Campaigns.Add(context.Background(), "c1", "ca1"))
	// Output: <nil>
}

func ExampleWorkflows_Add() {
	client := exampleClient(answers{"POST /contacts/c1/workflow/w1": `{"succeded":true}`})
	fmt.Println(client.Workflows.Add(context.Background(), "c1", "w1", time.Time{}))
	// Output: <nil>
}

func ExampleBusinesses_Assign() {
	client := exampleClient(answers{"POST /contacts/bulk/business": `{"success":true,"ids":["c1","c2"]}`})
	changed, err := client.Businesses.Assign(context.Background(), "b1", []string{"c1", "c2"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed)
	// Output: [c1 c2]
}

func ExampleLocations_Get() {
	client := exampleClient(answers{"GET /locations/l1": `{"location":{"id":"l1","name":"Engines","settings":{"allowDuplicateContact":false}}}`})
	location, err := client.Locations.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(location.Name, location.Settings.AllowDuplicateContact)
	// Output: Engines false
}

// Contacts have the ids of their custom fields only. The directory knows keys,
// names and types.
func ExampleCustomFields_Directory() {
	client := exampleClient(answers{
		"GET /locations/l1/customFields": `{"customFields":[{"id":"f1","name":"Budget","fieldKey":"contact.budget","dataType":"MONETORY"}]}`,
		"GET /contacts/c1":               `{"contact":{"id":"c1","customFields":[{"id":"f1","value":1200.50}]}}`,
		"PUT /contacts/c1":               `{"contact":{"id":"c1"}}`,
	})
	ctx := context.Background()
	directory, err := client.CustomFields.Directory(ctx)
	if err != nil {
		log.Fatal(err)
	}
	contact, err := client.Contacts.Get(ctx, "c1")
	if err != nil {
		log.Fatal(err)
	}
	budget, err := directory.Value(contact, "budget")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(budget.Number())

	more, err := directory.Input("Budget", 1500)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Contacts.Update(ctx, "c1", contacts.ContactUpdate{CustomFields: opt.Set([]contacts.CustomFieldInput{more})})
	fmt.Println(err)

	_, err = directory.Input("budget", "a lot")
	fmt.Println(err)
	// Output:
	// 1200.50 true
	// <nil>
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
	client := exampleClient(answers{
		"POST /contacts/search":           `{"contacts":[],"total":0}`,
		"GET /locations/l1":               `{"location":{"id":"l1","name":"Engines"}}`,
		"POST /locations/l1/tasks/search": `{"tasks":[]}`,
		"GET /locations/l1/tags":          `{"tags":[]}`,
		"GET /locations/l1/customFields":  `{"customFields":[]}`,
		"GET /calendars/":                 `{"calendars":[]}`,
	})
	check, err := client.Check(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(check.Token, "token for", check.Location)
	fmt.Println(len(check.Granted), "scopes granted,", len(check.Missing), "missing,", check.Left, "requests left")
	// Output:
	// private integration token for Engines
	// 6 scopes granted, 0 missing, 99 requests left
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
