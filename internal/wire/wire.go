// Package wire decodes and encodes the records of both APIs without losing
// anything: a field that is not known, or whose value has another type than it
// should, fails nothing and is kept as it came.
package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Extra holds the members of an object that no field took, by name.
type Extra map[string]json.RawMessage

// notObject is the name under which a value is kept that should be an object. No
// member has it: it is no UTF-8.
const notObject = "\xff"

// Clone returns a copy that the caller may change.
func (e Extra) Clone() map[string]json.RawMessage {
	members := maps.Clone(e)
	delete(members, notObject)
	return members
}

// Decode reads an object. field returns a pointer to where a member belongs, or
// nil. The only errors are those of JSON itself.
func Decode(d *jsontext.Decoder, field func(name string) any, extra *Extra) error {
	if d.PeekKind() != '{' {
		value, err := d.ReadValue() // not an object: every field stays zero
		if err == nil && value.Kind() != 'n' {
			*extra = Extra{notObject: json.RawMessage(bytes.Clone(value))}
		}
		return err
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if value.Kind() == 'n' {
			continue
		}
		if into := field(name); into != nil && set(into, value) {
			continue
		}
		if *extra == nil {
			*extra = Extra{}
		}
		(*extra)[name] = json.RawMessage(bytes.Clone(value))
	}
	_, err := d.ReadToken()
	return err
}

// set decodes a value, or leaves the zero value if it has another type. The types
// that most values have take the short way, without reflection.
func set(into any, value jsontext.Value) bool {
	switch into := into.(type) {
	case *string:
		if value.Kind() == '"' {
			*into = unquote(value)
			return true
		}
		return false
	case *bool:
		kind := value.Kind()
		*into = kind == 't'
		return kind == 't' || kind == 'f'
	case *[]string:
		if list, ok := texts(value); ok {
			*into = list
			return true
		}
	case *Time:
		return into.UnmarshalJSON(value) == nil
	case *json.RawMessage:
		*into = json.RawMessage(bytes.Clone(value))
		return true
	}
	if jsonv2.Unmarshal(value, into, lenient) == nil {
		return true
	}
	reflect.ValueOf(into).Elem().SetZero() // it may be half filled
	return false
}

// texts reads a list of nothing but texts.
func texts(value jsontext.Value) (list []string, ok bool) {
	if value.Kind() != '[' {
		return nil, false
	}
	list = []string{}
	for rest := blank(value[1 : len(value)-1]); len(rest) > 0; {
		end := quoted(rest)
		if end < 0 {
			return nil, false
		}
		list = append(list, unquote(jsontext.Value(rest[:end])))
		rest = blank(bytes.TrimPrefix(blank(rest[end:]), []byte(",")))
	}
	return list, true
}

// blank is JSON without the space before it.
func blank(data []byte) []byte { return bytes.TrimLeft(data, " \t\r\n") }

// quoted is how long the text is that begins here; -1: none does.
func quoted(data []byte) int {
	if data[0] != '"' {
		return -1
	}
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// unquote is the text of a JSON string. What is not UTF-8 is replaced.
func unquote(value jsontext.Value) string {
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, value) // the error says that something was replaced
	return string(text)
}

// lenient lets through what services send in error.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Unmarshal is Decode for encoding/json.
func Unmarshal(data []byte, field func(name string) any, extra *Extra) error {
	return Decode(jsontext.NewDecoder(bytes.NewReader(data), lenient), field, extra)
}

// Marshal writes a record: its fields, and what no field took.
func Marshal(plain any, extra Extra) ([]byte, error) {
	if value, ok := extra[notObject]; ok {
		return value, nil
	}
	data, err := json.Marshal(plain)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	maps.Copy(members, extra)
	return json.Marshal(members)
}
