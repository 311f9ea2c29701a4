package spec

import (
	"strings"
	"sync"
	"time"
	"unicode"
)

func timeFunctions() []Function {
	return []Function{
		fn1("date", "a date or time as YYYY-MM-DD; what is none is empty, with a warning", date),
		fn1("timezone", "the name of an IANA time zone; what is none is empty, with a warning", timezone),
		fn3("parseTime", "the time that a text is, in a layout as YYYY-MM-DD HH:mm:ss, or RFC 3339, and a time zone", parseTime),
		fn3("formatTime", "a time in a layout as YYYY-MM-DD HH:mm:ss and a time zone", formatTime),
	}
}

// parts are what a layout is made of, and what package time has for it.
var parts = []string{
	"YYYY", "2006", "YY", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "M", "1", "DD", "02", "D", "2", "dddd", "Monday", "ddd", "Mon",
	"HH", "15", "hh", "03", "h", "3", "mm", "04", "SSS", "000", "ss", "05", "ZZ", "-0700", "Z", "Z07:00", "AM", "PM", "A", "PM",
}

// layouts turns YYYY-MM-DD into the layout that package time wants.
var layouts = strings.NewReplacer(parts...)

// layoutOf is a layout for package time: that of RFC 3339 if there is none.
func layoutOf(layout string) string {
	if layout == "" {
		return time.RFC3339 // which also reads fractions of a second
	}
	return layouts.Replace(layout)
}

// unknownPart is the first word of a layout that stands for nothing.
func unknownPart(layout string) string {
	var known []string
	for i := 0; i < len(parts); i += 2 {
		known = append(known, parts[i], " ")
	}
	words := strings.FieldsFunc(strings.NewReplacer(known...).Replace(layout), func(r rune) bool { return !unicode.IsLetter(r) || r == 'T' })
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

func date(r *run, s string) (string, error) {
	if s == "" {
		return "", nil
	}
	for _, layout := range [...]string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			if layout == time.DateOnly {
				return s, nil
			}
			return t.Format(time.DateOnly), nil
		}
	}
	r.warn("it is no date, and left out")
	return "", nil
}

func timezone(r *run, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if _, ok := r.shared.zones.load(name); !ok || name == "Local" {
		r.warn("it is no IANA time zone, and left out")
		return "", nil
	}
	return name, nil
}

func parseTime(r *run, s, layout, name string) (time.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, nil
	}
	zone, ok := r.zone(name)
	if !ok {
		return time.Time{}, nil
	}
	t, ok := parsed(layoutOf(layout), s, zone)
	if !ok {
		r.warn("it is no time of the layout, and left out")
	}
	return t, nil
}

func parsed(layout, s string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(layout, s, zone)
	return t, err == nil
}

func formatTime(r *run, t time.Time, layout, name string) (string, error) {
	if t.IsZero() {
		return "", nil
	}
	zone, ok := r.zone(name)
	if !ok {
		return "", nil
	}
	if err := r.spend(4 * len(layout)); err != nil {
		return "", err
	}
	return t.In(zone).Format(layoutOf(layout)), nil
}

// zone is a time zone by its name in the IANA database, UTC by "".
func (r *run) zone(name string) (*time.Location, bool) {
	zone, ok := r.shared.zones.load(name)
	if !ok {
		r.warn("its time zone is none of the IANA database; the time is left out")
	}
	return zone, ok
}

// zoneCache keeps time zones, because loading one reads a file. The names that
// are kept exist, so that they are few.
type zoneCache struct{ known sync.Map }

func (c *zoneCache) load(name string) (*time.Location, bool) {
	if known, ok := c.known.Load(name); ok {
		zone, ok := known.(*time.Location)
		return zone, ok
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	c.known.Store(name, zone)
	return zone, true
}
