package contactstest

import (
	"encoding/json"
	"maps"
	"strings"
)

// inV3 makes an answer of the Contacts API one of version v3. This is the one
// place that knows how they differ; the requests of both versions are taken in
// both.
//
// What is known of v3 is its specification: no live answer has been seen.
func (r *route) inV3(body map[string]any) {
	if !r.contacts {
		return
	}
	if flag, is := body["succeded"]; is {
		body["succeeded"] = flag // beside the misspelt one
		if r.name == "contacts.update" {
			delete(body, "succeded")
		}
	}
	if contact, is := body["contact"].(record); is && contact["dndSettings"] != nil {
		settings := record{}
		_ = json.Unmarshal(contact["dndSettings"], &settings) // it is an object
		renamed := record{}
		for name, setting := range settings {
			renamed[channelV3(name)] = setting
		}
		contact = maps.Clone(contact)
		contact.set("dndSettings", renamed)
		body["contact"] = contact
	}
}

// channelV3 is a channel in lower camel case.
func channelV3(name string) string {
	if name == "WhatsApp" {
		return "whatsApp"
	}
	return strings.ToLower(name)
}
