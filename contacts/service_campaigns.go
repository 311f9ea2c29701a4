package contacts

import (
	"context"
)

// Campaigns adds contacts to campaigns.
type Campaigns struct{ client *Client }

// Add adds a contact to a campaign. ErrUnknownOutcome: it may have been added.
func (s *Campaigns) Add(ctx context.Context, contactID, campaignID string, opts ...CallOption) error {
	// The specification wants a body, with nothing in it.
	return s.client.done(ctx, request{
		op: operations.AddCampaign, ids: []string{contactID, campaignID}, body: struct{}{}, opts: opts,
		lookup: Lookup{ContactID: contactID},
	})
}

// Remove removes a contact from a campaign.
func (s *Campaigns) Remove(ctx context.Context, contactID, campaignID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveCampaign, ids: []string{contactID, campaignID}, opts: opts})
}

// RemoveAll removes a contact from all campaigns.
func (s *Campaigns) RemoveAll(ctx context.Context, contactID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.RemoveAllCampaigns, ids: []string{contactID}, opts: opts})
}
