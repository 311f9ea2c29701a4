package sendapp

import (
	"context"
	"slices"
)

// Capabilities is what a server has of the contract.
type Capabilities struct {
	// Contract is the version of the contract: "1".
	Contract string `json:"contract"`
	// Resources are the names of the Resource constants.
	Resources []string `json:"resources"`
	// Features are the names of the Feature constants.
	Features []Feature `json:"features"`
	Limits   Limits    `json:"limits"`
	// Scopes are what the credentials of the request may do; nil if the server
	// does not tell.
	Scopes []string `json:"scopes"`
}

// The resources of the contract.
const (
	ResourceContacts     = "contacts"
	ResourceTasks        = "tasks"
	ResourceNotes        = "notes"
	ResourceAppointments = "appointments"
	ResourceActivity     = "activity"
	ResourceWebhooks     = "webhooks"
)

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
	FeatureTagSets         Feature = "tagSets"         // single tags can be added and removed
	FeatureProfiles        Feature = "profiles"        // include
)

// Limits are a server's limits. 0 is unknown, or none.
type Limits struct {
	PageSize      int `json:"pageSize"`
	BodyBytes     int `json:"bodyBytes"`
	NoteBodyBytes int `json:"noteBodyBytes"`
	// Contacts is how many contacts the plan holds.
	Contacts int `json:"contacts"`
	// Requests are allowed in each window of WindowSeconds.
	Requests      int `json:"requests"`
	WindowSeconds int `json:"windowSeconds"`
}

// HasResource reports whether the server has a resource, as ResourceTasks.
func (c *Capabilities) HasResource(name string) bool { return slices.Contains(c.Resources, name) }

// HasFeature reports whether the server has a feature.
func (c *Capabilities) HasFeature(feature Feature) bool { return slices.Contains(c.Features, feature) }

// Capabilities asks the server what it has. A server that does not say which
// version of the contract it speaks is none of the contract: ErrUnavailable.
func (c *Client) Capabilities(ctx context.Context, opts ...CallOption) (*Capabilities, error) {
	return one[Capabilities](ctx, c, request{op: operations.capabilities, opts: opts})
}

func (c *Capabilities) identity() string { return c.Contract }
