package contactstest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What may be written, by the specification.
const (
	updatable = "firstName lastName name email phone address1 city state postalCode country website timezone" +
		" dateOfBirth source assignedTo tags customFields dnd dndSettings inboundDndSettings"
	creatable = updatable + " locationId gender companyName"
)

// timeFormat is how the service writes times.
const timeFormat = "2006-01-02T15:04:05.000Z"

func (s *Server) now() string { return s.clock().UTC().Format(timeFormat) }

func sortedNames(r record) []string { return slices.Sorted(maps.Keys(r)) }

func (s *Server) getContact(c call) answer {
	id := c.PathValue("contactId")
	contact, known := s.state.contacts[id]
	if !known {
		return contactNotFound(id)
	}
	return ok(map[string]any{"contact": shown(contact)})
}

// shown is a contact as reads by id show it: what is empty is absent.
func shown(contact record) record {
	out := maps.Clone(contact)
	maps.DeleteFunc(out, func(_ string, value json.RawMessage) bool { return empty(value) })
	if email := contact.text("email"); email != "" {
		out.set("emailLowerCase", strings.ToLower(email))
	}
	return out
}

func empty(value json.RawMessage) bool {
	return string(value) == "null" || string(value) == `""`
}

func (s *Server) createContact(c call) answer {
	if messages := c.only(creatable, "locationId"); len(messages) > 0 {
		return invalid(messages...)
	}
	return s.create(c.body)
}

func (s *Server) create(body record) answer {
	id := s.ids.Next(func(id string) bool { return s.state.contacts[id] != nil })
	contact := record{}
	contact.set("id", id)
	contact.set("locationId", s.location)
	contact.set("type", "lead")
	contact.set("dateAdded", s.now())
	contact.set("dateUpdated", s.now())
	if message := merge(contact, body); message != "" {
		return invalid(message)
	}
	if refused, is := s.duplicate(contact, ""); is {
		return refused
	}
	if err := s.commit(change{Kind: kindContact, ID: id, Value: contact}); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	s.event("ContactCreate", contactPayload(contact))
	return answer{http.StatusCreated, map[string]any{"contact": shown(contact)}}
}

func (s *Server) updateContact(c call) answer {
	id := c.PathValue("contactId")
	old, known := s.state.contacts[id]
	if !known {
		return contactNotFound(id)
	}
	if messages := c.only(updatable, ""); len(messages) > 0 {
		return invalid(messages...)
	}
	return s.update(old, c.body, func(contact record) map[string]any {
		return map[string]any{"succeded": true, "contact": shown(contact)} // sic
	})
}

func (s *Server) update(old, body record, body2 func(record) map[string]any) answer {
	contact, id := maps.Clone(old), old.text("id")
	if message := merge(contact, body); message != "" {
		return invalid(message)
	}
	if refused, is := s.duplicate(contact, id); is {
		return refused
	}
	contact.set("dateUpdated", s.now())
	if err := s.commit(change{Kind: kindContact, ID: id, Value: contact}); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	s.event("ContactUpdate", contactPayload(contact))
	if string(old["tags"]) != string(contact["tags"]) {
		s.event("ContactTagUpdate", contactPayload(contact))
	}
	return ok(body2(contact))
}

func (s *Server) upsertContact(c call) answer {
	if messages := c.only(creatable+" createNewIfDuplicateAllowed", "locationId"); len(messages) > 0 {
		return invalid(messages...)
	}
	always := string(c.body["createNewIfDuplicateAllowed"]) == "true" && s.duplicates
	delete(c.body, "createNewIfDuplicateAllowed")
	if id, _ := s.state.twin(c.body, ""); id != "" && !always {
		return s.update(s.state.contacts[id], c.body, func(contact record) map[string]any {
			return map[string]any{"new": false, "succeded": true, "contact": shown(contact)}
		})
	}
	created := s.create(c.body)
	if created.status == http.StatusCreated {
		created.status = http.StatusOK
		created.body["new"] = true
	}
	return created
}

func (s *Server) deleteContact(c call) answer {
	id := c.PathValue("contactId")
	contact, known := s.state.contacts[id]
	if !known {
		return contactNotFound(id)
	}
	if err := s.commit(s.state.removal(id)...); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	s.event("ContactDelete", contactPayload(contact))
	return ok(map[string]any{"succeded": true}) // sic
}

// duplicate refuses a second contact with the same e-mail or phone.
func (s *Server) duplicate(contact record, except string) (answer, bool) {
	if s.duplicates {
		return answer{}, false
	}
	id, field := s.state.twin(contact, except)
	if id == "" {
		return answer{}, false
	}
	a := refuse(http.StatusBadRequest, "This location does not allow duplicated contacts.")
	a.body["meta"] = map[string]any{
		"contactId": id, "contactName": s.state.contacts[id].text("name"), "matchingField": field,
	}
	return a, true
}

// merge writes a request's fields into a contact. It returns what is wrong.
func merge(contact, body record) string {
	for name, value := range body {
		switch name {
		case "locationId":
			continue
		case "tags":
			tags, fine := lowerCased(value)
			if !fine {
				return "tags must be an array"
			}
			contact.set("tags", tags)
		case "customFields":
			fields, fine := mergeCustomFields(contact["customFields"], value)
			if !fine {
				return "customFields must be an array"
			}
			contact.set("customFields", fields)
		case "phone":
			contact.set("phone", normalised(body.text("phone")))
		default:
			contact[name] = value
		}
		if empty(contact[name]) {
			delete(contact, name)
		}
	}
	if body["name"] == nil && (body["firstName"] != nil || body["lastName"] != nil) {
		contact.set("name", strings.TrimSpace(contact.text("firstName")+" "+contact.text("lastName")))
	}
	return ""
}

// lowerCased is a set of tags as the service keeps it.
func lowerCased(value json.RawMessage) ([]string, bool) {
	tags := []string{}
	if json.Unmarshal(value, &tags) != nil {
		return nil, false
	}
	var kept []string
	for _, tag := range tags {
		if tag = strings.ToLower(tag); !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept, true
}

// mergeCustomFields sets the fields that are named and keeps the others. The
// value is called field_value, fieldValue or value.
func mergeCustomFields(old, sent json.RawMessage) ([]record, bool) {
	var fields, changes []record
	_ = json.Unmarshal(old, &fields) // none yet
	if json.Unmarshal(sent, &changes) != nil {
		return nil, false
	}
	for _, c := range changes {
		value := json.RawMessage("null")
		for _, name := range []string{"field_value", "fieldValue", "value"} {
			if v, is := c[name]; is {
				value = v
			}
		}
		fields = slices.DeleteFunc(fields, func(f record) bool { return f.text("id") == c.text("id") })
		if !empty(value) {
			fields = append(fields, record{"id": c["id"], "value": value})
		}
	}
	return fields, true
}

// normalised is an international number without what people put between digits.
func normalised(phone string) string {
	if !strings.HasPrefix(phone, "+") {
		return phone
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().", r) {
			return -1
		}
		return r
	}, phone)
}

// contactPayload is a contact as its events carry it: no dateUpdated, no
// timezone.
func contactPayload(contact record) record {
	payload := record{}
	for name := range strings.FieldsSeq("id address1 city state companyName country source dateAdded dateOfBirth dnd" +
		" email name firstName lastName phone postalCode tags website assignedTo customFields") {
		if value, has := contact[name]; has && !empty(value) {
			payload[name] = value
		}
	}
	return payload
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
