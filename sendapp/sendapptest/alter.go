package sendapptest

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// altered is a field that is stored as many real services store it: without
// spaces around it, e-mail addresses in lower case, times in whole seconds,
// numbers with two decimals.
func altered(f field) field {
	normalise := f.normalise
	f.normalise = func(value jsontext.Value) (jsontext.Value, string) {
		if s, ok := unquote(value); ok {
			s = strings.TrimSpace(s)
			if f.name == "email" {
				s = strings.ToLower(s)
			}
			value = quote(s)
		}
		stored, problem := normalise(value)
		if problem != "" || stored == nil {
			return stored, problem
		}
		switch f.name {
		case "occurredAt", "dueDate", "startTime", "endTime":
			if s, ok := unquote(stored); ok {
				if t, err := parseTime(s); err == nil {
					stored = quote(t.Round(time.Second).Format(timeLayout))
				}
			}
		case "customFields":
			members, _ := decodeObject(stored)
			for key, member := range members {
				members[key] = rounded(member)
			}
			stored = encodeObject(members)
		}
		return stored, ""
	}
	return f
}

// rounded is a number with two decimals at most, or a text without spaces around
// it.
func rounded(value jsontext.Value) jsontext.Value {
	switch value.Kind() {
	case '"':
		s, _ := unquote(value)
		return quote(strings.TrimSpace(s))
	case '0':
		n, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return value
		}
		return jsontext.Value(strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64))
	default:
		return value
	}
}
