package contacts

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// InstalledLocation is a location of an agency where the app is installed, or
// could be.
type InstalledLocation struct {
	ID          string `json:"_id"`
	Name        string `json:"name"`
	Address     string `json:"address"`
	IsInstalled bool   `json:"isInstalled"`
	VersionID   string `json:"versionId"`
	InstalledAt Time   `json:"installedAt"`
}

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
	skip, err := offset(cursor)
	if err != nil {
		return nil, err
	}
	agency, err := o.client.With(WithTokenSource(o.Company(companyID)))
	if err != nil {
		return nil, err
	}
	app, _, _ := strings.Cut(o.config().ClientID, "-")
	var answer struct {
		Locations []*InstalledLocation `json:"locations"`
		Count     int                  `json:"count"`
	}
	err = agency.send(ctx, rest.Call{Operation: oauthOperations.InstalledLocations, Query: url.Values{
		"companyId": {companyID}, "appId": {app}, "isInstalled": {"true"},
		"skip": {strconv.Itoa(skip)}, "limit": {strconv.Itoa(installedPage)},
	}}, nil, &answer)
	if err != nil {
		return nil, err
	}
	page := &Page[InstalledLocation]{Items: answer.Locations, Total: answer.Count}
	if len(answer.Locations) == installedPage {
		page.Next = strconv.Itoa(skip + installedPage)
	}
	return page, nil
}
