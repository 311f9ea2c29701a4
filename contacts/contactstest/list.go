package contactstest

import (
	"cmp"
	"slices"
	"strings"
)

// maxListPage is the largest page of the deprecated list.
const maxListPage = 100

// listContacts is the deprecated list: from the newest contact to the oldest,
// with a cursor of two parts.
//
// Quirk: the specification has a count in its answer, the service a meta, whose
// nextPageUrl leads to a local host.
func (s *Server) listContacts(c call) answer {
	query := c.URL.Query()
	limit := atoi(query.Get("limit"), 20)
	switch {
	case query.Get("locationId") == "":
		return invalid("locationId should not be empty")
	case limit < 1 || limit > maxListPage:
		return invalid("limit must not be greater than 100")
	}
	text := query.Get("query")
	found := s.state.index.cached("list "+text, func() []hit {
		return s.hits([]ordering{{"dateAdded", true}}, func(contact record) bool { return mentions(contact, text) })
	})
	rest := found
	if after := query.Get("startAfter"); after != "" {
		place := hit{id: query.Get("startAfterId"), keys: [maxSorts]key{{number: int64(atoi(after, 0)), isNumber: true}}}
		rest = found[behind(found, place, []ordering{{"dateAdded", true}}):]
	}
	rows := []record{}
	for _, hit := range rest[:min(limit, len(rest))] {
		r := row(hit.contact)
		rows = append(rows, r)
	}
	meta := map[string]any{"total": len(found), "currentPage": 1, "nextPage": nil, "prevPage": nil, "nextPageUrl": nil}
	if len(rest) > limit {
		last := rest[limit-1]
		meta["startAfter"], meta["startAfterId"], meta["nextPage"] = last.keys[0].number, last.id, 2
		meta["nextPageUrl"] = "http://localhost:5058/contacts/?startAfterId=" + last.id
	}
	return ok(map[string]any{"contacts": rows, "meta": meta})
}

// mentions says that a contact's name, e-mail or phone has a text in it.
func mentions(contact record, text string) bool {
	if text == "" {
		return true
	}
	return strings.Contains(strings.ToLower(contact.text("name")+" "+contact.text("email")+" "+contact.text("phone")),
		strings.ToLower(text))
}

// hit is a contact that a search found, with what it is sorted by.
type hit struct {
	id      string
	contact record
	keys    [maxSorts]key
}

// key is a time in milliseconds, or a text.
type key struct {
	number   int64
	text     string
	isNumber bool
}

func (k key) value() any {
	if k.isNumber {
		return k.number
	}
	return k.text
}

// hits are the contacts in the index that pass, in order.
func (s *Server) hits(order []ordering, passes func(record) bool) []hit {
	found := make([]hit, 0, s.state.index.order.len())
	for id := range s.state.index.order.all() {
		contact := s.state.index.contacts[id]
		if !passes(contact) {
			continue
		}
		h := hit{id: id, contact: contact}
		for i, o := range order {
			h.keys[i] = sortKey(contact, o.field)
		}
		found = append(found, h)
	}
	slices.SortFunc(found, func(a, b hit) int { return compareHits(order, a, b) })
	return found
}

// ordering is a field to sort by.
type ordering struct {
	field string
	desc  bool
}

// compareHits orders contacts; those that are equal by their ids.
func compareHits(order []ordering, a, b hit) int {
	for i, o := range order {
		n := cmp.Compare(a.keys[i].number, b.keys[i].number)
		if n == 0 {
			n = cmp.Compare(a.keys[i].text, b.keys[i].text)
		}
		if o.desc {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return cmp.Compare(a.id, b.id)
}

// behind is the place in a sorted list behind a hit, which may be gone.
func behind(found []hit, place hit, order []ordering) int {
	at, is := slices.BinarySearchFunc(found, place, func(a, b hit) int { return compareHits(order, a, b) })
	if is {
		at++
	}
	return at
}
