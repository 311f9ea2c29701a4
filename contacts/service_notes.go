package contacts

import (
	"context"

	"github.com/contactlink/contactlink/internal/rest"
)

// Notes works on notes.
type Notes struct{ client *Client }

type noteAnswer struct {
	Note *Note `json:"note"`
}

// List returns all notes of a contact. The API has no pages here, and no way to
// list the notes of several contacts.
func (s *Notes) List(ctx context.Context, contactID string, opts ...CallOption) ([]*Note, error) {
	var answer struct {
		Notes []*Note `json:"notes"`
	}
	err := s.client.send(ctx, rest.Call{Operation: operations.ListNotes, IDs: []string{contactID}}, opts, &answer)
	return answer.Notes, err
}

// Get reads a note.
func (s *Notes) Get(ctx context.Context, contactID, noteID string, opts ...CallOption) (*Note, error) {
	return s.one(ctx, rest.Call{Operation: operations.GetNote, IDs: []string{contactID, noteID}}, opts)
}

// Create creates a note. ErrUnknownOutcome: it may have been created.
func (s *Notes) Create(ctx context.Context, contactID string, create NoteCreate, opts ...CallOption) (*Note, error) {
	return s.one(ctx, rest.Call{Operation: operations.CreateNote, IDs: []string{contactID}, Body: create}, opts)
}

// Update changes the fields that are set.
func (s *Notes) Update(ctx context.Context, contactID, noteID string, update NoteUpdate, opts ...CallOption) (*Note, error) {
	return s.one(ctx, rest.Call{Operation: operations.UpdateNote, IDs: []string{contactID, noteID}, Body: update}, opts)
}

// Delete deletes a note.
func (s *Notes) Delete(ctx context.Context, contactID, noteID string, opts ...CallOption) error {
	return s.client.send(ctx, rest.Call{Operation: operations.DeleteNote, IDs: []string{contactID, noteID}}, opts, nil)
}

func (s *Notes) one(ctx context.Context, call rest.Call, opts []CallOption) (*Note, error) {
	var answer noteAnswer
	if err := s.client.send(ctx, call, opts, &answer); err != nil {
		return nil, err
	}
	return whole(answer.Note), nil
}
