package contactstest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The kinds of records.
const (
	kindContact = "contact"
	kindTask    = "task"
	kindNote    = "note"
)

// record is a record as it is kept: its members as they came.
type record map[string]json.RawMessage

func (r record) text(name string) string {
	var text string
	_ = json.Unmarshal(r[name], &text) // another type is no text
	return text
}

func (r record) set(name string, value any) { r[name] = raw(value) }

func raw(value any) json.RawMessage {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimSpace(buffer.Bytes())
}

// change puts a record, or deletes it (Value nil). The journal's entries are
// lists of changes that belong together.
type change struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Value record `json:"value,omitempty"`
}

// state is what the server holds. It changes only by apply.
type state struct {
	contacts map[string]record
	tasks    map[string]record
	notes    map[string]record
	// children are the ids of a contact's tasks and notes, in order of creation.
	children map[string]map[string][]string
	order    []string // ids of contacts in order of creation
}

func newState() *state {
	return &state{
		contacts: map[string]record{}, tasks: map[string]record{}, notes: map[string]record{},
		children: map[string]map[string][]string{kindTask: {}, kindNote: {}},
	}
}

func (s *state) of(kind string) map[string]record {
	switch kind {
	case kindTask:
		return s.tasks
	case kindNote:
		return s.notes
	default:
		return s.contacts
	}
}

func (s *state) apply(changes []change) {
	for _, c := range changes {
		records := s.of(c.Kind)
		old, known := records[c.ID]
		if c.Kind != kindContact && known {
			s.detach(c.Kind, c.ID, old.text("contactId"))
		}
		if c.Value == nil {
			delete(records, c.ID)
			if c.Kind == kindContact {
				s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == c.ID })
			}
			continue
		}
		records[c.ID] = c.Value
		switch {
		case c.Kind != kindContact:
			parent := c.Value.text("contactId")
			s.children[c.Kind][parent] = append(s.children[c.Kind][parent], c.ID)
		case !known:
			s.order = append(s.order, c.ID)
		}
	}
}

func (s *state) detach(kind, id, parent string) {
	s.children[kind][parent] = slices.DeleteFunc(s.children[kind][parent], func(other string) bool { return other == id })
}

// removal is all that goes with a contact.
func (s *state) removal(contactID string) []change {
	var changes []change
	for _, kind := range []string{kindTask, kindNote} {
		for _, id := range s.children[kind][contactID] {
			changes = append(changes, change{Kind: kind, ID: id})
		}
	}
	return append(changes, change{Kind: kindContact, ID: contactID})
}

// all are the changes that make the same state anew.
func (s *state) all() []change {
	var changes []change
	for _, id := range s.order {
		changes = append(changes, change{Kind: kindContact, ID: id, Value: s.contacts[id]})
	}
	for _, kind := range []string{kindTask, kindNote} {
		for _, parent := range slices.Sorted(maps.Keys(s.children[kind])) {
			for _, id := range s.children[kind][parent] {
				changes = append(changes, change{Kind: kind, ID: id, Value: s.of(kind)[id]})
			}
		}
	}
	return changes
}

// twin finds another contact with the same e-mail or phone.
func (s *state) twin(r record, except string) (id, field string) {
	email, phone := strings.ToLower(r.text("email")), r.text("phone")
	for _, id := range s.order {
		other := s.contacts[id]
		switch {
		case id == except:
		case email != "" && strings.ToLower(other.text("email")) == email:
			return id, "email"
		case phone != "" && other.text("phone") == phone:
			return id, "phone"
		}
	}
	return "", ""
}
