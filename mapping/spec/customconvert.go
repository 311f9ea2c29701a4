package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// customValue is a value that a target takes: text, number, bool or a list of
// texts. Anything else, such as a file, is its JSON as a text; null is nothing.
func customValue(value json.RawMessage) json.RawMessage {
	var list []string
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil
	case value[0] == '{', value[0] == '[' && json.Unmarshal(value, &list) != nil:
		return jsonText(string(value))
	default:
		return value
	}
}

func jsonText(s string) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil {
		return nil // a text always marshals
	}
	return data
}

// conversions turn a value into one of a type; nil if it is none.
var conversions = map[string]func(json.RawMessage) json.RawMessage{
	"text": func(v json.RawMessage) json.RawMessage {
		if v[0] == '{' {
			list, ok := textsIn(v)
			if !ok {
				return nil
			}
			return jsonText(strings.Join(list, ", "))
		}
		if v[0] == '"' || v[0] == '[' {
			return jsonText(textOf(decoded(v)))
		}
		return jsonText(string(v)) // every digit of a number
	},
	"number": func(v json.RawMessage) json.RawMessage {
		text := strings.TrimSpace(textIn(v))
		var n json.Number
		if json.Unmarshal([]byte(text), &n) != nil || text == "" || text[0] == '"' || text == "null" {
			return nil
		}
		return json.RawMessage(text)
	},
	"bool": func(v json.RawMessage) json.RawMessage {
		switch strings.ToLower(strings.TrimSpace(textIn(v))) {
		case "true", "yes", "1":
			return json.RawMessage("true")
		case "false", "no", "0":
			return json.RawMessage("false")
		default:
			return nil
		}
	},
	"date": func(v json.RawMessage) json.RawMessage {
		text := strings.TrimSpace(textIn(v))
		for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02 15:04:05"} {
			if t, err := time.Parse(layout, text); err == nil {
				return jsonText(t.Format(time.DateOnly))
			}
		}
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 1e11 && ms < 1e14 {
			return jsonText(time.UnixMilli(ms).UTC().Format(time.DateOnly))
		}
		return nil
	},
	"list": func(v json.RawMessage) json.RawMessage {
		var list []string
		switch v[0] {
		case '[':
			if json.Unmarshal(v, &list) != nil {
				return nil
			}
			return v
		case '{':
			var ok bool
			if list, ok = textsIn(v); !ok {
				return nil
			}
		default:
			list = slices.DeleteFunc([]string{textIn(v)}, func(s string) bool { return s == "" })
		}
		return encoded(list)
	},
}

// textsIn are the texts of an object, in the order of its names: those of a list
// of text boxes, and the URLs of files.
func textsIn(v json.RawMessage) ([]string, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(v, &members) != nil {
		return nil, false
	}
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var text string
		var file struct {
			URL string `json:"url"`
		}
		switch {
		case json.Unmarshal(members[name], &text) == nil:
		case json.Unmarshal(members[name], &file) == nil && file.URL != "":
			text = file.URL
		default:
			return nil, false
		}
		if text != "" {
			list = append(list, text)
		}
	}
	return list, true
}

// textIn is the text of a JSON text, or the JSON itself.
func textIn(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}
