package spec

import (
	"strings"
	"sync"
	"time"
)

func timeFunctions() []Function {
	return []Function{
		fn1("date", "a date or time as YYYY-MM-DD; what is none is empty, with a warning", date),
		fn1("timezone", "the name of an IANA time zone; what is none is empty, with a warning", timezone),
		fn3("parseTime", "the time that a text is, in a layout as YYYY-MM-DD HH:mm:ss and a time zone", parseTime),
		fn3("formatTime", "a time in a layout as YYYY-MM-DD HH:mm:ss and a time zone", formatTime),
	}
}

// layouts turns YYYY-MM-DD into the layout that package time wants.
var layouts = strings.NewReplacer(
	"YYYY", "2006", "YY", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "DD", "02",
	"HH", "15", "hh", "03", "mm", "04", "SSS", "000", "ss", "05", "ZZ", "-0700", "Z", "Z07:00", "AM", "PM",
)

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
	if _, err := r.zone(name); err != nil || name == "Local" {
		r.warn("it is no IANA time zone, and left out")
		return "", nil
	}
	return name, nil
}

func parseTime(r *run, s, layout, zone string) (time.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, nil
	}
	place, err := r.zone(zone)
	if err != nil {
		r.warn("its time zone is none of the IANA database; the time is left out")
		return time.Time{}, nil
	}
	if layout == "" {
		layout = time.RFC3339Nano
	}
	t, err := time.ParseInLocation(layouts.Replace(layout), s, place)
	if err != nil {
		r.warn("it is no time of the layout, and left out")
		return time.Time{}, nil
	}
	return t, nil
}

func formatTime(r *run, t time.Time, layout, zone string) (string, error) {
	if t.IsZero() {
		return "", nil
	}
	place, err := r.zone(zone)
	if err != nil {
		r.warn("its time zone is none of the IANA database; the time is left out")
		return "", nil
	}
	if layout == "" {
		layout = time.RFC3339
	}
	if err := r.spend(4 * len(layout)); err != nil {
		return "", err
	}
	return t.In(place).Format(layouts.Replace(layout)), nil
}

// zoneCache keeps time zones, because loading one reads a file. The names that
// are kept exist, so that they are few.
type zoneCache struct{ known sync.Map }

func (c *zoneCache) load(name string) (*time.Location, error) {
	if known, ok := c.known.Load(name); ok {
		return known.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		c.known.Store(name, zone)
	}
	return zone, err
}
