package sendapptest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the same zones are known on every machine

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

// timeLayout is how the contract writes times: UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

func quote(s string) jsontext.Value {
	// A request's strings are valid UTF-8, or it would not have been decoded.
	value, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		panic(fmt.Sprintf("sendapptest: quote: %v", err))
	}
	return value
}

// unquote returns the string that value is, or false if it is none.
func unquote(value jsontext.Value) (string, bool) {
	if value.Kind() != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err == nil
}

func text(value jsontext.Value) (jsontext.Value, string) {
	s, ok := unquote(value)
	if !ok {
		return nil, "must be a string"
	}
	return quote(s), ""
}

// filledText refuses the empty string, which as an externalId would be the same
// for everybody.
func filledText(value jsontext.Value) (jsontext.Value, string) {
	s, ok := unquote(value)
	if !ok || s == "" {
		return nil, "must be a string that is not empty"
	}
	return quote(s), ""
}

func noteBody(value jsontext.Value) (jsontext.Value, string) {
	s, ok := unquote(value)
	if !ok {
		return nil, "must be a string"
	}
	if len(s) > sendapp.MaxNoteBody {
		return nil, fmt.Sprintf("is %d bytes long, %d are allowed", len(s), sendapp.MaxNoteBody)
	}
	return quote(s), ""
}

func matching(value jsontext.Value, pattern *regexp.Regexp, problem string) (jsontext.Value, string) {
	s, ok := unquote(value)
	if !ok || !pattern.MatchString(s) {
		return nil, problem
	}
	return quote(s), ""
}

var (
	e164   = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	alpha2 = regexp.MustCompile(`^[A-Z]{2}$`)
)

func phone(value jsontext.Value) (jsontext.Value, string) {
	return matching(value, e164, "must be in E.164 with a leading plus sign, as +15551234567")
}

func country(value jsontext.Value) (jsontext.Value, string) {
	return matching(value, alpha2, "must be an upper-case ISO 3166-1 alpha-2 code, as US")
}

func date(value jsontext.Value) (jsontext.Value, string) {
	s, ok := unquote(value)
	if _, err := time.Parse(time.DateOnly, s); !ok || err != nil {
		return nil, "must be a date, as 2006-01-02"
	}
	return quote(s), ""
}

func timestamp(value jsontext.Value) (jsontext.Value, string) {
	s, ok := unquote(value)
	t, err := parseTime(s)
	if !ok || err != nil {
		return nil, "must be a time in RFC 3339, as 2006-01-02T15:04:05.000Z"
	}
	return quote(t.Format(timeLayout)), ""
}

// parseTime reads a time of RFC 3339 and cuts it to milliseconds, which is all
// that an answer shows.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, err
	}
	t = t.UTC().Truncate(time.Millisecond)
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("year %d is out of range", t.Year())
	}
	return t, nil
}

func oneOf(values ...string) func(jsontext.Value) (jsontext.Value, string) {
	problem := "must be one of " + strings.Join(values, ", ")
	return func(value jsontext.Value) (jsontext.Value, string) {
		s, ok := unquote(value)
		if !ok || !slices.Contains(values, s) {
			return nil, problem
		}
		return quote(s), ""
	}
}

func boolean(value jsontext.Value) (jsontext.Value, string) {
	if k := value.Kind(); k != 't' && k != 'f' {
		return nil, "must be true or false"
	}
	return value, ""
}

func stringList(value jsontext.Value) ([]string, bool) {
	if value.Kind() != '[' {
		return nil, false
	}
	// A null in the list would be decoded as an empty string.
	var values []jsontext.Value
	if err := json.Unmarshal(value, &values); err != nil {
		return nil, false
	}
	list := make([]string, len(values))
	for i, v := range values {
		s, ok := unquote(v)
		if !ok {
			return nil, false
		}
		list[i] = s
	}
	return list, true
}

