package contacts

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
)

// SearchQuery chooses contacts of the client's location. Empty fields choose
// everything. The index behind a search is behind the records by some seconds:
// what was written a moment ago may be missing.
type SearchQuery struct {
	// UpdatedSince and AddedSince include their time, UpdatedBefore and AddedBefore
	// do not.
	UpdatedSince, UpdatedBefore time.Time
	AddedSince, AddedBefore     time.Time
	// Query is free text, at most 75 characters.
	Query string
	// Filters are joined by AND.
	Filters []Filter
	// Sort has at most two fields. Without it the service's order holds.
	Sort []Sort
	// Limit is the size of a page, 1 to 500. 0 means 500.
	Limit int
}

// Filter is a condition on a field, or a group of filters.
type Filter struct {
	Field string `json:"field,omitempty"`
	// Operator is eq, not_eq, contains, not_contains, exists, not_exists or range.
	Operator string `json:"operator,omitempty"`
	Value    any    `json:"value,omitempty"`
	// Group is AND or OR; Filters are its members.
	Group   string   `json:"group,omitempty"`
	Filters []Filter `json:"filters,omitempty"`
}

// Sort orders by a field: dateAdded, dateUpdated, firstNameLowerCase,
// lastNameLowerCase, businessName, email, dnd or source.
type Sort struct {
	Field string `json:"field"`
	// Direction is asc or desc.
	Direction string `json:"direction"`
}

// maxPage is how many contacts a page of a search has at most.
const maxPage = 500

// SearchPage returns one page of a search. Names in its rows are in lower case,
// and what is empty is absent: take values from Get.
func (s *Contacts) SearchPage(ctx context.Context, query SearchQuery, cursor string, opts ...CallOption) (*Page[Contact], error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	body, err := s.searchBody(query, cursor)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Contacts []*Contact `json:"contacts"`
		Total    int        `json:"total"`
	}
	if err := s.client.send(ctx, rest.Call{Operation: operations.SearchContacts, Body: body}, opts, &answer); err != nil {
		return nil, err
	}
	page := &Page[Contact]{Items: answer.Contacts, Total: answer.Total}
	if len(page.Items) == body.PageLimit {
		page.Next = string(page.Items[len(page.Items)-1].SearchAfter)
	}
	return page, nil
}

// Search returns all contacts that a query chooses. It goes on past 10,000, by
// the service's searchAfter.
func (s *Contacts) Search(ctx context.Context, query SearchQuery, opts ...CallOption) iter.Seq2[*Contact, error] {
	return pages(ctx, func(cursor string) (*Page[Contact], error) { return s.SearchPage(ctx, query, cursor, opts...) })
}

type searchBody struct {
	LocationID  string          `json:"locationId"`
	PageLimit   int             `json:"pageLimit"`
	SearchAfter json.RawMessage `json:"searchAfter,omitempty"`
	Query       string          `json:"query,omitempty"`
	Filters     []Filter        `json:"filters,omitempty"`
	Sort        []Sort          `json:"sort,omitempty"`
}

func (s *Contacts) searchBody(query SearchQuery, cursor string) (*searchBody, error) {
	body := &searchBody{
		LocationID: s.client.settings.location, PageLimit: query.Limit, Query: query.Query, Sort: query.Sort,
		Filters: append(timeRange("dateUpdated", query.UpdatedSince, query.UpdatedBefore),
			append(timeRange("dateAdded", query.AddedSince, query.AddedBefore), query.Filters...)...),
	}
	if body.PageLimit == 0 {
		body.PageLimit = maxPage
	}
	if body.PageLimit < 1 || body.PageLimit > maxPage {
		return nil, fmt.Errorf("contacts: search: %w: Limit must be 1 to %d", ErrInvalid, maxPage)
	}
	if cursor != "" {
		var after []json.RawMessage
		if json.Unmarshal([]byte(cursor), &after) != nil || len(after) == 0 {
			return nil, fmt.Errorf("contacts: search: %w: this is no cursor of a search", ErrInvalid)
		}
		body.SearchAfter = json.RawMessage(cursor)
	}
	return body, nil
}

// timeRange filters by a time. The bounds are called gte and lt by those who use
// the API; one copy of its documentation has other names.
func timeRange(field string, since, before time.Time) []Filter {
	bounds := map[string]string{}
	if !since.IsZero() {
		bounds["gte"] = since.UTC().Format(wire.Format)
	}
	if !before.IsZero() {
		bounds["lt"] = before.UTC().Format(wire.Format)
	}
	if len(bounds) == 0 {
		return nil
	}
	return []Filter{{Field: field, Operator: "range", Value: bounds}}
}
