package contactstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// merge writes a request's fields into a contact, or refuses them.
func (s *Server) merge(contact, body record) (answer, bool) {
	for name, value := range body {
		switch name {
		case "locationId":
			continue
		case "tags":
			contact.set("tags", lowerCased(body.texts("tags")))
		case "customFields":
			fields, message := s.mergeCustomFields(contact["customFields"], value)
			if message != "" {
				return invalid(message), true
			}
			contact.set("customFields", fields)
		case "dndSettings":
			settings, refused, is := mergeDND(contact["dndSettings"], value)
			if is {
				return refused, true
			}
			contact.set("dndSettings", settings)
		case "phone":
			contact.set("phone", normalised(body.text("phone")))
		case "dateOfBirth":
			date, fine := birthday(body.text("dateOfBirth"))
			if !fine {
				return invalid("dateOfBirth must be a valid date"), true
			}
			contact.set("dateOfBirth", date)
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
	return answer{}, false
}

// lowerCased is a set of tags as the service keeps it.
//
// Quirk: tags are in lower case, whatever was sent.
func lowerCased(tags []string) []string {
	kept := []string{}
	for _, tag := range tags {
		if tag = strings.ToLower(tag); !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

// mergeCustomFields sets the fields that are named and keeps the others. A field
// is named by its id, or by its key with or without "contact.".
//
// Quirk: the value is called field_value, fieldValue or value.
func (s *Server) mergeCustomFields(old, sent json.RawMessage) (fields []record, message string) {
	var changes []record
	_ = json.Unmarshal(old, &fields) // none yet
	if json.Unmarshal(sent, &changes) != nil {
		return nil, "customFields must be an array"
	}
	for i, c := range changes {
		id := c.text("id")
		if id == "" && c["key"] != nil {
			if id = s.fieldByKey(c.text("key")).text("id"); id == "" {
				continue // quirk: what is not known is dropped without a word
			}
		}
		if id == "" {
			return nil, fmt.Sprintf("customFields.%d.id must be a string", i)
		}
		value := json.RawMessage("null")
		for _, name := range []string{"field_value", "fieldValue", "value"} {
			if v, is := c[name]; is {
				value = v
			}
		}
		fields = slices.DeleteFunc(fields, func(f record) bool { return f.text("id") == id })
		if !empty(value) {
			fields = append(fields, record{"id": raw(id), "value": value})
		}
	}
	return fields, ""
}

// channels are spelt so in version 2021-07-28.
var channels = []string{"Call", "Email", "SMS", "WhatsApp", "GMB", "FB", "RCS"}

// mergeDND sets the channels that are named and keeps the others.
//
// Quirk: a permanent one can't be changed.
func mergeDND(old, sent json.RawMessage) (settings record, refused answer, is bool) {
	settings = record{}
	_ = json.Unmarshal(old, &settings) // none yet
	var changes record
	_ = json.Unmarshal(sent, &changes) // it is an object
	for _, name := range sortedNames(changes) {
		at := slices.IndexFunc(channels, func(channel string) bool { return strings.EqualFold(channel, name) })
		if at < 0 {
			return nil, invalid("dndSettings.property " + name + " should not exist"), true
		}
		channel := channels[at]
		var before, after record
		_ = json.Unmarshal(settings[channel], &before)
		if json.Unmarshal(changes[name], &after) != nil || !slices.Contains([]string{"active", "inactive", "permanent"}, after.text("status")) {
			return nil, invalid("dndSettings." + name + ".status must be one of the following values: active, inactive, permanent"), true
		}
		if before.text("status") == "permanent" && after.text("status") != "permanent" {
			return nil, refuse(http.StatusBadRequest, "Not authorized to update permanent dnd setting for "+channel), true
		}
		settings[channel] = changes[name]
	}
	return settings, answer{}, false
}

func (s *Server) dndChanged(old, contact record) bool {
	for _, name := range []string{"dnd", "dndSettings", "inboundDndSettings"} {
		if !equalJSON(old[name], contact[name]) {
			return true
		}
	}
	return false
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

// birthday reads the eight formats that the service takes.
func birthday(text string) (string, bool) {
	if text == "" {
		return "", true
	}
	plain := strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(text)
	for _, layout := range []string{time.DateOnly, "01-02-2006"} {
		if date, err := time.Parse(layout, plain); err == nil {
			return date.Format(time.DateOnly), true
		}
	}
	return "", false
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
