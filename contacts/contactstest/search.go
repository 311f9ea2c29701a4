package contactstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	maxPageLimit = 500
	maxWindow    = 10_000
	maxTaskPage  = 100
)

func (c call) number(name string, otherwise int) int {
	n, err := strconv.Atoi(string(c.body[name]))
	if err != nil {
		return otherwise
	}
	return n
}

// searchContacts answers rows in a shape of their own: see row.
func (s *Server) searchContacts(c call) answer {
	if messages := c.only("locationId pageLimit page searchAfter query filters sort", "locationId pageLimit"); len(messages) > 0 {
		return invalid(messages...)
	}
	limit, page := c.number("pageLimit", 0), c.number("page", 1)
	switch {
	case limit < 1 || limit > maxPageLimit:
		return invalid("pageLimit must be between 1 and 500")
	case c.body["page"] != nil && c.body["searchAfter"] != nil:
		return invalid("page and searchAfter must not be sent together")
	case page < 1 || page*limit > maxWindow:
		return refuse(http.StatusBadRequest, "page x pageLimit must not be more than 10000")
	}
	var filters []filter
	var sorts []struct{ Field, Direction string }
	if err := unmarshal(c.body["filters"], &filters); err != nil {
		return invalid("filters must be an array")
	}
	if err := unmarshal(c.body["sort"], &sorts); err != nil || len(sorts) > 2 {
		return invalid("sort must be an array of at most 2")
	}
	order := []ordering{{"dateAdded", true}}
	if len(sorts) > 0 {
		order = nil
		for _, sort := range sorts {
			order = append(order, ordering{sort.Field, sort.Direction == "desc"})
		}
	}
	found, message := s.matching(filters, c.body.text("query"))
	if message != "" {
		return refuse(http.StatusBadRequest, message)
	}
	slices.SortFunc(found, func(a, b record) int { return compareBy(order, a, b) })
	total := len(found)
	if after := c.body["searchAfter"]; after != nil {
		var place []json.RawMessage
		if json.Unmarshal(after, &place) != nil || len(place) != 2 {
			return invalid("searchAfter must be an array")
		}
		found = s.following(found, place)
	} else {
		found = found[min(len(found), (page-1)*limit):]
	}
	rows := []record{}
	for _, contact := range found[:min(len(found), limit)] {
		rows = append(rows, row(contact, order[0].field))
	}
	return ok(map[string]any{"contacts": rows, "total": total})
}

func unmarshal(data json.RawMessage, into any) error {
	if data == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// following are the rows behind a place: a contact's id.
func (s *Server) following(found []record, place []json.RawMessage) []record {
	var id string
	_ = json.Unmarshal(place[1], &id)
	at := slices.IndexFunc(found, func(r record) bool { return r.text("id") == id })
	return found[at+1:]
}

// row is a contact as a search shows it: names in lower case, address for
// address1, null for what is empty.
func row(contact record, sortField string) record {
	r := maps.Clone(contact)
	for name := range strings.FieldsSeq("firstName lastName email phone companyName city state country postalCode website" +
		" source dateOfBirth assignedTo timezone businessId") {
		if value, has := r[name]; !has || empty(value) {
			r[name] = json.RawMessage("null")
		}
	}
	r["address"] = r["address1"]
	if r["address"] == nil {
		r["address"] = json.RawMessage("null")
	}
	delete(r, "address1")
	for _, name := range []string{"firstName", "lastName"} {
		if lower := strings.ToLower(contact.text(name)); lower != "" {
			r.set(name, lower)
			r.set(name+"LowerCase", lower)
		}
	}
	r.set("contactName", strings.ToLower(contact.text("name")))
	delete(r, "name")
	r.set("searchAfter", []any{sortValue(contact, sortField), contact.text("id")})
	return r
}

// ordering is a field to sort by.
type ordering struct {
	field string
	desc  bool
}

// compareBy orders contacts; those that are equal by their ids.
func compareBy(order []ordering, a, b record) int {
	for _, o := range order {
		n := compareValues(sortValue(a, o.field), sortValue(b, o.field))
		if o.desc {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return cmp.Compare(a.text("id"), b.text("id"))
}

// sortValue is milliseconds for a time, else text.
func sortValue(contact record, field string) any {
	text := value(contact, field)
	if t, is := parseTime(text); is && strings.HasPrefix(field, "date") {
		return t.UnixMilli()
	}
	return text
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
	default:
		return contact.text(field)
	}
}

func compareValues(a, b any) int {
	x, first := a.(int64)
	y, second := b.(int64)
	if first && second {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// searchTasks pages by offset over all tasks of the location.
func (s *Server) searchTasks(c call) answer {
	if messages := c.only("contactId completed assignedTo query limit skip businessId", ""); len(messages) > 0 {
		return invalid(messages...)
	}
	limit, skip := min(c.number("limit", 25), maxTaskPage), c.number("skip", 0)
	var only []string
	if err := unmarshal(c.body["contactId"], &only); err != nil || limit < 1 || skip < 0 {
		return invalid("contactId must be an array, limit positive, skip not negative")
	}
	query := strings.ToLower(c.body.text("query"))
	tasks := []record{}
	for _, parent := range s.state.order {
		if len(only) > 0 && !slices.Contains(only, parent) {
			continue
		}
		for _, id := range s.state.children[kindTask][parent] {
			task := s.state.tasks[id]
			completed, wanted := c.body["completed"], string(task["completed"])
			if (completed == nil || string(completed) == wanted) && strings.Contains(strings.ToLower(task.text("title")), query) {
				tasks = append(tasks, task)
			}
		}
	}
	tasks = tasks[min(skip, len(tasks)):]
	return ok(map[string]any{"tasks": tasks[:min(limit, len(tasks))]})
}
