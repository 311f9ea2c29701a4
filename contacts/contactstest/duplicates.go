package contactstest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

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
		"contactId": id, "contactName": s.state.get(kindContact, id).text("name"), "matchingField": field,
	}
	return a, true
}

// lookup is what identifies a contact in a request.
func lookup(body record) record {
	r := record{}
	r.set("email", body.text("email"))
	r.set("phone", normalised(body.text("phone")))
	return r
}

// without leaves the phone out of an upsert that found a contact by e-mail, if
// the phone is another contact's.
//
// Quirk: the second identifier is ignored without a word.
func (s *Server) without(body record, id, field string) record {
	if field != "email" || s.duplicates {
		return body
	}
	for other := range s.state.byPhone[normalised(body.text("phone"))].all() {
		if other != id {
			body = maps.Clone(body)
			delete(body, "phone")
			return body
		}
	}
	return body
}

// promoted is a contact whose e-mail an upsert is about to change to one of its
// additional ones.
//
// Quirk: that one becomes the primary one, and the old primary one is lost.
func promoted(contact, body record) record {
	email := body.text("email")
	others := additionalEmails(contact)
	at := slices.IndexFunc(others, func(other string) bool { return strings.EqualFold(other, email) })
	if at < 0 {
		return contact
	}
	return contact.with("additionalEmails", emailObjects(slices.Delete(others, at, at+1)))
}

// additionalEmails are a contact's other e-mails. They can be read, but not
// written: see MergeContacts.
func additionalEmails(contact record) []string {
	if contact["additionalEmails"] == nil {
		return nil
	}
	var objects []struct {
		Email string `json:"email"`
	}
	_ = json.Unmarshal(contact["additionalEmails"], &objects) // of an export: what isn't one is left out
	var all []string
	for _, object := range objects {
		if object.Email != "" {
			all = append(all, object.Email)
		}
	}
	return all
}

func emailObjects(all []string) []map[string]string {
	objects := []map[string]string{}
	for _, email := range all {
		objects = append(objects, map[string]string{"email": email})
	}
	return objects
}

// findDuplicate looks a contact up. The phone is called number.
func (s *Server) findDuplicate(c call) answer {
	query := c.URL.Query()
	if query.Get("locationId") == "" {
		return invalid("locationId should not be empty")
	}
	r := record{}
	r.set("email", query.Get("email"))
	r.set("phone", normalised(query.Get("number")))
	id, _ := s.state.twin(r, "")
	if id == "" {
		return ok(map[string]any{"contact": nil})
	}
	return ok(map[string]any{"contact": shown(s.state.get(kindContact, id))})
}
