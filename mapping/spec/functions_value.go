package spec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

func valueFunctions() []Function {
	return []Function{
		fn2("lookup", "what a table has for a text, a text; empty if it has nothing", lookup),
		fn1("custom", "a custom field of the source as a text, by its key, name or id", custom),
		fn1("number", "the number that a text is; 0, with a warning, if it is none", number),
		fn1("text", "a value as a text", func(r *run, v any) (string, error) {
			s := textOf(v)
			return s, r.spend(len(s))
		}),
	}
}

func lookup(r *run, name, key string) (string, error) {
	return textOf(r.shared.tables[name][key]), nil
}

func custom(r *run, name string) (string, error) {
	return textOf(decoded(r.customFields()[r.shared.sources[name]])), nil
}

func number(r *run, s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	f, ok := finite(strings.TrimSpace(s))
	if !ok {
		r.warn("it is no number, and taken for 0")
	}
	return f, nil
}

func finite(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// textOf writes a value as people would: a list with commas, a time as in RFC
// 3339, what is absent as nothing.
func textOf(v any) string {
	switch v := v.(type) {
	case nil, unsetValue:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = textOf(part)
		}
		return strings.Join(parts, ", ")
	default:
		if reflect.TypeOf(v).Kind() == reflect.Map {
			return "" // an object has no text
		}
		return fmt.Sprint(v)
	}
}
