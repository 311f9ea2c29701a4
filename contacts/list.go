package contacts

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

// ListQuery chooses contacts for [Contacts.List].
type ListQuery struct {
	// Query is free text.
	Query string
	// Limit is the size of a page, 1 to 100. 0 means 100.
	Limit int
}

// maxListed is how many contacts a page of a list has at most.
const maxListed = 100

// ListPage returns one page of the location's contacts.
//
// Deprecated: the service wants [Contacts.SearchPage] to be used. Version v3
// does not have this operation.
func (s *Contacts) ListPage(ctx context.Context, query ListQuery, cursor string, opts ...CallOption) (*Page[Contact], error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	limit, err := pageSize("ListQuery", query.Limit, maxListed)
	if err != nil {
		return nil, err
	}
	values := url.Values{"locationId": {s.client.settings.location}, "limit": {strconv.Itoa(limit)}}
	if query.Query != "" {
		values.Set("query", query.Query)
	}
	if cursor != "" {
		after, err := parseAfter(cursor)
		if err != nil {
			return nil, err
		}
		// The service needs both: with the time alone, contacts that were added in the
		// same millisecond are left out or come again.
		values.Set("startAfter", string(after[0]))
		var id string
		if json.Unmarshal(after[1], &id) != nil {
			return nil, errCursor
		}
		values.Set("startAfterId", id)
	}
	page, rows, err := s.client.contactPage(ctx, request{op: operations.ListContacts, query: values, opts: opts})
	if err != nil {
		return nil, err
	}
	// Quirk: the answer's nextPageUrl may point to another host. A page that is not
	// full is the last.
	if last := len(page.Items) - 1; last >= 0 && rows >= limit {
		page.Next = listAfter(page.Items[last])
	}
	return page, nil
}

// List returns all contacts of the location.
//
// Deprecated: the service wants [Contacts.Search] to be used. Version v3 does not
// have this operation.
func (s *Contacts) List(ctx context.Context, query ListQuery, opts ...CallOption) iter.Seq2[*Contact, error] {
	return pages(ctx, func(cursor string) (*Page[Contact], error) { return s.ListPage(ctx, query, cursor, opts...) })
}

// listAfter is the cursor behind a contact: when it was added, and its id.
func listAfter(last *Contact) string {
	cursor, err := json.Marshal([]any{last.DateAdded.UnixMilli(), last.ID})
	if err != nil {
		return ""
	}
	return string(cursor)
}

// errCursor refuses a cursor that is none.
var errCursor = fmt.Errorf("contacts: %w: this is no cursor of this listing", ErrInvalid)

// parseAfter reads a cursor of two values, a sort value and an id.
func parseAfter(cursor string) ([]json.RawMessage, error) {
	var after []json.RawMessage
	if json.Unmarshal([]byte(cursor), &after) != nil || len(after) < 2 {
		return nil, errCursor
	}
	return after, nil
}

// pageSize checks the size of a page; 0 is the largest.
func pageSize(query string, limit, largest int) (int, error) {
	switch {
	case limit == 0:
		return largest, nil
	case limit < 1 || limit > largest:
		return 0, fmt.Errorf("contacts: %w: %s.Limit must be 1 to %d", ErrInvalid, query, largest)
	default:
		return limit, nil
	}
}

// contactPage sends a request that is answered with a page of contacts. rows is
// how many it had, with those that are null.
func (c *Client) contactPage(ctx context.Context, r request) (page *Page[Contact], rows int, err error) {
	var answer struct {
		Contacts []*Contact `json:"contacts"`
		Total    count      `json:"total"`
		Count    count      `json:"count"`
	}
	if err := c.do(ctx, r, &answer); err != nil {
		return nil, 0, err
	}
	if answer.Contacts == nil {
		return nil, 0, c.incomplete(r, "contacts")
	}
	rows = len(answer.Contacts)
	return &Page[Contact]{Items: present(answer.Contacts), Total: int(max(answer.Total, answer.Count))}, rows, nil
}

// count is a number of records, which some services write as a text. What is
// neither is 0.
type count int

// UnmarshalJSON never fails.
func (n *count) UnmarshalJSON(data []byte) error {
	text := string(data)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	number, _ := strconv.ParseFloat(text, 64)
	*n = count(min(max(number, 0), 1<<31-1))
	return nil
}
