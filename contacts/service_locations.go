package contacts

import (
	"context"
	"fmt"

	"github.com/contactlink/contactlink/internal/wire"
)

// Locations reads the client's location and works on the tags that it knows.
type Locations struct{ client *Client }

// Location is a location (sub-account).
type Location struct {
	ID         string `json:"id,omitzero"`
	CompanyID  string `json:"companyId,omitzero"`
	Name       string `json:"name,omitzero"`
	Email      string `json:"email,omitzero"`
	Phone      string `json:"phone,omitzero"`
	Address    string `json:"address,omitzero"`
	City       string `json:"city,omitzero"`
	State      string `json:"state,omitzero"`
	Country    string `json:"country,omitzero"`
	PostalCode string `json:"postalCode,omitzero"`
	Website    string `json:"website,omitzero"`
	// Timezone is a name of the IANA time zone database.
	Timezone string           `json:"timezone,omitzero"`
	Settings LocationSettings `json:"settings,omitzero"`

	extra wire.Extra
}

// LocationSettings are settings of a location.
type LocationSettings struct {
	// AllowDuplicateContact lets two contacts have the same e-mail or phone.
	AllowDuplicateContact     bool `json:"allowDuplicateContact,omitzero"`
	AllowDuplicateOpportunity bool `json:"allowDuplicateOpportunity,omitzero"`
	AllowFacebookNameMerge    bool `json:"allowFacebookNameMerge,omitzero"`
	DisableContactTimezone    bool `json:"disableContactTimezone,omitzero"`

	extra wire.Extra
}

// Tag is a tag that a location knows.
type Tag struct {
	ID         string `json:"id,omitzero"`
	Name       string `json:"name,omitzero"`
	LocationID string `json:"locationId,omitzero"`

	extra wire.Extra
}

func (l *Location) identity() string { return l.ID }
func (t *Tag) identity() string      { return t.ID }

// Get reads the client's location.
func (s *Locations) Get(ctx context.Context, opts ...CallOption) (*Location, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	return one[Location](ctx, s.client, request{op: operations.GetLocation, ids: s.ids(), opts: opts}, "location")
}

// ListTags returns all tags that the location knows. Two may have the same name.
func (s *Locations) ListTags(ctx context.Context, opts ...CallOption) ([]*Tag, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	return list[Tag](ctx, s.client, request{op: operations.ListLocationTags, ids: s.ids(), opts: opts}, "tags")
}

// GetTag reads a tag.
func (s *Locations) GetTag(ctx context.Context, tagID string, opts ...CallOption) (*Tag, error) {
	return s.tag(ctx, request{op: operations.GetLocationTag, ids: s.ids(tagID), opts: opts})
}

// CreateTag creates a tag. ErrUnknownOutcome: it may have been created.
func (s *Locations) CreateTag(ctx context.Context, name string, opts ...CallOption) (*Tag, error) {
	return s.tag(ctx, request{op: operations.CreateLocationTag, ids: s.ids(), body: tagBody{name}, opts: opts, lookup: Lookup{Text: name}})
}

// UpdateTag renames a tag.
func (s *Locations) UpdateTag(ctx context.Context, tagID, name string, opts ...CallOption) (*Tag, error) {
	return s.tag(ctx, request{op: operations.UpdateLocationTag, ids: s.ids(tagID), body: tagBody{name}, opts: opts})
}

// DeleteTag deletes a tag.
func (s *Locations) DeleteTag(ctx context.Context, tagID string, opts ...CallOption) error {
	if err := s.client.needLocation(); err != nil {
		return err
	}
	return s.client.done(ctx, request{op: operations.DeleteLocationTag, ids: s.ids(tagID), opts: opts})
}

type tagBody struct {
	Name string `json:"name"`
}

func (s *Locations) tag(ctx context.Context, r request) (*Tag, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	if body, named := r.body.(tagBody); named && body.Name == "" {
		return nil, fmt.Errorf("contacts: %s: %w: a tag needs a name", r.op.Name, ErrInvalid)
	}
	return one[Tag](ctx, s.client, r, "tag")
}

// ids are those of a path within the location.
func (s *Locations) ids(more ...string) []string {
	return append([]string{s.client.settings.location}, more...)
}
