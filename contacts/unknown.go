package contacts

import (
	"errors"
	"fmt"
	"log/slog"
)

// Lookup says how to find out whether something was created. It holds personal
// data.
type Lookup struct {
	// Email and Phone are those of a contact, for [Contacts.FindDuplicate].
	Email, Phone string
	// ContactID is the contact whose tasks, notes or appointments have to be listed,
	// and Text what to look for: a title, a name, or a note's body.
	ContactID, Text string
}

func (l Lookup) findable() bool { return l.Email != "" || l.Phone != "" }

func (c ContactCreate) lookup() Lookup { return Lookup{Email: c.Email.Or(""), Phone: c.Phone.Or("")} }

// UnknownOutcomeError is the error of a create that may have happened: its answer
// was lost. errors.Is matches it with ErrUnknownOutcome. Look before you repeat
// it: Lookup says for what. Its text shows nothing of Lookup.
type UnknownOutcomeError struct {
	Lookup Lookup
	cause  error
}

// unknown adds what is needed to look it up to the error of a create.
func unknown(err error, lookup Lookup) error {
	if !errors.Is(err, ErrUnknownOutcome) {
		return err
	}
	return &UnknownOutcomeError{Lookup: lookup, cause: err}
}

// Error says what was tried and what came of it.
func (e *UnknownOutcomeError) Error() string { return e.cause.Error() }

// Unwrap returns the error of the request.
func (e *UnknownOutcomeError) Unwrap() error { return e.cause }

// Format keeps fmt's verbs from printing Lookup.
func (e *UnknownOutcomeError) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.Error())) }

// MarshalText is the text of the error.
func (e *UnknownOutcomeError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue is the text of the error.
func (e *UnknownOutcomeError) LogValue() slog.Value { return slog.StringValue(e.Error()) }
