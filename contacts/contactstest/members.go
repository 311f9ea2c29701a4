package contactstest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

var (
	tagsSchema      = fields("tags:texts!")
	followersSchema = fields("followers:texts!")
	bulkTagsSchema  = fields("contacts:texts! tags:texts! locationId! removeAllTags:bool")
	businessSchema  = fields("locationId! ids:texts! businessId")
)

// changeTags adds or removes tags of a contact. To add one that is there, or
// remove one that isn't, is a success.
func (s *Server) changeTags(remove bool) func(call) answer {
	return func(c call) answer {
		old, refused := s.contact(c)
		if old == nil {
			return refused
		}
		if messages := tagsSchema.check(c.body); len(messages) > 0 {
			return invalid(messages...)
		}
		tags, err := s.retag(old, lowerCased(c.body.texts("tags")), remove)
		if err != nil {
			return failed(err)
		}
		if remove {
			return ok(map[string]any{"tags": tags})
		}
		return created(map[string]any{"tags": tags})
	}
}

// retag adds or removes tags of a contact and returns all that it has then.
func (s *Server) retag(old record, tags []string, remove bool) ([]string, error) {
	before := old.texts("tags")
	after := lowerCased(append(slices.Clone(before), tags...))
	if remove {
		after = slices.DeleteFunc(slices.Clone(before), func(tag string) bool { return slices.Contains(tags, tag) })
	}
	if slices.Equal(before, after) {
		return append([]string{}, after...), nil
	}
	return append([]string{}, after...), s.replace(old, old.with("tags", after))
}

// bulkTags changes the tags of many contacts. What is wrong with one contact
// does not fail the others.
func (s *Server) bulkTags(c call) answer {
	remove := c.PathValue("type") == "remove"
	if !remove && c.PathValue("type") != "add" {
		return refuse(http.StatusBadRequest, "type must be add or remove")
	}
	if messages := bulkTagsSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	if !remove && c.body.isTrue("removeAllTags") {
		return invalid("removeAllTags is only for the type remove")
	}
	responses, failures := []map[string]any{}, 0
	for _, id := range c.body.texts("contacts") {
		old := s.state.get(kindContact, id)
		response := map[string]any{"contactId": id}
		switch {
		case len(id) != 20:
			response["type"], response["message"] = "error", "contact id is not a valid firebase id"
		case old == nil:
			response["type"], response["message"] = "error", "contact is deleted"
		default:
			before, tags := append([]string{}, old.texts("tags")...), lowerCased(c.body.texts("tags"))
			if c.body.isTrue("removeAllTags") {
				tags = before
			}
			if _, err := s.retag(old, tags, remove); err != nil {
				return failed(err)
			}
			response["type"], response["message"], response["oldTags"] = "success", "Tags updated", before
			response["tagsAdded"], response["tagsRemoved"] = tags, []string{}
			if remove {
				response["tagsAdded"], response["tagsRemoved"] = []string{}, tags
			}
		}
		if response["type"] == "error" {
			failures++
		}
		responses = append(responses, response)
	}
	return created(map[string]any{"succeded": true, "errorCount": failures, "responses": responses})
}

// changeFollowers adds or removes users that follow a contact.
func (s *Server) changeFollowers(remove bool) func(call) answer {
	return func(c call) answer {
		old, refused := s.contact(c)
		if old == nil {
			return refused
		}
		if messages := followersSchema.check(c.body); len(messages) > 0 {
			return invalid(messages...)
		}
		after, changed := append([]string{}, old.texts("followers")...), []string{}
		for _, user := range c.body.texts("followers") {
			if at := slices.Index(after, user); (at >= 0) == remove {
				changed = append(changed, user)
				if remove {
					after = slices.Delete(after, at, at+1)
				} else {
					after = append(after, user)
				}
			}
		}
		contact := maps.Clone(old)
		contact.set("followers", after)
		if err := s.replace(old, contact); err != nil {
			return failed(err)
		}
		if remove {
			return ok(map[string]any{"followers": after, "followersRemoved": changed})
		}
		return created(map[string]any{"followers": after, "followersAdded": changed})
	}
}

// maxBusinessIDs is how many contacts can be assigned at once.
const maxBusinessIDs = 50

// assignBusiness attaches contacts to a business, or, with null, detaches them.
//
// Quirk: its flag is called success.
func (s *Server) assignBusiness(c call) answer {
	messages := businessSchema.check(c.body)
	if _, sent := c.body["businessId"]; !sent {
		messages = append(messages, "businessId should not be empty")
	}
	ids := c.body.texts("ids")
	if len(ids) > maxBusinessIDs {
		messages = append(messages, "ids must contain no more than 50 elements")
	}
	if len(messages) > 0 {
		return invalid(messages...)
	}
	assigned := []string{}
	for _, id := range ids {
		old := s.state.get(kindContact, id)
		if old == nil {
			continue
		}
		contact := maps.Clone(old)
		if contact["businessId"] = c.body["businessId"]; empty(contact["businessId"]) {
			delete(contact, "businessId")
		}
		if err := s.replace(old, contact); err != nil {
			return failed(err)
		}
		assigned = append(assigned, id)
	}
	return ok(map[string]any{"success": true, "ids": assigned})
}

// listBusinessContacts pages by offset.
//
// Quirk: limit and skip are texts.
func (s *Server) listBusinessContacts(c call) answer {
	query := c.URL.Query()
	limit, skip := atoi(query.Get("limit"), 25), atoi(query.Get("skip"), 0)
	if query.Get("locationId") == "" || limit < 1 || limit > 100 || skip < 0 {
		return invalid("locationId should not be empty, limit must be between 1 and 100, skip must not be negative")
	}
	found := []record{}
	for _, contact := range s.state.list(kindContact) {
		if contact.text("businessId") == c.PathValue("businessId") && mentions(contact, query.Get("query")) {
			found = append(found, contact)
		}
	}
	rows := []record{}
	for _, contact := range found[min(skip, len(found)):min(skip+limit, len(found))] {
		rows = append(rows, contact.pick("id", "locationId", "email", "timezone", "country", "source", "dateAdded",
			"customFields", "tags", "businessId", "followers"))
	}
	return ok(map[string]any{"contacts": rows, "count": len(found)})
}

// atoi is a number in a query; -1 if it is none.
func atoi(text string, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
