// Command opsdoc writes OPERATIONS.md: what the clients of this project can do,
// from their tables of operations. It runs in the repository's root.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
)

// output is the file that is written.
const output = "OPERATIONS.md"

func main() {
	if err := os.WriteFile(output, document(clients()), 0o644); err != nil { //nolint:gosec // it is a document
		fmt.Fprintln(os.Stderr, "opsdoc:", err)
		os.Exit(1)
	}
}

// client is a client's part of the document.
type client struct {
	title, about string
	operations   []operation
	events       []event
}

// operation is a row of a client's table. Those of both clients have this shape.
type operation struct {
	Name, Method, Path, Version, Scope, GoMethod string
	Idempotent                                   bool
}

// rows makes one type of both clients' rows.
func rows[T ~struct {
	Name, Method, Path, Version, Scope, GoMethod string
	Idempotent                                   bool
}](operations []T) []operation {
	all := make([]operation, 0, len(operations))
	for _, op := range operations {
		all = append(all, operation(op))
	}
	return all
}

// event is a webhook that has a type.
type event struct{ name, method string }

// clients are all clients, in the order of the document.
func clients() []client {
	return []client{
		{"contacts", "the Contacts API of HighLevel", rows(contacts.Operations()), contactEvents()},
		{"sendapp", "this project's contract for SendApp", rows(sendapp.Operations()), sendappEvents()},
	}
}

// probe is a method of an Event that has the record, if it is of that kind.
type probe struct {
	method string
	typed  bool
}

// methodOf is the method that has the record.
func methodOf(probes ...probe) string {
	method := ""
	for _, p := range probes {
		if p.typed {
			method = p.method
		}
	}
	return method
}

// has drops the record that a method of an Event returns beside its answer.
func has[T any](_ T, ok bool) bool { return ok }

func contactEvents() []event {
	var events []event
	for _, name := range contacts.EventTypes() {
		e := contacts.Event{Type: name, Raw: []byte(`{"appointment":{}}`)}
		events = append(events, event{string(name), methodOf(
			probe{"Event.Contact", has(e.Contact())}, probe{"Event.Task", has(e.Task())},
			probe{"Event.Note", has(e.Note())}, probe{"Event.Appointment", has(e.Appointment())},
			probe{"Event.Installation", has(e.Installation())},
		)})
	}
	return events
}

func sendappEvents() []event {
	var events []event
	for _, name := range sendapp.EventTypes() {
		e := sendapp.Event{Type: name, Data: []byte(`{"contactId":"c","taskId":"t","noteId":"n","appointmentId":"a"}`)}
		events = append(events, event{string(name), methodOf(
			probe{"Event.Contact", has(e.Contact())}, probe{"Event.Task", has(e.Task())},
			probe{"Event.Note", has(e.Note())}, probe{"Event.Appointment", has(e.Appointment())},
		)})
	}
	return events
}

// document is the text of OPERATIONS.md.
func document(clients []client) []byte {
	var doc bytes.Buffer
	doc.WriteString("# Operations\n\n" +
		"What the clients can do, made from their tables of operations by\n" +
		"`go run ./internal/opsdoc`. A test keeps it up to date.\n\n" +
		"*Repeated* says that a client may send the request again by itself after an\n" +
		"answer that was lost. A scope is what an OAuth token, or a private integration\n" +
		"token, needs for it.\n")
	for _, c := range clients {
		fmt.Fprintf(&doc, "\n## %s: %s\n\n%d operations.\n\n", c.title, c.about, len(c.operations))
		table(&doc, []string{"operation", "Go method", "request", "version", "scope", "repeated"}, func(row func(...string)) {
			for _, op := range c.operations {
				repeated := "no"
				if op.Idempotent {
					repeated = "yes"
				}
				row(code(op.Name), code(op.GoMethod), code(op.Method+" "+op.Path), op.Version, code(op.Scope), repeated)
			}
		})
		if len(c.events) == 0 {
			continue
		}
		doc.WriteString("\n### Webhooks\n\nEvents with a typed record. All others are delivered as they came, with their type.\n\n")
		table(&doc, []string{"event", "Go method"}, func(row func(...string)) {
			for _, e := range c.events {
				row(code(e.name), code(e.method))
			}
		})
	}
	return doc.Bytes()
}

func table(doc *bytes.Buffer, head []string, rows func(row func(...string))) {
	row := func(cells ...string) { fmt.Fprintf(doc, "| %s |\n", strings.Join(cells, " | ")) }
	row(head...)
	row(strings.Split(strings.Repeat("--- ", len(head)-1)+"---", " ")...)
	rows(row)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
