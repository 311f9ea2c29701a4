package sendapp

import (
	"context"
	"iter"
	"time"
)

// Notes has the operations on notes. A note is found under its own contact
// only; the listings of the whole account find it wherever it is.
type Notes struct{ client *Client }

// NoteQuery says which notes are listed: those that match all that is set.
type NoteQuery struct {
	// ContactID lists the notes of one contact; empty: those of the whole account.
	ContactID  string
	ExternalID string
	// UpdatedSince lists what changed then or later.
	UpdatedSince time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type notesAnswer struct {
	Notes []*Note `json:"notes"`
	Next  string  `json:"nextCursor"`
}

// Get returns a note of a contact.
func (s *Notes) Get(ctx context.Context, contactID, noteID string, opts ...CallOption) (*Note, error) {
	return one[Note](ctx, s.client, request{op: operations.notes.get, ids: []string{contactID, noteID}, opts: opts})
}

// ListPage returns one page of notes, ordered by the time they changed and their
// ids. An empty cursor is the first page.
func (s *Notes) ListPage(ctx context.Context, q NoteQuery, cursor string, opts ...CallOption) (*Page[Note], error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	values, err := parameters(struct {
		ExternalID   string `url:"externalId,omitempty"`
		UpdatedSince string `url:"updatedSince,omitempty"`
		Limit        int    `url:"limit,omitempty"`
		Cursor       string `url:"cursor,omitempty"`
	}{q.ExternalID, since(q.UpdatedSince), q.Limit, cursor})
	if err != nil {
		return nil, err
	}
	r := request{op: operations.notes.listAll, query: values, opts: opts}
	if q.ContactID != "" {
		r.op, r.ids = operations.notes.list, []string{q.ContactID}
	}
	answer, err := call[notesAnswer](ctx, s.client, r)
	if err != nil {
		return nil, err
	}
	return newPage(r.op, "notes", answer.Notes, answer.Next)
}

// List returns all notes of a query, page by page as they are wanted.
func (s *Notes) List(ctx context.Context, q NoteQuery, opts ...CallOption) iter.Seq2[*Note, error] {
	return pages(ctx, func(cursor string) (*Page[Note], error) {
		return s.ListPage(ctx, q, cursor, opts...)
	})
}

// ListDeletedPage returns one page of what was deleted in the whole account, in
// the order of deletion. An empty cursor is the first page.
func (s *Notes) ListDeletedPage(ctx context.Context, q DeletedQuery, cursor string, opts ...CallOption) (*Page[Tombstone], error) {
	return deletedPage(ctx, s.client, operations.notes.listAll, q, cursor, opts)
}

// ListDeleted returns all that was deleted in the whole account, page by page as
// it is wanted.
func (s *Notes) ListDeleted(ctx context.Context, q DeletedQuery, opts ...CallOption) iter.Seq2[*Tombstone, error] {
	return deleted(ctx, s.client, operations.notes.listAll, q, opts)
}

// Create makes a note of a contact. An externalId that is taken is an
// [ErrDuplicate] with the holder's id in [Error].ConflictingID.
func (s *Notes) Create(ctx context.Context, contactID string, note NoteCreate, opts ...CallOption) (*Note, error) {
	return one[Note](ctx, s.client, request{op: operations.notes.create, ids: []string{contactID}, body: note, opts: opts})
}

// Update changes a note, and returns it as it is then.
func (s *Notes) Update(ctx context.Context, contactID, noteID string, note NoteUpdate, opts ...CallOption) (*Note, error) {
	return one[Note](ctx, s.client, request{op: operations.notes.update, ids: []string{contactID, noteID}, body: note, opts: opts})
}

// Delete deletes a note.
func (s *Notes) Delete(ctx context.Context, contactID, noteID string, opts ...CallOption) error {
	return s.client.send(ctx, request{op: operations.notes.delete, ids: []string{contactID, noteID}, opts: opts}, nil)
}
