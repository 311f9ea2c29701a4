package sendapp

import (
	"time"

	"github.com/contactlink/contactlink/internal/wire"
)

// Time is a time of the API. Decoding it never fails: RFC 3339 with or without
// a fraction, a date and milliseconds since 1970 are read, anything else is no
// time and is written back as it came. A time is sent as RFC 3339 in UTC with
// milliseconds.
type Time = wire.Time

// At returns t as a Time.
func At(t time.Time) Time { return wire.At(t) }
