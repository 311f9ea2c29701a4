package sendapp

import (
	"context"
	"iter"
	"time"
)

// Contacts has the operations on contacts.
type Contacts struct{ client *Client }

// ContactQuery says which contacts are listed: those that match all that is set.
type ContactQuery struct {
	ExternalID string
	// Email is compared without regard to case.
	Email string
	Phone string
	Tag   string
	// UpdatedSince lists what changed then or later.
	UpdatedSince time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type contactsAnswer struct {
	Contacts []*Contact `json:"contacts"`
	Next     string     `json:"nextCursor"`
}

// Get returns a contact.
func (s *Contacts) Get(ctx context.Context, contactID string, opts ...CallOption) (*Contact, error) {
	return one[Contact](ctx, s.client, request{op: operations.getContact, ids: []string{contactID}, opts: opts})
}

// ListPage returns one page of contacts, ordered by the time they changed and
// their ids. An empty cursor is the first page.
func (s *Contacts) ListPage(ctx context.Context, q ContactQuery, cursor string, opts ...CallOption) (*Page[Contact], error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	values, err := parameters(struct {
		ExternalID   string `url:"externalId,omitempty"`
		Email        string `url:"email,omitempty"`
		Phone        string `url:"phone,omitempty"`
		Tag          string `url:"tag,omitempty"`
		UpdatedSince string `url:"updatedSince,omitempty"`
		Limit        int    `url:"limit,omitempty"`
		Cursor       string `url:"cursor,omitempty"`
	}{q.ExternalID, q.Email, q.Phone, q.Tag, since(q.UpdatedSince), q.Limit, cursor})
	if err != nil {
		return nil, err
	}
	answer, err := call[contactsAnswer](ctx, s.client, request{op: operations.listContacts, query: values, opts: opts})
	if err != nil {
		return nil, err
	}
	return newPage(operations.listContacts, "contacts", answer.Contacts, answer.Next)
}

// List returns all contacts of a query, page by page as they are wanted.
func (s *Contacts) List(ctx context.Context, q ContactQuery, opts ...CallOption) iter.Seq2[*Contact, error] {
	return pages(ctx, func(cursor string) (*Page[Contact], error) {
		return s.ListPage(ctx, q, cursor, opts...)
	})
}

// ListDeletedPage returns one page of what was deleted.
func (s *Contacts) ListDeletedPage(ctx context.Context, q DeletedQuery, cursor string, opts ...CallOption) (*Page[Tombstone], error) {
	return deletedPage(ctx, s.client, operations.listContacts, q, cursor, opts)
}

// ListDeleted returns all that was deleted, page by page as it is wanted.
func (s *Contacts) ListDeleted(ctx context.Context, q DeletedQuery, opts ...CallOption) iter.Seq2[*Tombstone, error] {
	return deleted(ctx, s.client, operations.listContacts, q, opts)
}

// Create makes a contact. An externalId that is taken is an [ErrDuplicate] with
// the holder's id in [Error].ConflictingID; so is a phone or an e-mail, where the
// account forbids two contacts with the same. [ErrContactLimit] says that the plan
// is full.
func (s *Contacts) Create(ctx context.Context, contact ContactCreate, opts ...CallOption) (*Contact, error) {
	return one[Contact](ctx, s.client, request{op: operations.createContact, body: contact, opts: opts})
}

// Update changes a contact, and returns it as it is then.
func (s *Contacts) Update(ctx context.Context, contactID string, contact ContactUpdate, opts ...CallOption) (*Contact, error) {
	return one[Contact](ctx, s.client, request{op: operations.updateContact, ids: []string{contactID}, body: contact, opts: opts})
}

// Delete deletes a contact with its tasks, notes and appointments.
func (s *Contacts) Delete(ctx context.Context, contactID string, opts ...CallOption) error {
	return s.client.send(ctx, request{op: operations.deleteContact, ids: []string{contactID}, opts: opts}, nil)
}
