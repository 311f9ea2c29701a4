package contacts

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// Followers works on the users who follow a contact.
type Followers struct{ client *Client }

// Add adds users to a contact's followers, and returns all that it has then.
func (s *Followers) Add(ctx context.Context, contactID string, userIDs []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.AddFollowers, contactID, userIDs, opts)
}

// Remove removes users from a contact's followers, and returns who is left.
func (s *Followers) Remove(ctx context.Context, contactID string, userIDs []string, opts ...CallOption) ([]string, error) {
	return s.change(ctx, operations.RemoveFollowers, contactID, userIDs, opts)
}

func (s *Followers) change(ctx context.Context, op *rest.Operation, contactID string, userIDs []string, opts []CallOption) ([]string, error) {
	if len(userIDs) == 0 {
		return nil, fmt.Errorf("contacts: %s: %w: there is no user", op.Name, ErrInvalid)
	}
	body := struct {
		Followers []string `json:"followers"`
	}{userIDs}
	var all []string
	answer := envelope{members: map[string]any{"followers": &all}}
	if err := s.client.do(ctx, request{op: op, ids: []string{contactID}, body: body, opts: opts}, &answer); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, s.client.incomplete(op, "followers")
	}
	return all, nil
}

// Campaigns adds contacts to campaigns.
type Campaigns struct{ client *Client }

// Add adds a contact to a campaign. ErrUnknownOutcome: it may have been added.
func (s *Campaigns) Add(ctx context.Context, contactID, campaignID string, opts ...CallOption) error {
	// The specification wants a body, with nothing in it.
	return s.client.done(ctx, request{op: operations.AddCampaign, ids: []string{contactID, campaignID}, body: struct{}{}, opts: opts})
}

// Remove removes a contact from a campaign.
func (s *Campaigns) Remove(ctx context.Context, contactID, campaignID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveCampaign, ids: []string{contactID, campaignID}, opts: opts})
}

// RemoveAll removes a contact from all campaigns.
func (s *Campaigns) RemoveAll(ctx context.Context, contactID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveAllCampaigns, ids: []string{contactID}, opts: opts})
}

// Workflows adds contacts to workflows.
type Workflows struct{ client *Client }

// workflowBody is sent with both operations: the service wants it for a DELETE
// too.
type workflowBody struct {
	EventStartTime string `json:"eventStartTime,omitempty"`
}

// Add adds a contact to a workflow, from a time on; the zero time is now.
// ErrUnknownOutcome: it may have been added.
func (s *Workflows) Add(ctx context.Context, contactID, workflowID string, from time.Time, opts ...CallOption) error {
	var body workflowBody
	if !from.IsZero() {
		body.EventStartTime = from.Format(time.RFC3339) // the specification's example has an offset
	}
	return s.client.done(ctx, request{op: operations.AddWorkflow, ids: []string{contactID, workflowID}, body: body, opts: opts})
}

// Remove removes a contact from a workflow.
func (s *Workflows) Remove(ctx context.Context, contactID, workflowID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveWorkflow, ids: []string{contactID, workflowID}, body: workflowBody{}, opts: opts})
}

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
	if err := s.client.do(ctx, request{op: op, body: body, opts: opts}, &answer); err != nil {
		return nil, err
	}
	if changed == nil {
		return nil, s.client.incomplete(op, "ids")
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
	skip, err := offset(cursor)
	if err != nil {
		return nil, err
	}
	values := url.Values{
		"locationId": {s.client.settings.location}, "limit": {strconv.Itoa(limit)}, "skip": {strconv.Itoa(skip)},
	}
	if query.Query != "" {
		values.Set("query", query.Query)
	}
	page, err := s.client.contactPage(ctx, request{
		op: operations.ListBusinessContacts, ids: []string{businessID}, query: values, opts: opts,
	})
	if err != nil {
		return nil, err
	}
	// Only version v3 states the largest page, so only an empty one is the end.
	if len(page.Items) > 0 {
		page.Next = strconv.Itoa(skip + len(page.Items))
	}
	return page, nil
}

// ListContacts returns all contacts of a business.
func (s *Businesses) ListContacts(ctx context.Context, businessID string, query ListQuery, opts ...CallOption) iter.Seq2[*Contact, error] {
	return pages(ctx, func(cursor string) (*Page[Contact], error) {
		return s.ListContactsPage(ctx, businessID, query, cursor, opts...)
	})
}
