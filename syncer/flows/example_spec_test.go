package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer/flows"
)

// Contacts: the default, but for three rules.
func ExampleReadSpec() {
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts:
  extends: default
  when: email != "" or phone != ""
  fields:
    firstName: title(firstName)
    website: unset
  customFields:
    level: loyalty
`), flows.WithRegion("US"), flows.WithCustomFieldKeys(map[string]string{"x1": "loyalty"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := declared.Contacts.Map(context.Background(), contacts.Contact{
		FirstName: "ANNA", Phone: "(202) 225-4601", Website: "https://example.com",
		CustomFields: []contacts.CustomFieldValue{{ID: "x1", Value: json.RawMessage(`"gold"`)}},
	})
	fmt.Println(made.FirstName, made.Phone, made.Website, string(made.CustomFields.Or(nil)["level"]), err)
	// Output: Anna +12022254601 unset "gold" <nil>
}

// Tasks with their due date and status.
func ExampleReadSpec_tasks() {
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
tasks:
  fields:
    taskTitle: truncate(trim(title), 80)
    dueDate: dueDate
    status: {from: completed, table: {"true": completed, "false": pending}}
    body: join([body, formatTime(dueDate, "DD.MM.YYYY HH:mm", "Europe/Rome")], " / due ")
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := declared.Tasks.Map(context.Background(), contacts.Task{
		Title: " Call ", Body: "about the offer", Completed: true, DueDate: contacts.At(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)),
	})
	data, _ := json.Marshal(made)
	fmt.Println(string(data), err)
	// Output: {"taskTitle":"Call","body":"about the offer / due 01.12.2026 10:00","dueDate":"2026-12-01T09:00:00.000Z","status":"completed"} <nil>
}

// activity is what a feed of one's own shows.
type activity struct {
	Kind  string    `json:"kind"`
	Title string    `json:"title"`
	Text  string    `json:"text"`
	Open  bool      `json:"open"`
	At    time.Time `json:"at"`
}

// Tasks and notes in one feed: two resources of one file, which make the same
// type of record.
func ExampleReadSpec_activity() {
	file, err := spec.Parse("feed.yaml", []byte(`
tasks:
  when: title != ""
  fields:
    kind: {value: task}
    title: title
    text: body
    open: not completed
    at: dueDate
notes:
  fields:
    kind: {value: note}
    title: truncate(coalesce(title, body), 20)
    text: body
    at: dateAdded
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	tasks, err := spec.Compile[contacts.Task, activity](file, "tasks")
	if err != nil {
		fmt.Println(err)
		return
	}
	notes, err := spec.Compile[contacts.Note, activity](file, "notes")
	if err != nil {
		fmt.Println(err)
		return
	}
	at := contacts.At(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
	fmt.Println(tasks.Map(context.Background(), contacts.Task{Title: "Call", DueDate: at}))
	fmt.Println(notes.Map(context.Background(), contacts.Note{Body: "She prefers to be called in the morning", DateAdded: at}))
	// Output:
	// {task Call  true 2026-12-01 09:00:00 +0000 UTC} <nil>
	// {note She prefers to be ca She prefers to be called in the morning false 2026-12-01 09:00:00 +0000 UTC} <nil>
}

// A conditional mapping with a filter: only customers, and a source that depends
// on their tags.
func ExampleReadSpec_filter() {
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts:
  when: type == "customer" and (email != "" or phone != "")
  fields:
    email: lower(trim(email))
    source: '"vip" in tags ? "key account" : null'
    city: 'country == "IT" ? city : unset'
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, contact := range []contacts.Contact{
		{Type: "customer", Email: " Ada@Example.com", Tags: []string{"vip"}, Country: "IT", City: "Rome"},
		{Type: "customer", Email: "bob@example.com", City: "Paris"},
		{Type: "lead", Email: "eve@example.com"},
	} {
		made, err := declared.Contacts.Map(context.Background(), contact)
		data, _ := json.Marshal(made)
		fmt.Println(string(data), err)
	}
	// Output:
	// {"email":"ada@example.com","city":"Rome","source":"key account"} <nil>
	// {"email":"bob@example.com","source":null} <nil>
	// {} mapping: the record is left out
}

// Custom fields by key and name. The definitions are those that
// client.CustomFields.Directory returns.
func ExampleWithCustomFields() {
	directory := contacts.NewFieldDirectory([]*contacts.CustomField{
		{ID: "x1", FieldKey: "contact.loyalty", Name: "Loyalty level", DataType: contacts.DataRadio, PicklistOptions: []string{"Gold", "Silver"}},
		{ID: "x2", FieldKey: "contact.budget", Name: "Budget", DataType: contacts.DataMoney},
	})
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts:
  extends: default
  customFields:
    level: {from: Loyalty level, table: {Gold: 3, Silver: 2}}
    monthly: budget
`), flows.WithCustomFields(directory))
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := declared.Contacts.Map(context.Background(), contacts.Contact{CustomFields: []contacts.CustomFieldValue{
		{ID: "x1", Value: json.RawMessage(`"Gold"`)}, {ID: "x2", Value: json.RawMessage(`"12.50"`)},
	}})
	data, _ := json.Marshal(made.CustomFields)
	fmt.Println(string(data), err)
	// Output: {"level":3,"monthly":12.50} <nil>
}

// One field in Go, on top of a spec. The version tells when the function changes.
func ExampleWithSpec() {
	declared, err := flows.ReadSpec("mapping.yaml", flows.DefaultSpec(flows.Contacts), flows.WithRegion("US"))
	if err != nil {
		fmt.Println(err)
		return
	}
	mapper := mapping.WithVersion(mapping.Override(declared.Contacts, func(_ context.Context, _ contacts.Contact, made *sendapp.ContactUpdate) error {
		made.Source = opt.Set("crm")
		return nil
	}), "1")
	for _, flow := range flows.Standard(nil, nil, flows.WithSpec(declared), flows.WithContactMapper(mapper)) { // the two clients
		fmt.Println(flow.Name())
	}
	made, err := mapper.Map(context.Background(), contacts.Contact{City: "Rome"})
	fmt.Println(made.City, made.Source, err)
	// Output:
	// contacts
	// tasks
	// notes
	// appointments
	// Rome crm <nil>
}

// What a spec makes of one record, and why.
func ExampleSpec() {
	declared, err := flows.ReadSpec("tasks.yaml", flows.DefaultSpec(flows.Tasks))
	if err != nil {
		fmt.Println(err)
		return
	}
	x := mapping.Explain(context.Background(), declared.Tasks, contacts.Task{Title: "Call", Completed: true})
	for _, field := range x.Fields[:3] {
		fmt.Println(field.Field, field.State, string(field.Value), field.Rule, field.Line)
	}
	// Output:
	// taskTitle set "Call" title 5
	// body null  body 6
	// dueDate null  dueDate 7
}

// The mapping to start from.
func ExampleDefaultSpec() {
	fmt.Printf("%s", flows.DefaultSpec(flows.Tasks))
	// Output:
	// # How a task of the Contacts API becomes one of SendApp: what flows.Standard does
	// # without a spec.
	// tasks:
	//   fields:
	//     taskTitle: title
	//     body: body
	//     dueDate: dueDate
	//     status: {from: completed, table: {"true": completed, "false": pending}}
	//     assignee: assignedTo
}
