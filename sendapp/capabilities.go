package sendapp

import (
	"context"
	"slices"
)

// Capabilities is what a server has of the contract.
type Capabilities struct {
	// Contract is the version of the contract: "1".
	Contract string `json:"contract"`
	// Resources are "contacts", "tasks", "notes" and so on.
	Resources []string `json:"resources"`
	// Features are the names of the Feature constants.
	Features []Feature `json:"features"`
	Limits   Limits    `json:"limits"`
}

// Feature is something that a server of the contract should do, and that one
// may lack.
type Feature string

// The features of the contract.
const (
	FeatureExternalIDs     Feature = "externalIds"     // unique, and found at once
	FeatureVersions        Feature = "versions"        // and If-Match
	FeatureIdempotencyKeys Feature = "idempotencyKeys" // for 24 hours
	FeatureTombstones      Feature = "tombstones"      // deletedSince
	FeatureCascades        Feature = "cascades"        // a deleted contact's children go with it
	FeatureMoves           Feature = "moves"           // a child can be moved to another contact
)

// Limits are a server's limits. 0 is unknown.
type Limits struct {
	PageSize      int `json:"pageSize"`
	BodyBytes     int `json:"bodyBytes"`
	NoteBodyBytes int `json:"noteBodyBytes"`
}

// HasResource reports whether the server has a resource, as "tasks".
func (c *Capabilities) HasResource(name string) bool { return slices.Contains(c.Resources, name) }

// HasFeature reports whether the server has a feature.
func (c *Capabilities) HasFeature(feature Feature) bool { return slices.Contains(c.Features, feature) }

// Capabilities asks the server what it has.
func (c *Client) Capabilities(ctx context.Context, opts ...CallOption) (*Capabilities, error) {
	return call[Capabilities](ctx, c, request{op: operations.capabilities, opts: opts})
}
