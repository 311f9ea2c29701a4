package contactstest

import (
	"maps"
	"strings"
)

// event sends an event, if anybody wants it. The mutex is held.
func (s *Server) event(kind string, payload record) {
	if !s.sender.wanted() {
		return
	}
	body := maps.Clone(payload)
	body.set("type", kind)
	body.set("locationId", s.location)
	body.set("timestamp", s.now())
	body.set("webhookId", s.uuid())
	body.set("appId", s.appID())
	body.set("versionId", s.app.VersionID)
	s.sender.add(kind, body)
}

// SendEvent sends an event of any type, as the service does for what is changed
// elsewhere.
func (s *Server) SendEvent(kind string, payload map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := record{}
	for name, value := range payload {
		body.set(name, value)
	}
	s.event(kind, body)
}

var contactEventFields = strings.Fields("id address1 city state companyName country source dateAdded dateOfBirth dnd email name" +
	" firstName lastName phone postalCode tags website assignedTo customFields")

// contactPayload is a contact as its events carry it.
//
// Quirk: what is empty is absent, and there are no dateUpdated and timezone.
func contactPayload(contact record) record { return contact.pick(contactEventFields...) }

// childPayload is a task or note as its events carry it.
//
// Quirk: whether a task is completed is never in them, and a live TaskCreate
// lacks its contact and body. Of a note there are four fields.
func (s *Server) childPayload(child childKind, r record, short bool) record {
	switch {
	case child.kind == kindNote:
		return r.pick("id", "body", "contactId", "dateAdded")
	case short:
		return r.pick("id", "title", "assignedTo", "dueDate")
	default:
		return r.pick("id", "title", "assignedTo", "dueDate", "body", "contactId")
	}
}
