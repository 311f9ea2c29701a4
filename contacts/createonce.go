package contacts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

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
	if answer, ok := errors.AsType[*Error](err); ok {
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
