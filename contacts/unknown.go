package contacts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// Lookup says how to find out whether something was created. It holds personal
// data.
type Lookup struct {
	// Email and Phone are those of a contact, for [Contacts.FindDuplicate].
	Email, Phone string
	// ContactID is the contact whose tasks, notes or appointments have to be
	// listed, and Text what to look for: a title, or a note's body.
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

// MarshalJSON is the text of the error.
func (e *UnknownOutcomeError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue is the text of the error.
func (e *UnknownOutcomeError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// CreateOnce creates a contact, unless there is one with its e-mail or phone: then
// it returns that one, unchanged, and created is false. It looks again after a
// lost answer, and after a 422, which is known to have created a contact all the
// same. ErrUnknownOutcome remains if the contact is not to be found then.
//
// It costs a request more than Create. Two callers at the same time may both
// create, where the location allows duplicates.
func (s *Contacts) CreateOnce(ctx context.Context, create ContactCreate, opts ...CallOption) (contact *Contact, created bool, err error) {
	lookup := create.lookup()
	if !lookup.findable() {
		return nil, false, fmt.Errorf("contacts: %w: CreateOnce needs an Email or a Phone to look for", ErrInvalid)
	}
	query := DuplicateQuery{Email: lookup.Email, Phone: lookup.Phone}
	contact, err = s.FindDuplicate(ctx, query)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return contact, false, err
	}
	contact, err = s.Create(ctx, create, opts...)
	if err == nil {
		return contact, true, nil
	}
	var answer *Error
	if errors.As(err, &answer) {
		switch {
		case answer.Status == http.StatusUnprocessableEntity, errors.Is(err, ErrUnknownOutcome):
			if found, lookErr := s.FindDuplicate(ctx, query); lookErr == nil && sameIdentity(found, lookup) {
				return found, true, nil
			}
		case answer.ConflictingID != "": // somebody else was faster
			contact, err = s.Get(ctx, answer.ConflictingID)
			return contact, false, err
		}
	}
	return nil, false, err
}

// minPhone is how many digits a phone has at least, to be compared.
const minPhone = 6

// sameIdentity reports whether a contact is the one that was to be created. The
// service changes how a phone is written: only its digits count.
func sameIdentity(c *Contact, l Lookup) bool {
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	phone := strings.TrimLeft(digits(l.Phone), "0")
	return l.Email != "" && strings.EqualFold(c.Email, l.Email) ||
		len(phone) >= minPhone && strings.HasSuffix(digits(c.Phone), phone)
}
