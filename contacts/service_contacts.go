package contacts

import (
	"context"

	"github.com/contactlink/contactlink/internal/rest"
)

// Contacts works on contacts.
type Contacts struct{ client *Client }

type contactAnswer struct {
	Contact *Contact `json:"contact"`
	New     bool     `json:"new"`
}

// Get reads a contact. ErrNotFound: there is none with this id.
func (s *Contacts) Get(ctx context.Context, id string, opts ...CallOption) (*Contact, error) {
	return s.one(ctx, rest.Call{Operation: operations.GetContact, IDs: []string{id}}, opts)
}

// Create creates a contact in the client's location. ErrDuplicate: the location
// allows no second contact with this e-mail or phone; ConflictingID of the
// Error names the first. ErrUnknownOutcome: it may have been created.
func (s *Contacts) Create(ctx context.Context, create ContactCreate, opts ...CallOption) (*Contact, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	body := struct {
		LocationID string `json:"locationId"`
		ContactCreate
	}{s.client.settings.location, create}
	return s.one(ctx, rest.Call{Operation: operations.CreateContact, Body: body}, opts)
}

// Update changes the fields that are set.
func (s *Contacts) Update(ctx context.Context, id string, update ContactUpdate, opts ...CallOption) (*Contact, error) {
	return s.one(ctx, rest.Call{Operation: operations.UpdateContact, IDs: []string{id}, Body: update}, opts)
}

// Upsert updates the contact that the location's rule for duplicates finds, or
// creates one. created tells which. If e-mail and phone belong to two contacts,
// the service updates one and ignores the other identifier silently.
func (s *Contacts) Upsert(ctx context.Context, upsert ContactUpsert, opts ...CallOption) (contact *Contact, created bool, err error) {
	if err := s.client.needLocation(); err != nil {
		return nil, false, err
	}
	body := struct {
		LocationID string `json:"locationId"`
		ContactUpsert
	}{s.client.settings.location, upsert}
	var answer contactAnswer
	if err := s.client.send(ctx, rest.Call{Operation: operations.UpsertContact, Body: body}, opts, &answer); err != nil {
		return nil, false, err
	}
	return whole(answer.Contact), answer.New, nil
}

// Delete deletes a contact with its tasks and notes.
func (s *Contacts) Delete(ctx context.Context, id string, opts ...CallOption) error {
	return s.client.send(ctx, rest.Call{Operation: operations.DeleteContact, IDs: []string{id}}, opts, nil)
}

func (s *Contacts) one(ctx context.Context, call rest.Call, opts []CallOption) (*Contact, error) {
	var answer contactAnswer
	if err := s.client.send(ctx, call, opts, &answer); err != nil {
		return nil, err
	}
	return whole(answer.Contact), nil
}

// whole is the value, or an empty one if the answer lacked it: answers are never
// nil without an error.
func whole[T any](value *T) *T {
	if value == nil {
		return new(T)
	}
	return value
}