// tagSet makes a set: lower case, sorted, each once.
func tagSet(list []string) []string {
	set := make([]string, len(list))
	for i, tag := range list {
		set[i] = strings.ToLower(tag)
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func encodeList(list []string) jsontext.Value {
	values := make([]jsontext.Value, len(list))
	for i, s := range list {
		values[i] = quote(s)
	}
	return encodeArray(values)
}

func encodeArray(values []jsontext.Value) jsontext.Value {
	out := jsontext.Value("[")
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, ']')
}

func tags(value jsontext.Value) (jsontext.Value, string) {
	list, ok := stringList(value)
	if !ok || slices.Contains(list, "") {
		return nil, "must be an array of strings that are not empty"
	}
	if len(list) == 0 {
		return nil, ""
	}
	return encodeList(tagSet(list)), ""
}

func customFields(value jsontext.Value) (jsontext.Value, string) {
	return object(value, "a string, number, boolean, array of strings or null", func(v jsontext.Value) (jsontext.Value, bool) {
		switch v.Kind() {
		case '"':
			s, ok := unquote(v)
			return quote(s), ok
		case '0', 't', 'f':
			return v, true // a number keeps its text, and with it every digit
		case '[':
			list, ok := stringList(v)
			return encodeList(list), ok
		default:
			return nil, false
		}
	})
}

func doNotDisturb(value jsontext.Value) (jsontext.Value, string) {
	return object(value, "true, false or null", func(v jsontext.Value) (jsontext.Value, bool) {
		return v, v.Kind() == 't' || v.Kind() == 'f'
	})
}

// object normalises an object's values. A null stays: it is an instruction to
// remove the key, see mergeObject.
func object(value jsontext.Value, want string, normalise func(jsontext.Value) (jsontext.Value, bool)) (jsontext.Value, string) {
	members, ok := decodeObject(value)
	if !ok {
		return nil, "must be an object"
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if members[key].Kind() == 'n' {
			continue
		}
		stored, ok := normalise(members[key])
		if !ok {
			return nil, fmt.Sprintf("the value of %q must be %s", key, want)
		}
		members[key] = stored
	}
	return encodeObject(members), ""
}

func decodeObject(value jsontext.Value) (map[string]jsontext.Value, bool) {
	if value.Kind() != '{' {
		return nil, false
	}
	var members map[string]jsontext.Value
	err := json.Unmarshal(value, &members)
	return members, err == nil
}

func encodeObject(members map[string]jsontext.Value) jsontext.Value {
	out := jsontext.Value("{")
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quote(key)...)
		out = append(out, ':')
		out = append(out, members[key]...)
	}
	return append(out, '}')
}

// mergeObject applies patch to stored as RFC 7396 says. Both are normalised.
// An object that has no keys left is none.
func mergeObject(stored, patch jsontext.Value) jsontext.Value {
	merged, ok := decodeObject(stored)
	if !ok {
		merged = map[string]jsontext.Value{}
	}
	changes, _ := decodeObject(patch)
	for key, value := range changes {
		if value.Kind() == 'n' {
			delete(merged, key)
		} else {
			merged[key] = value
		}
	}
	if len(merged) == 0 {
		return nil
	}
	return encodeObject(merged)
}

// zones knows the time zones that were asked for already: looking one up reads
// a file.
type zones struct {
	known sync.Map // name → bool
}

func newZones() *zones { return &zones{} }

func (z *zones) normalise(value jsontext.Value) (jsontext.Value, string) {
	const problem = "must be a name of the IANA time zone database, as America/New_York"
	name, ok := unquote(value)
	// time.LoadLocation takes these two names for zones of the machine.
	if !ok || name == "" || name == "Local" {
		return nil, problem
	}
	if _, known := z.known.Load(name); !known {
		if _, err := time.LoadLocation(name); err != nil {
			return nil, problem
		}
		z.known.Store(name, true)
	}
	return quote(name), ""
}
