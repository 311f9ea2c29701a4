package contacts

import (
	"time"

	"github.com/contactlink/contactlink/internal/wire"
)

// Time is a time of the API, which spells them in several ways: RFC 3339 with
// or without a fraction, a date, milliseconds since 1970. Decoding it never
// fails; a text that is none of these is the zero time. It is sent as RFC 3339
// in UTC with milliseconds.
type Time = wire.Time

// At returns t as a Time.
func At(t time.Time) Time { return wire.At(t) }
