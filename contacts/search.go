package contacts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"
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

// Sort orders by a field. The constants of [Field] say which ones can.
type Sort struct {
	Field     Field     `json:"field"`
	Direction Direction `json:"direction"`
}

// Direction is that of a Sort.
type Direction string

// Directions.
const (
	Ascending  Direction = "asc"
	Descending Direction = "desc"
)

const (
	maxPage  = 500 // contacts on a page of a search
	maxSorts = 2
)

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
	r := request{op: operations.SearchContacts, body: body, opts: opts}
	page, rows, err := s.client.contactPage(ctx, r)
	if err != nil {
		return nil, err
	}
	// A page that is not full is the last. A row's searchAfter leads on past the
	// 10,000 contacts that page numbers reach.
	if last := len(page.Items) - 1; last >= 0 && rows >= body.PageLimit {
		page.Next = string(page.Items[last].SearchAfter)
		if _, err := parseAfter(page.Next); err != nil {
			return nil, s.client.incomplete(r, "searchAfter")
		}
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
	limit, err := pageSize("SearchQuery", query.Limit, maxPage)
	if err != nil {
		return nil, err
	}
	body := &searchBody{
		LocationID: s.client.settings.location, PageLimit: limit, Query: query.Query, Sort: query.Sort,
		Filters: append(query.times(), query.Filters...),
	}
	if err := query.check(); err != nil {
		return nil, fmt.Errorf("contacts: %s: %w: %w", operations.SearchContacts.Name, ErrInvalid, err)
	}
	if cursor != "" {
		if _, err := parseAfter(cursor); err != nil {
			return nil, err
		}
		body.SearchAfter = json.RawMessage(cursor)
	}
	return body, nil
}

// times are the filters by time.
func (q SearchQuery) times() []Filter {
	var filters []Filter
	if !q.UpdatedSince.IsZero() || !q.UpdatedBefore.IsZero() {
		filters = append(filters, Between(FieldDateUpdated, q.UpdatedSince, q.UpdatedBefore))
	}
	if !q.AddedSince.IsZero() || !q.AddedBefore.IsZero() {
		filters = append(filters, Between(FieldDateAdded, q.AddedSince, q.AddedBefore))
	}
	return filters
}

// check refuses what the service is known to refuse.
func (q SearchQuery) check() error {
	if utf8.RuneCountInString(q.Query) > maxSearchText {
		return fmt.Errorf("the Query is longer than %d characters", maxSearchText)
	}
	if len(q.Sort) > maxSorts {
		return fmt.Errorf("the Sort has more than %d fields", maxSorts)
	}
	for _, sort := range q.Sort {
		if sort.Field == "" || sort.Direction != Ascending && sort.Direction != Descending {
			return errors.New("a Sort needs a Field, and Ascending or Descending")
		}
	}
	for _, filter := range q.Filters {
		if err := filter.check(); err != nil {
			return err
		}
	}
	return nil
}
