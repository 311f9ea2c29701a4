package contacts

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

// Businesses works on the businesses that contacts belong to.
type Businesses struct{ client *Client }

// maxAssigned is how many contacts the API assigns in one call.
const maxAssigned = 50

// Assign makes contacts, at most 50, belong to a business, or with an empty id to
// none. It returns the ids that were changed.
func (s *Businesses) Assign(ctx context.Context, businessID string, contactIDs []string, opts ...CallOption) ([]string, error) {
	op := operations.AssignBusiness
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	if len(contactIDs) == 0 || len(contactIDs) > maxAssigned {
		return nil, fmt.Errorf("contacts: %s: %w: there must be 1 to %d contacts", op.Name, ErrInvalid, maxAssigned)
	}
	body := struct {
		LocationID string   `json:"locationId"`
		IDs        []string `json:"ids"`
		BusinessID *string  `json:"businessId"` // null: none
	}{LocationID: s.client.settings.location, IDs: contactIDs}
	if businessID != "" {
		body.BusinessID = &businessID
	}
	var changed []string
	answer := envelope{members: map[string]any{"ids": &changed}}
	r := request{op: op, body: body, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if changed == nil {
		return nil, s.client.incomplete(r, "ids")
	}
	return changed, nil
}

// ListContactsPage returns one page of a business's contacts. The API pages by
// offset: what is assigned meanwhile shifts the pages.
func (s *Businesses) ListContactsPage(ctx context.Context, businessID string, query ListQuery, cursor string, opts ...CallOption) (*Page[Contact], error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	limit, err := pageSize("ListQuery", query.Limit, maxListed)
	if err != nil {
		return nil, err
	}
	at, err := parseOffset(cursor)
	if err != nil {
		return nil, err
	}
	values := url.Values{
		"locationId": {s.client.settings.location}, "limit": {strconv.Itoa(limit)}, "skip": {strconv.Itoa(at.skip)},
	}
	if query.Query != "" {
		values.Set("query", query.Query)
	}
	page, _, err := s.client.contactPage(ctx, request{
		op: operations.ListBusinessContacts, ids: []string{businessID}, query: values, opts: opts,
	})
	if err != nil {
		return nil, err
	}
	if page.Next, err = next(at, page.Items); err != nil {
		return nil, err
	}
	return page, nil
}

// ListContacts returns all contacts of a business.
func (s *Businesses) ListContacts(ctx context.Context, businessID string, query ListQuery, opts ...CallOption) iter.Seq2[*Contact, error] {
	return pages(ctx, func(cursor string) (*Page[Contact], error) {
		return s.ListContactsPage(ctx, businessID, query, cursor, opts...)
	})
}
