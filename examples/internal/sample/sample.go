// Package sample makes the data that the examples begin with.
package sample

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

// The sample is messy as real data is, and always the same.
var (
	firstNames = []string{"Anna", "José", "Zoë", "Łukasz", "Nguyễn", "李", "محمد", "Bob", "Mary-Jane", "", "Émilie", "D'Arcy", "anna", "🎈 Party"}
	lastNames  = []string{"McDonald", "O'Brien", "Müller", "García Márquez", "van der Berg", "", "SMITH", "Ñandú", "Ångström", "小明", "Smith 🎉"}
	streets    = []string{"12 Main St", "Straße des 17. Juni 135", "Rua São João, 5", ""}
	tagNames   = []string{"customer", "lead", "vip", "newsletter", "ünïcode tag"}
	subjects   = []string{"Call back", "Send the offer", "Ask about <invoice> & \"terms\"", "Überprüfen", "Follow up 📞"}
	remarks    = []string{"Prefers e-mail.", "Met at the fair.\nSecond line.", "Naïve café ☕", "<b>Important</b>", "سيعاود الاتصال"}
)

// ContactID is the id of contact i.
func ContactID(i int) string { return fmt.Sprintf("sampleContact%07d", i) }

// TaskID is the id of the n-th task of contact i.
func TaskID(i, n int) string { return fmt.Sprintf("sampleTask%07d%03d", i, n) }

// NoteID is the id of the n-th note of contact i.
func NoteID(i, n int) string { return fmt.Sprintf("sampleNote%07d%03d", i, n) }

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// Export makes n contacts with tasks and notes.
func Export(n int) *contactstest.Export {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	export := &contactstest.Export{
		Source: "sample", LocationID: contactstest.DefaultLocation,
		CustomFields: []json.RawMessage{record(map[string]any{"id": "sampleFieldShoeSize", "name": "Shoe size", "fieldKey": "contact.shoe_size"})},
		Tasks:        map[string][]json.RawMessage{}, Notes: map[string][]json.RawMessage{},
	}
	for i := range n {
		id, added := ContactID(i), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i)*7*time.Hour)
		contact := map[string]any{
			"id": id, "type": "lead", "country": "US", "source": "sample", "tags": []string{pick(r, tagNames)},
			"dateAdded": added, "dateUpdated": added.Add(time.Duration(r.IntN(1000)) * time.Hour),
			"customFields": []map[string]any{{"id": "sampleFieldShoeSize", "value": 30 + r.IntN(20)}},
		}
		set := func(name, value string) {
			if value != "" {
				contact[name] = value
			}
		}
		set("firstName", pick(r, firstNames))
		set("lastName", pick(r, lastNames))
		set("address1", pick(r, streets))
		if i%3 != 0 {
			set("email", fmt.Sprintf("Person%d@Example.com", i))
		}
		set("phone", samplePhone(i))
		export.Contacts = append(export.Contacts, record(contact))
		for t := range 1 + r.IntN(3) {
			export.Tasks[id] = append(export.Tasks[id], record(map[string]any{
				"id": TaskID(i, t), "title": pick(r, subjects), "body": pick(r, remarks),
				"dueDate": added.Add(time.Duration(r.IntN(50000)) * time.Hour), "completed": t > 0 && r.IntN(2) == 0,
			}))
		}
		for t := range 1 + r.IntN(3) {
			export.Notes[id] = append(export.Notes[id], record(map[string]any{
				"id": NoteID(i, t), "body": pick(r, remarks), "dateAdded": added,
			}))
		}
	}
	return export
}

// samplePhone is a number in one of the formats that people write, or none.
func samplePhone(i int) string {
	last := fmt.Sprintf("%04d", i)
	switch i % 7 {
	case 0:
		return "(202) 224-" + last
	case 1:
		return "202-225-" + last
	case 2:
		return "+1 202 226 " + last
	case 3:
		return "202.227." + last
	case 4:
		return "001 202 228 " + last
	case 5:
		return "ext. 12" // no number at all
	default:
		return ""
	}
}

func record(fields map[string]any) json.RawMessage {
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err) // texts, numbers and times always marshal
	}
	return data
}
