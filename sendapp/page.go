package sendapp

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
)

// Page is one page of a listing. Next is the cursor of the next page, a string
// that can be stored; it is empty on the last one.
type Page[T any] struct {
	Items []*T
	Next  string
	// Total is always 0: the contract does not count.
	Total int
}

// maxPage is the largest page that the contract has.
const maxPage = 200

func checkLimit(limit int) error {
	if limit < 0 || limit > maxPage {
		return fmt.Errorf("sendapp: %w: a page has 1 to %d records, not %d; 0 means the server's default", ErrInvalid, maxPage, limit)
	}
	return nil
}

var errStatusOfAccount = fmt.Errorf("sendapp: %w: a query by status needs a ContactID: the contract has it for the records of one contact only", ErrInvalid)

// Tombstone is what the server keeps of a deleted record. Of the ids, that of
// its own kind is set, and for all but a contact that of its contact.
type Tombstone struct {
	ContactID     string `json:"contactId,omitzero"`
	TaskID        string `json:"taskId,omitzero"`
	NoteID        string `json:"noteId,omitzero"`
	AppointmentID string `json:"appointmentId,omitzero"`
	ExternalID    string `json:"externalId,omitzero"`
	DeletedAt     Time   `json:"deletedAt,omitzero"`
}

// DeletedQuery says which deleted records are listed.
type DeletedQuery struct {
	// Since is required: what was deleted then or later is listed.
	Since time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type deletedAnswer struct {
	Deleted []*Tombstone `json:"deleted"`
	Next    string       `json:"nextCursor"`
}

func deletedValues(q DeletedQuery, cursor string) (url.Values, error) {
	if q.Since.IsZero() {
		return nil, fmt.Errorf("sendapp: %w: DeletedQuery.Since is required", ErrInvalid)
	}
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	return parameters(struct {
		Since  string `url:"deletedSince"`
		Limit  int    `url:"limit,omitempty"`
		Cursor string `url:"cursor,omitempty"`
	}{since(q.Since), q.Limit, cursor})
}

// since writes a time as a query parameter; the zero time is none.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(wire.Format)
}

// parameters makes a query of a struct with url tags.
func parameters(from any) (url.Values, error) { return query.Values(from) }

// pages walks all pages. Each range over it begins anew.
func pages[T any](ctx context.Context, page func(cursor string) (*Page[T], error)) iter.Seq2[*T, error] {
	return rest.Pages(ctx, "sendapp", func(cursor string) ([]*T, string, error) {
		p, err := page(cursor)
		if err != nil {
			return nil, "", err
		}
		return p.Items, p.Next, nil
	})
}

func deletedPage(ctx context.Context, c *Client, op *rest.Operation, q DeletedQuery, cursor string, opts []CallOption) (*Page[Tombstone], error) {
	values, err := deletedValues(q, cursor)
	if err != nil {
		return nil, err
	}
	answer, err := call[deletedAnswer](ctx, c, request{op: op, query: values, opts: opts})
	if err != nil {
		return nil, err
	}
	return newPage(op, "deleted", answer.Deleted, answer.Next)
}

// deleted walks all pages of what was deleted.
func deleted(ctx context.Context, c *Client, op *rest.Operation, q DeletedQuery, opts []CallOption) iter.Seq2[*Tombstone, error] {
	return pages(ctx, func(cursor string) (*Page[Tombstone], error) {
		return deletedPage(ctx, c, op, q, cursor, opts)
	})
}

// newPage makes a page of the list that an answer has by a name. No item is nil,
// whatever the server sent.
func newPage[T any](op *rest.Operation, name string, items []*T, next string) (*Page[T], error) {
	if err := present(op, name, items != nil); err != nil {
		return nil, err
	}
	return &Page[T]{Items: whole(items), Next: next}, nil
}

// present refuses an answer without a list, whatever its status: whoever took it
// for an empty one would take all records for deleted.
func present(op *rest.Operation, name string, is bool) error {
	if is {
		return nil
	}
	return fmt.Errorf("sendapp: %w", rest.Incomplete(op, strconv.Quote(name)+", so it is none of the contract: check the base URL"))
}

// whole leaves out what is null in a list.
func whole[T any](items []*T) []*T {
	return slices.DeleteFunc(items, func(item *T) bool { return item == nil })
}
