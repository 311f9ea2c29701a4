package contacts

import (
	"context"
	"fmt"
)

// Notes works on notes.
type Notes struct{ client *Client }

func (n *Note) identity() string { return n.ID }

// List returns all notes of a contact. The API has no pages here, and no way to
// list the notes of several contacts.
func (s *Notes) List(ctx context.Context, contactID string, opts ...CallOption) ([]*Note, error) {
	return list[Note](ctx, s.client, request{op: operations.ListNotes, ids: []string{contactID}, opts: opts}, "notes")
}

// Get reads a note.
func (s *Notes) Get(ctx context.Context, contactID, noteID string, opts ...CallOption) (*Note, error) {
	return one[Note](ctx, s.client, request{op: operations.GetNote, ids: []string{contactID, noteID}, opts: opts}, "note")
}

// Create creates a note. ErrUnknownOutcome: it may have been created.
func (s *Notes) Create(ctx context.Context, contactID string, create NoteCreate, opts ...CallOption) (*Note, error) {
	if create.Body == "" {
		return nil, fmt.Errorf("contacts: %s: %w: a note needs a Body", operations.CreateNote.Name, ErrInvalid)
	}
	return one[Note](ctx, s.client, request{
		op: operations.CreateNote, ids: []string{contactID}, body: create, opts: opts,
		lookup: Lookup{ContactID: contactID, Text: create.Body},
	}, "note")
}

// Update changes the fields that are set.
func (s *Notes) Update(ctx context.Context, contactID, noteID string, update NoteUpdate, opts ...CallOption) (*Note, error) {
	return one[Note](ctx, s.client, request{op: operations.UpdateNote, ids: []string{contactID, noteID}, body: update, opts: opts}, "note")
}

// Delete deletes a note.
func (s *Notes) Delete(ctx context.Context, contactID, noteID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.DeleteNote, ids: []string{contactID, noteID}, opts: opts})
}
