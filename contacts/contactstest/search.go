package contactstest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	maxPageLimit = 500
	maxWindow    = 10_000
	maxQuery     = 75
	maxSorts     = 2
	searchable   = "locationId! pageLimit:number! page:number searchAfter:list query filters:list sort:list"
	sortable     = " firstNameLowerCase lastNameLowerCase businessName dateAdded dateUpdated email dnd source "
)

var searchSchema = fields(searchable)

func (c call) number(name string, otherwise int) int {
	n, err := strconv.Atoi(string(c.body[name]))
	if err != nil {
		return otherwise
	}
	return n
}

// searchContacts answers rows in a shape of their own: see row. They come from
// an index, which may lag behind.
func (s *Server) searchContacts(c call) answer {
	if messages := searchSchema.check(c.body); len(messages) > 0 {
		return invalid(messages...)
	}
	limit, page := c.number("pageLimit", 0), c.number("page", 1)
	var filters []filter
	var sorts []struct{ Field, Direction string }
	switch {
	case limit < 1 || limit > maxPageLimit:
		return invalid("pageLimit must be between 1 and 500")
	case c.body["page"] != nil && c.body["searchAfter"] != nil:
		return invalid("page and searchAfter must not be sent together")
	case page < 1 || page*limit > maxWindow:
		return refuse(400, "page x pageLimit must not be more than 10000")
	case len(c.body.text("query")) > maxQuery:
		return invalid("query must be shorter than or equal to 75 characters")
	case unmarshal(c.body["filters"], &filters) != nil:
		return invalid("filters must be an array")
	case unmarshal(c.body["sort"], &sorts) != nil || len(sorts) > maxSorts:
		return invalid("sort must be an array of at most 2")
	}
	order := []ordering{{"dateAdded", true}}
	if len(sorts) > 0 {
		order = nil
		for _, sort := range sorts {
			if !strings.Contains(sortable, " "+sort.Field+" ") {
				return refuse(400, "Invalid field "+sort.Field)
			}
			order = append(order, ordering{sort.Field, sort.Direction == "desc"})
		}
	}
	for i := range filters {
		if message := s.prepare(&filters[i]); message != "" {
			return refuse(400, message)
		}
	}
	s.state.index.take(s.clock(), s.lag)
	text := c.body.text("query")
	found := s.state.index.cached("search "+string(raw([]any{text, c.body["filters"], c.body["sort"]})), func() []hit {
		all := filter{Group: "AND", Filters: filters}
		return s.hits(order, func(contact record) bool { return mentions(contact, text) && all.passes(contact) })
	})
	rest := found
	if after := c.body["searchAfter"]; after != nil {
		place, fine := readPlace(after)
		if !fine {
			return invalid("searchAfter must be an array")
		}
		rest = found[following(found, place, order):]
	} else {
		rest = rest[min(len(rest), (page-1)*limit):]
	}
	rows := make([]record, 0, min(len(rest), limit))
	for _, hit := range rest[:min(len(rest), limit)] {
		r := row(hit.contact)
		r.set("searchAfter", []any{hit.keys[0].value(), hit.id})
		rows = append(rows, r)
	}
	return ok(map[string]any{"contacts": rows, "total": len(found)})
}

func unmarshal(data json.RawMessage, into any) error {
	if data == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// readPlace reads a searchAfter: the value that is sorted by, and an id.
func readPlace(data json.RawMessage) (hit, bool) {
	var parts []json.RawMessage
	if json.Unmarshal(data, &parts) != nil || len(parts) != 2 {
		return hit{}, false
	}
	place := hit{id: textOf(parts[1]), keys: [maxSorts]key{{text: textOf(parts[0])}}}
	if json.Unmarshal(parts[0], &place.keys[0].number) == nil {
		place.keys[0].isNumber = true
	}
	return place, true
}

// following is where the rows behind a place begin. A place has one value: with
// two orderings, only the contact itself says where it is.
func following(found []hit, place hit, order []ordering) int {
	if len(order) == 1 {
		return behind(found, place, order)
	}
	return slices.IndexFunc(found, func(h hit) bool { return h.id == place.id }) + 1
}

var nullable = strings.Fields("firstName lastName email phone companyName city state country postalCode website" +
	" source dateOfBirth assignedTo timezone businessId address")

// row is a contact as a search shows it.
//
// Quirk: names are in lower case (firstNameRaw and lastNameRaw keep the case),
// address1 is called address, and what is empty is null.
func row(contact record) record {
	r := maps.Clone(contact)
	r["address"] = r["address1"]
	delete(r, "address1")
	for _, name := range nullable {
		if empty(r[name]) {
			r[name] = null
		}
	}
	for _, name := range []string{"firstName", "lastName"} {
		if text := contact.text(name); text != "" {
			lower := raw(strings.ToLower(text))
			r[name], r[name+"LowerCase"], r[name+"Raw"] = lower, lower, contact[name]
		}
	}
	r.set("contactName", strings.ToLower(contact.text("name")))
	delete(r, "name")
	return r
}

// sortKey is milliseconds for a time, else text.
func sortKey(contact record, field string) key {
	text := value(contact, field)
	if strings.HasPrefix(field, "date") {
		if t, is := parseTime(text); is {
			return key{number: t.UnixMilli(), isNumber: true}
		}
	}
	return key{text: text}
}

func value(contact record, field string) string {
	switch field {
	case "firstNameLowerCase":
		return strings.ToLower(contact.text("firstName"))
	case "lastNameLowerCase":
		return strings.ToLower(contact.text("lastName"))
	case "contactName":
		return strings.ToLower(contact.text("name"))
	case "address":
		return contact.text("address1")
	case "tags", "followers", "dnd":
		return string(contact[field])
	default:
		if id, is := strings.CutPrefix(field, "customFields."); is {
			return customValue(contact, id)
		}
		return contact.text(field)
	}
}

// customValue is the value of a custom field, as a text or in JSON.
func customValue(contact record, id string) string {
	var fields []record
	_ = json.Unmarshal(contact["customFields"], &fields) // none
	for _, field := range fields {
		if field.text("id") == id {
			if text := field.text("value"); text != "" {
				return text
			}
			return string(field["value"])
		}
	}
	return ""
}
