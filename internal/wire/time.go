package wire

import (
	"strconv"
	"time"
)

// Time is a time of an API. Decoding it never fails: what can't be read is the
// zero time, and is written back as it came.
type Time struct {
	time.Time
	raw string // as it came, JSON
}

// At returns t as a Time.
func At(t time.Time) Time { return Time{Time: t} }

// Format of times that are sent: RFC 3339 in UTC with milliseconds.
const Format = "2006-01-02T15:04:05.000Z"

// The years 1 and 9999, in milliseconds: what is beyond them is no time, and no
// text could say it.
const earliest, latest = -62_135_596_800_000, 253_402_300_799_999

var layouts = [...]string{time.RFC3339Nano, "2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05"}

// UnmarshalJSON reads RFC 3339, a date, a date and time without an offset (as
// UTC), or milliseconds since 1970.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	if string(data) == "null" {
		return nil
	}
	t.raw = string(data)
	if len(data) < 2 || data[0] != '"' { // what is neither a number nor a text is no time
		if ms, err := strconv.ParseFloat(t.raw, 64); err == nil && ms >= earliest && ms <= latest {
			t.Time = time.UnixMilli(int64(ms)).UTC()
		}
		return nil
	}
	text := unquote(data)
	for _, layout := range layouts {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed
			break
		}
	}
	return nil
}

// MarshalJSON writes the time as it came, or in Format.
func (t Time) MarshalJSON() ([]byte, error) {
	switch {
	case t.raw != "":
		return []byte(t.raw), nil
	case t.IsZero():
		return []byte("null"), nil
	default:
		return []byte(strconv.Quote(t.UTC().Format(Format))), nil
	}
}

// IsZero reports whether there is no time. A text that could not be read is not
// zero: it is written back.
func (t Time) IsZero() bool { return t.Time.IsZero() && t.raw == "" }
