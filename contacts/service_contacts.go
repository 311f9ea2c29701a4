package contacts

import (
	"context"
	"fmt"
	"net/url"
)

// Contacts works on contacts.
type Contacts struct{ client *Client }

func (c *Contact) identity() string { return c.ID }

// Get reads a contact. ErrNotFound: there is none with this id.
func (s *Contacts) Get(ctx context.Context, id string, opts ...CallOption) (*Contact, error) {
	return one[Contact](ctx, s.client, request{op: operations.GetContact, ids: []string{id}, opts: opts}, "contact")
}

// Create creates a contact in the client's location. ErrDuplicate: the location
// allows no second contact with this e-mail or phone; ConflictingID of the
// Error names the first. ErrUnknownOutcome: it may have been created; the error
// is an [UnknownOutcomeError] then, and [Contacts.CreateOnce] sees to it.
func (s *Contacts) Create(ctx context.Context, create ContactCreate, opts ...CallOption) (*Contact, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	body := struct {
		LocationID string `json:"locationId"`
		ContactCreate
	}{s.client.settings.location, create}
	return one[Contact](ctx, s.client, request{op: operations.CreateContact, body: body, opts: opts, lookup: create.lookup()}, "contact")
}

// Update changes the fields that are set, and returns the contact as it is then.
func (s *Contacts) Update(ctx context.Context, id string, update ContactUpdate, opts ...CallOption) (*Contact, error) {
	return one[Contact](ctx, s.client, request{op: operations.UpdateContact, ids: []string{id}, body: update, opts: opts}, "contact")
}

// Upsert updates the contact that the location's rule for duplicates finds, or
// creates one. created tells which. If e-mail and phone belong to two contacts,
// the service updates one and ignores the other identifier silently.
//
// It is repeated after a lost answer if it has an e-mail or a phone to be found
// by, and does not ask for duplicates.
func (s *Contacts) Upsert(ctx context.Context, upsert ContactUpsert, opts ...CallOption) (contact *Contact, created bool, err error) {
	if err := s.client.needLocation(); err != nil {
		return nil, false, err
	}
	body := struct {
		LocationID string `json:"locationId"`
		ContactUpsert
	}{s.client.settings.location, upsert}
	answer, value := envelope{}, new(Contact)
	answer.members = map[string]any{"contact": value, "new": &created}
	r := request{
		op: operations.UpsertContact, body: body, opts: opts, lookup: upsert.lookup(),
		idempotent: upsert.lookup().findable() && !upsert.CreateNewIfDuplicateAllowed.Or(false),
	}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, false, err
	}
	if value.ID == "" {
		return nil, false, s.client.incomplete(r, "contact")
	}
	return value, created, nil
}

// Delete deletes a contact with its tasks and notes. ErrNotFound: there is none,
// or there was none left when Delete was repeated after a lost answer, as it is for
// all deletes.
func (s *Contacts) Delete(ctx context.Context, id string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.DeleteContact, ids: []string{id}, opts: opts})
}

// DuplicateQuery says whom FindDuplicate looks for: at least one must be given.
type DuplicateQuery struct {
	Email string
	// Phone is best given in E.164, with a leading plus sign.
	Phone string
}

// FindDuplicate returns the contact that the service would take for the same.
// ErrNotFound: there is none. If the location allows duplicates, the e-mail is
// looked for first, then the phone; if not, the location's own order holds.
func (s *Contacts) FindDuplicate(ctx context.Context, query DuplicateQuery, opts ...CallOption) (*Contact, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	if query.Email == "" && query.Phone == "" {
		return nil, fmt.Errorf("contacts: %w: DuplicateQuery needs an Email or a Phone", ErrInvalid)
	}
	values := url.Values{"locationId": {s.client.settings.location}}
	if query.Email != "" {
		values.Set("email", query.Email)
	}
	if query.Phone != "" {
		values.Set("number", query.Phone) // quirk: it isn't called phone here
	}
	contact := new(Contact)
	answer := envelope{members: map[string]any{"contact": contact}}
	if err := s.client.do(ctx, request{op: operations.FindDuplicate, query: values, opts: opts}, &answer); err != nil {
		return nil, err
	}
	if contact.ID == "" { // quirk: the answer is 200 with a contact that is null
		return nil, fmt.Errorf("contacts: %s: %w: no contact has this e-mail or phone", operations.FindDuplicate.Name, ErrNotFound)
	}
	return contact, nil
}
