package contactstest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// record is a record as it is kept: its members as they came. It is never
// changed once it is in the state.
type record map[string]json.RawMessage

func (r record) text(name string) string { return textOf(r[name]) }

// textOf is a JSON string; another type is no text.
func textOf(value json.RawMessage) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	_ = json.Unmarshal(value, &text) // what is kept is valid
	return text
}

func (r record) texts(name string) []string {
	var texts []string
	_ = json.Unmarshal(r[name], &texts) // another type is no list
	return texts
}

func (r record) isTrue(name string) bool { return string(r[name]) == "true" }

func (r record) set(name string, value any) { r[name] = raw(value) }

// with is a copy with another value.
func (r record) with(name string, value any) record {
	r = maps.Clone(r)
	r.set(name, value)
	return r
}

// pick is a copy with some members, as far as they are not empty.
func (r record) pick(names ...string) record {
	picked := make(record, len(names))
	for _, name := range names {
		if value, has := r[name]; has && !empty(value) {
			picked[name] = value
		}
	}
	return picked
}

func sortedNames(r record) []string { return slices.Sorted(maps.Keys(r)) }

// empty says that the service leaves the value out.
func empty(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null" || string(value) == `""`
}

func raw(value any) json.RawMessage {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimSpace(buffer.Bytes())
}
