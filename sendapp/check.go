package sendapp

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Check is what a client can do with its server and credentials. String says it
// in words.
type Check struct {
	// Host is the server's.
	Host string
	// Credentials is the option that gave them: "WithAPIKey".
	Credentials  string
	Capabilities *Capabilities
	// MissingScopes are the scopes that the operations need and the credentials
	// lack. It is empty if the server does not tell the scopes.
	MissingScopes []string
	// MissingResources and MissingFeatures are those of the contract that the
	// server lacks.
	MissingResources []string
	MissingFeatures  []Feature
	// Remaining is how many requests are left of Limit, until Reset has passed. A
	// Limit of 0 means that the server does not tell.
	Remaining, Limit int
	Reset            time.Duration
}

// Check asks the server who the client is to it, and compares what it answers
// with what the operations need: named as for [RequiredScopes], none means all.
// It sends one request and changes nothing. Credentials that are refused are an
// error, as are a server and a base URL that don't fit.
func (c *Client) Check(ctx context.Context, operations ...string) (*Check, error) {
	if len(operations) == 0 {
		for _, op := range allOperations() {
			operations = append(operations, op.Name)
		}
	}
	needed, err := RequiredScopes(operations...)
	if err != nil {
		return nil, err
	}
	var response Response
	has, err := c.Capabilities(ctx, WithResponse(&response))
	if err != nil {
		return nil, err
	}
	check := &Check{Credentials: c.settings.credentialsBy, Capabilities: has}
	if base, err := url.Parse(c.settings.config.BaseURL); err == nil {
		check.Host = base.Host
	}
	if has.Scopes != nil {
		check.MissingScopes = missing(needed, has.Scopes)
	}
	check.MissingResources = missing([]string{
		ResourceContacts, ResourceTasks, ResourceNotes, ResourceAppointments, ResourceActivity, ResourceWebhooks,
	}, has.Resources)
	check.MissingFeatures = missing([]Feature{
		FeatureExternalIDs, FeatureVersions, FeatureIdempotencyKeys, FeatureTombstones, FeatureCascades, FeatureMoves,
		FeatureTagSets, FeatureProfiles,
	}, has.Features)
	check.Limit, check.Remaining = number(response.Header, "RateLimit-Limit"), number(response.Header, "RateLimit-Remaining")
	check.Reset = time.Duration(number(response.Header, "RateLimit-Reset")) * time.Second
	return check, nil
}

func missing[T comparable](wanted, have []T) []T {
	return slices.DeleteFunc(wanted, func(one T) bool { return slices.Contains(have, one) })
}

// number reads a header that is a number; 0 if it is none.
func number(header http.Header, name string) int {
	n, err := strconv.Atoi(header.Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// String is some lines for people to read.
func (c *Check) String() string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("%s speaks version %s of the contract and accepts the credentials of %s.",
		cmp.Or(c.Host, "The server"), c.Capabilities.Contract, cmp.Or(c.Credentials, "the client"))
	switch {
	case c.Capabilities.Scopes == nil:
		line("It does not tell what they may do.")
	case len(c.MissingScopes) > 0:
		line("They lack the scopes %s.", list(c.MissingScopes))
	default:
		line("They have all scopes that are needed.")
	}
	if len(c.MissingResources) > 0 {
		line("The server has no %s.", list(c.MissingResources))
	}
	if len(c.MissingFeatures) > 0 {
		line("The server lacks %s.", list(c.MissingFeatures))
	}
	if c.Limit > 0 {
		line("%d of %d requests are left.", c.Remaining, c.Limit)
	}
	return text.String()
}

func list[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
