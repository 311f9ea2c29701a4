package contacts

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/contactlink/contactlink/internal/wire"
)

// InstalledLocation is a location of an agency where the app is installed, or
// could be.
type InstalledLocation struct {
	ID          string `json:"_id,omitzero"`
	Name        string `json:"name,omitzero"`
	Address     string `json:"address,omitzero"`
	IsInstalled bool   `json:"isInstalled,omitzero"`
	VersionID   string `json:"versionId,omitzero"`
	InstalledAt Time   `json:"installedAt,omitzero"`

	extra wire.Extra
}

func (l *InstalledLocation) identity() string { return l.ID }

// installedPage is how many locations a page has.
const installedPage = 100

// InstalledLocations lists the locations of an agency where the app is
// installed, with the agency's token.
func (o *OAuth) InstalledLocations(ctx context.Context, companyID string) iter.Seq2[*InstalledLocation, error] {
	return pages(ctx, func(cursor string) (*Page[InstalledLocation], error) {
		return o.InstalledLocationsPage(ctx, companyID, cursor)
	})
}

// InstalledLocationsPage lists a page of InstalledLocations.
func (o *OAuth) InstalledLocationsPage(ctx context.Context, companyID, cursor string) (*Page[InstalledLocation], error) {
	if companyID == "" {
		return nil, fmt.Errorf("contacts: %w: the company's id is empty", ErrInvalid)
	}
	at, err := parseOffset(cursor)
	if err != nil {
		return nil, err
	}
	agency, err := o.client.With(WithTokenSource(o.Company(companyID)))
	if err != nil {
		return nil, err
	}
	app, _, _ := strings.Cut(o.config().ClientID, "-")
	var locations []*InstalledLocation
	var total count
	answer := envelope{members: map[string]any{"locations": &locations, "count": &total}}
	r := request{op: oauthOperations.InstalledLocations, query: url.Values{
		"companyId": {companyID}, "appId": {app}, "isInstalled": {"true"},
		"skip": {strconv.Itoa(at.skip)}, "limit": {strconv.Itoa(installedPage)},
	}}
	if err := agency.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if locations == nil {
		return nil, agency.incomplete(r, "locations")
	}
	page := &Page[InstalledLocation]{Items: present(locations), Total: int(total)}
	if page.Next, err = next(at, page.Items); err != nil {
		return nil, err
	}
	return page, nil
}
