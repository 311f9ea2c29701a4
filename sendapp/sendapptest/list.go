package sendapptest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	defaultPage = 50
	maxPage     = 200
)

// query is what a listing was asked for.
type query struct {
	filters      map[string]string // field → value
	updatedSince time.Time
	deletedSince time.Time
	limit        int
	after        *position
	hash         uint64
}

// cursor is where the next page begins: after this record of this listing.
type cursor struct {
	At   time.Time `json:"at"`
	ID   string    `json:"id"`
	Hash uint64    `json:"hash"` // of the query that it belongs to
}

// parseQuery reads the parameters of a listing. The hash is that of all of them. One that is unknown, empty or
// repeated is refused: a filter that is ignored would list everything.
func parseQuery(values url.Values, hash uint64, filters ...string) (query, *problem) {
	q := query{filters: map[string]string{}, limit: defaultPage, hash: hash}
	var wrong []fieldProblem
	bad := func(name, message string) { wrong = append(wrong, fieldProblem{name, message}) }
	var err error
	for name, all := range values {
		value := all[0]
		switch {
		case len(all) != 1 || value == "":
			bad(name, "must be given once, and not empty")
		case name == "limit":
			if q.limit, err = strconv.Atoi(value); err != nil || q.limit < 1 || q.limit > maxPage {
				bad(name, "must be a number from 1 to 200")
			}
		case name == "updatedSince":
			if q.updatedSince, err = parseTime(value); err != nil {
				bad(name, "must be a time in RFC 3339")
			}
		case name == "deletedSince" && slices.Contains(filters, name):
			if q.deletedSince, err = parseTime(value); err != nil {
				bad(name, "must be a time in RFC 3339")
			}
		case slices.Contains(filters, name):
			q.filters[name] = value
		case name != "cursor":
			bad(name, "is not a parameter of this listing")
		}
	}
	if !q.deletedSince.IsZero() && (len(q.filters) > 0 || !q.updatedSince.IsZero()) {
		bad("deletedSince", "can't be combined with a filter")
	}
	if text := values.Get("cursor"); text != "" {
		if q.after, err = decodeCursor(text, q.hash); err != nil {
			bad("cursor", "is not a cursor of this listing")
		}
	}
	if wrong != nil {
		slices.SortFunc(wrong, func(a, b fieldProblem) int { return strings.Compare(a.Field, b.Field) })
		return query{}, invalid(wrong...)
	}
	return q, nil
}

// hashOf tells listings apart. Page size and cursor may differ from page to
// page.
func hashOf(values url.Values) uint64 {
	rest := url.Values{}
	for name, value := range values {
		if name != "limit" && name != "cursor" {
			rest[name] = value
		}
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(rest.Encode())) // never fails
	return h.Sum64()
}

func encodeCursor(p position, hash uint64) string {
	data, err := json.Marshal(cursor{At: p.at, ID: p.id, Hash: hash})
	if err != nil {
		panic("sendapptest: encode cursor: " + err.Error()) // plain values
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func decodeCursor(text string, hash uint64) (*position, error) {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	var c cursor
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	if c.Hash != hash {
		return nil, errors.New("the cursor belongs to another listing")
	}
	return &position{at: c.At, id: c.ID}, nil
}

// page walks a list from the query's cursor or time, and returns what matches
// and where the next page begins.
func page[T interface{ position() position }](list ordered[T], q query, since time.Time, match func(T) bool) ([]T, string) {
	start := position{at: since}
	if q.after != nil {
		// The shortest string that comes after an id is the id and a zero byte.
		start = position{at: q.after.at, id: q.after.id + "\x00"}
	}
	var items []T
	for _, e := range list.from(start) {
		if !match(e) {
			continue
		}
		if len(items) == q.limit {
			return items, encodeCursor(items[len(items)-1].position(), q.hash)
		}
		items = append(items, e)
	}
	return items, ""
}

// candidates returns the smallest list that holds all that a query can find.
func (c *collection) candidates(q query, contactID string) ordered[*record] {
	for _, field := range indexed {
		if value, ok := q.filters[field]; ok {
			return c.having(field, value)
		}
	}
	if contactID != "" {
		return c.of(contactID)
	}
	return c.all
}

// matches reports whether a record passes a query's filters.
func (k *kind) matches(r *record, q query, contactID string) bool {
	if contactID != "" && r.contactID != contactID {
		return false
	}
	for name, want := range q.filters {
		switch name {
		case "tag":
			if !slices.Contains(r.tags(), tagSet([]string{want})[0]) {
				return false
			}
		case "status":
			status, _ := k.field("status")
			if stored := r.fields["status"]; stored != nil && !bytes.Equal(stored, quote(want)) ||
				stored == nil && !bytes.Equal(status.absent, quote(want)) {
				return false
			}
		default:
			if indexKey(name, r.text(name)) != indexKey(name, want) {
				return false
			}
		}
	}
	return true
}

// list answers a listing.
func (s *state) list(k *kind, contactID string, q query) jsontext.Value {
	c := s.collections[k.name]
	var items []jsontext.Value
	var next, name string
	if !q.deletedSince.IsZero() {
		name = "deleted"
		var found []tombstone
		found, next = page(c.deleted, q, q.deletedSince, func(tombstone) bool { return true })
		for _, t := range found {
			items = append(items, t.encode(k))
		}
	} else {
		name = k.name
		var found []*record
		found, next = page(c.candidates(q, contactID), q, q.updatedSince, func(r *record) bool { return k.matches(r, q, contactID) })
		for _, r := range found {
			items = append(items, r.encode(k))
		}
	}
	answer := map[string]jsontext.Value{name: encodeArray(items)}
	if next != "" {
		answer["nextCursor"] = quote(next)
	}
	return encodeObject(answer)
}
