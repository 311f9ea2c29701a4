package contactstest

import (
	"encoding/json"
	"maps"
	"strings"
)

// What may be written, by the specification.
const (
	updatable = " firstName lastName name email phone address1 city state postalCode country website timezone dateOfBirth" +
		" source assignedTo tags:texts customFields:list dnd:bool dndSettings:object inboundDndSettings:object"
	creatable = updatable + " locationId! gender companyName"
)

var (
	createSchema = fields(creatable)
	updateSchema = fields(updatable)
	upsertSchema = fields(creatable + " createNewIfDuplicateAllowed:bool")
)

// contact is the contact in the path.
func (s *Server) contact(c call) (record, answer) {
	id := c.PathValue("contactId")
	contact := s.state.get(kindContact, id)
	if contact == nil {
		return nil, contactNotFound(id)
	}
	return contact, answer{}
}

func (s *Server) getContact(c call) answer {
	contact, refused := s.contact(c)
	if contact == nil {
		return refused
	}
	return ok(map[string]any{"contact": shown(contact)})
}

// shown is a contact as reads by id show it.
//
// Quirk: what is empty is absent.
func shown(contact record) record {
	out := maps.Clone(contact)
	maps.DeleteFunc(out, func(_ string, value json.RawMessage) bool { return empty(value) })
	for name, value := range map[string]string{
		"emailLowerCase": contact.text("email"), "firstNameLowerCase": contact.text("firstName"),
		"lastNameLowerCase": contact.text("lastName"), "fullNameLowerCase": contact.text("name"),
	} {
		if value != "" {
			out.set(name, strings.ToLower(value))
		}
	}
	return out
}

func (s *Server) createContact(c call) answer {
	if messages := createSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	a := s.create(c.body)
	if contact, is := a.body["contact"].(record); is && !c.v3() {
		// Quirk: the answer has a shape of its own, in version v3 no more.
		for _, name := range []string{"deleted", "bounceEmail", "unsubscribeEmail"} {
			contact.set(name, false)
		}
		contact.set("offers", []string{})
		contact.set("products", []string{})
	}
	return a
}

func (s *Server) create(body record) answer {
	id := s.newID(kindContact)
	contact := record{}
	contact.set("id", id)
	contact.set("locationId", s.location)
	contact.set("type", "lead")
	contact.set("dateAdded", s.now())
	contact.set("dateUpdated", s.now())
	if refused, is := s.merge(contact, body); is {
		return refused
	}
	if refused, is := s.duplicate(contact, ""); is {
		return refused
	}
	if err := s.commit(change{Kind: kindContact, ID: id, Value: contact}); err != nil {
		return failed(err)
	}
	s.event("ContactCreate", contactPayload(contact))
	return created(map[string]any{"contact": shown(contact)})
}

func (s *Server) updateContact(c call) answer {
	old, refused := s.contact(c)
	if old == nil {
		return refused
	}
	if messages := updateSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	contact, refused := s.update(old, c.body)
	if contact == nil {
		return refused
	}
	return ok(map[string]any{"succeded": true, "contact": shown(contact)}) // sic
}

// update writes fields into a contact; nil if they were refused.
func (s *Server) update(old, body record) (record, answer) {
	contact := maps.Clone(old)
	if refused, is := s.merge(contact, body); is {
		return nil, refused
	}
	if refused, is := s.duplicate(contact, old.text("id")); is {
		return nil, refused
	}
	if err := s.replace(old, contact); err != nil {
		return nil, failed(err)
	}
	return contact, answer{}
}

// replace keeps a contact that was changed, and tells of it.
func (s *Server) replace(old, contact record) error {
	contact.set("dateUpdated", s.now())
	if err := s.commit(change{Kind: kindContact, ID: old.text("id"), Value: contact}); err != nil {
		return err
	}
	s.event("ContactUpdate", contactPayload(contact))
	if string(old["tags"]) != string(contact["tags"]) {
		s.event("ContactTagUpdate", contactPayload(contact))
	}
	if s.dndChanged(old, contact) {
		payload := contactPayload(contact)
		maps.Copy(payload, contact.pick("dndSettings", "inboundDndSettings"))
		s.event("ContactDndUpdate", payload)
	}
	return nil
}

func (s *Server) upsertContact(c call) answer {
	if messages := upsertSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	always := c.body.isTrue("createNewIfDuplicateAllowed") && s.duplicates
	body := maps.Clone(c.body)
	delete(body, "createNewIfDuplicateAllowed")
	if id, field := s.state.twin(lookup(body), ""); id != "" && !always {
		old := s.state.get(kindContact, id)
		contact, refused := s.update(promoted(old, body), s.without(body, id, field))
		if contact == nil {
			return refused
		}
		return ok(map[string]any{"new": false, "succeded": true, "contact": shown(contact)})
	}
	a := s.create(body)
	if a.status == 201 {
		a.status = 200 // quirk: of a create, too
		a.body["new"], a.body["succeded"] = true, true
	}
	return a
}

func (s *Server) deleteContact(c call) answer {
	contact, refused := s.contact(c)
	if contact == nil {
		return refused
	}
	if err := s.commit(s.state.removal(contact.text("id"))...); err != nil {
		return failed(err)
	}
	s.event("ContactDelete", contactPayload(contact))
	return done()
}
