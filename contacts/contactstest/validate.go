package contactstest

import (
	"encoding/json"
	"strings"
)

// schema says what a body may have: names with the types of their values.
type schema map[string]string

// fields makes a schema: "title completed:bool tags:texts". A field without a
// type is a text. A mark ! says that it is required.
func fields(text string) schema {
	s := schema{}
	for field := range strings.FieldsSeq(text) {
		name, kind, typed := strings.Cut(field, ":")
		if !typed {
			kind = "text"
			if required, is := strings.CutSuffix(name, "!"); is {
				name, kind = required, "text!"
			}
		}
		s[name] = kind
	}
	return s
}

// check says what is wrong with a body. The service knows each property that
// may be there, and refuses all others.
func (s schema) check(body record) []string {
	var messages []string
	for _, name := range sortedNames(body) {
		kind, known := s[name]
		switch {
		case !known:
			messages = append(messages, "property "+name+" should not exist")
		case string(body[name]) == "null":
		default:
			if wants := typed(strings.TrimSuffix(kind, "!"), body[name]); wants != "" {
				messages = append(messages, name+" must be "+wants)
			}
		}
	}
	for _, name := range s.required() {
		if value, sent := body[name]; !sent || string(value) == "null" {
			messages = append(messages, name+" should not be empty")
		}
	}
	return messages
}

func (s schema) required() []string {
	missing := record{}
	for name, kind := range s {
		if strings.HasSuffix(kind, "!") {
			missing[name] = nil
		}
	}
	return sortedNames(missing)
}

// typed says what a value should be, if it isn't.
func typed(kind string, value json.RawMessage) string {
	first := value[0]
	switch kind {
	case "text":
		if first != '"' {
			return "a string"
		}
	case "bool":
		if first != 't' && first != 'f' {
			return "a boolean value"
		}
	case "number":
		if first != '-' && (first < '0' || first > '9') {
			return "a number"
		}
	case "texts":
		var texts []string
		if json.Unmarshal(value, &texts) != nil {
			return "an array"
		}
	case "list":
		if first != '[' {
			return "an array"
		}
	case "object":
		if first != '{' {
			return "an object"
		}
	}
	return ""
}
