package sendapp

import (
	"context"
	"iter"
	"time"
)

// Activities has the feed of what happened with a contact.
type Activities struct{ client *Client }

// ActivityQuery says which activities are listed: those that match all that is
// set.
type ActivityQuery struct {
	// Types are the types that are listed; none: all.
	Types []ActivityType
	// Since lists what occurred then or later.
	Since time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type activityAnswer struct {
	Activities []*Activity `json:"activities"`
	Next       string      `json:"nextCursor"`
}

// ListPage returns one page of a contact's activities, newest first. An empty
// cursor is the first page.
func (s *Activities) ListPage(ctx context.Context, contactID string, q ActivityQuery, cursor string, opts ...CallOption) (*Page[Activity], error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	values, err := parameters(struct {
		Types  []ActivityType `url:"types,comma,omitempty"`
		Since  string         `url:"since,omitempty"`
		Limit  int            `url:"limit,omitempty"`
		Cursor string         `url:"cursor,omitempty"`
	}{q.Types, since(q.Since), q.Limit, cursor})
	if err != nil {
		return nil, err
	}
	answer, err := call[activityAnswer](ctx, s.client, request{op: operations.listActivity, ids: []string{contactID}, query: values, opts: opts})
	if err != nil {
		return nil, err
	}
	return newPage(operations.listActivity, "activities", answer.Activities, answer.Next)
}

// List returns all activities of a query, newest first, page by page as they are
// wanted.
func (s *Activities) List(ctx context.Context, contactID string, q ActivityQuery, opts ...CallOption) iter.Seq2[*Activity, error] {
	return pages(ctx, func(cursor string) (*Page[Activity], error) {
		return s.ListPage(ctx, contactID, q, cursor, opts...)
	})
}
