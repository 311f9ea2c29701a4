package syncer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Fields are the fields of a record in a form that can be compared: the name of
// a field and its value as canonical JSON. A field that isn't there is not
// mapped; null clears it.
//
// The members of an object are fields of their own, named "object.member": one
// custom field can change without the others. Deeper objects are values.
type Fields map[string]json.RawMessage

var null = json.RawMessage("null")

// fieldsOf turns a JSON object into fields.
func fieldsOf(object []byte) (Fields, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, fmt.Errorf("a record must be a JSON object: %w", err)
	}
	fields := make(Fields, len(members))
	for name, value := range members {
		var inner map[string]json.RawMessage
		if value[0] == '{' && json.Unmarshal(value, &inner) == nil {
			for member, value := range inner {
				fields[name+"."+member] = canonical(value)
			}
			continue
		}
		fields[name] = canonical(value)
	}
	return fields, nil
}

// canonical is value with the names of objects in order, no white space, strings
// in one spelling, and numbers as they were written.
func canonical(value json.RawMessage) json.RawMessage {
	v := jsontext.Value(bytes.Clone(value))
	err := v.Format(
		jsontext.ReorderRawObjects(true), jsontext.PreserveRawStrings(false),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return value // not JSON: compared as it is
	}
	return json.RawMessage(v)
}

// object is the inverse of fieldsOf.
func (f Fields) object() ([]byte, error) {
	object := make(map[string]any, len(f))
	for _, name := range f.names() {
		outer, member, nested := strings.Cut(name, ".")
		if !nested {
			object[name] = f[name]
			continue
		}
		inner, ok := object[outer].(map[string]json.RawMessage)
		if !ok {
			inner = map[string]json.RawMessage{}
			object[outer] = inner
		}
		inner[member] = f[name]
	}
	return json.Marshal(object)
}

// names are the fields' names in order.
func (f Fields) names() []string { return slices.Sorted(maps.Keys(f)) }

// value is the field's value; what is not there is null.
func (f Fields) value(name string) json.RawMessage {
	if value, ok := f[name]; ok {
		return value
	}
	return null
}

// only returns the fields that other has too. What it has and f lacks is null.
func (f Fields) only(other Fields) Fields {
	some := make(Fields, len(other))
	for name := range other {
		some[name] = f.value(name)
	}
	return some
}

// with returns the fields with one of them set.
func (f Fields) with(name string, value json.RawMessage) Fields {
	some := maps.Clone(f)
	some[name] = value
	return some
}

// equal compares two values in canonical form.
func equal(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// elements reads a set: an array of strings. Null is the empty set.
func elements(value json.RawMessage) ([]string, bool) {
	var list []string
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, false
	}
	return list, true
}

// setOf is the canonical form of a set.
func setOf(list []string) json.RawMessage {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	if list == nil {
		list = []string{}
	}
	data, err := json.Marshal(list)
	if err != nil {
		return null // strings always marshal
	}
	return canonical(data)
}
