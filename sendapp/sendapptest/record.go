package sendapptest

import (
	"bytes"
	"maps"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// record is one contact or one child of it. A record that the state holds is never
// changed: a write replaces it.
type record struct {
	id          string
	contactID   string // of a child
	fields      map[string]jsontext.Value
	completedAt time.Time // of a task that is completed
	createdAt   time.Time
	updatedAt   time.Time
	version     int64
}

// text returns a field that is a string, or "".
func (r *record) text(field string) string {
	s, _ := unquote(r.fields[field])
	return s
}

func (r *record) tags() []string {
	list, _ := stringList(r.fields["tags"])
	return list
}

func (r *record) copy() *record {
	c := *r
	c.fields = maps.Clone(r.fields)
	return &c
}

// same reports whether a write would change nothing that can be written.
func (r *record) same(other *record) bool {
	return r.contactID == other.contactID &&
		maps.EqualFunc(r.fields, other.fields, func(a, b jsontext.Value) bool { return bytes.Equal(a, b) })
}

// encode returns the record as the contract answers it.
func (r *record) encode(k *kind) jsontext.Value {
	out := jsontext.Value("{")
	member := func(name string, value jsontext.Value) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, quote(name)...)
		out = append(out, ':')
		out = append(out, value...)
	}
	member(k.idField, quote(r.id))
	if k.child {
		member("contactId", quote(r.contactID))
	}
	for _, f := range k.fields {
		if value := r.fields[f.name]; value != nil {
			member(f.name, value)
		} else if f.absent != nil {
			member(f.name, f.absent)
		}
	}
	if !r.completedAt.IsZero() {
		member("completedAt", quote(r.completedAt.Format(timeLayout)))
	}
	member("createdAt", quote(r.createdAt.Format(timeLayout)))
	member("updatedAt", quote(r.updatedAt.Format(timeLayout)))
	if !k.unversioned {
		member("version", quote(strconv.FormatInt(r.version, 10)))
	}
	return append(out, '}')
}

// tombstone is what is left of a deleted record.
type tombstone struct {
	id         string
	contactID  string
	externalID string
	deletedAt  time.Time
}

func (t tombstone) encode(k *kind) jsontext.Value {
	members := map[string]jsontext.Value{
		k.idField:   quote(t.id),
		"deletedAt": quote(t.deletedAt.Format(timeLayout)),
	}
	if k.child {
		members["contactId"] = quote(t.contactID)
	}
	if t.externalID != "" {
		members["externalId"] = quote(t.externalID)
	}
	return encodeObject(members)
}
