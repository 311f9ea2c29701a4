package contacts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/contactlink/contactlink/internal/rest"
)

// TokenKind is what kind of token a client has.
type TokenKind string

// The kinds of token, as far as a token shows it.
const (
	TokenPrivate TokenKind = "private integration" // begins with pit-
	TokenAccess  TokenKind = "OAuth access"        //nolint:gosec // a kind, not a token: it has three parts, a JWT
	TokenUnknown TokenKind = "unknown"
)

// Check is what a client can do, as [Client.Check] found it out. It holds no
// secret.
type Check struct {
	Token TokenKind
	// LocationID is the client's, Location what the API calls it; empty if the token
	// may not read it.
	LocationID, Location string
	// Granted and Missing are scopes to read, which were tried. Scopes to write can't
	// be tried without writing.
	Granted, Missing []string
	// Unclear are scopes whose trial failed for another reason: the service is
	// unavailable, or this operation takes no token of this kind.
	Unclear []string
	// Left and LeftToday are how many requests the API allows yet, in this interval
	// and today; -1 if it did not say.
	Left, LeftToday int
}

// String says it in words.
func (c *Check) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "token: %s; location: %s", c.Token, c.LocationID)
	if c.Location != "" {
		fmt.Fprintf(&text, " (%s)", rest.Printable(c.Location)) // it is anybody's text
	}
	for _, part := range []struct {
		words  string
		scopes []string
	}{{"granted:", c.Granted}, {"missing:", c.Missing}, {"not clear:", c.Unclear}} {
		if len(part.scopes) > 0 {
			fmt.Fprintf(&text, "; %s %s", part.words, strings.Join(part.scopes, ", "))
		}
	}
	if c.Left >= 0 {
		fmt.Fprintf(&text, "; %d requests left now", c.Left)
	}
	if c.LeftToday >= 0 {
		fmt.Fprintf(&text, "; %d left today", c.LeftToday)
	}
	return text.String()
}

// trial is a request that needs a scope and changes nothing.
type trial struct {
	scope string
	send  func(context.Context, ...CallOption) error
}

// Check tries what the client can do: it sends six requests that change nothing,
// one for each scope to read, under the client's limiter. Scopes to write,
// calendars/events.readonly, which needs a calendar or a user, and those of OAuth
// are not tried: [RequiredScopes] says what a program needs.
//
// A scope that is missing is no error; see [Check]. ErrUnauthorized: the token is
// refused altogether. ErrForbidden: it has no access to the location, or no token
// of its kind has, as an agency's. ErrNoCredentials and ErrInvalid: the client has
// no token, or no location. Anything else that goes wrong is Unclear.
func (c *Client) Check(ctx context.Context) (*Check, error) {
	if err := c.needLocation(); err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, fmt.Errorf("contacts: %w: the context is nil", ErrInvalid)
	}
	check := &Check{Token: TokenUnknown, LocationID: c.settings.location, Left: -1, LeftToday: -1}
	c, err := c.peeking(&check.Token)
	if err != nil {
		return nil, err
	}
	var closed error // to this kind of token
	for _, trial := range c.trials(check) {
		var response Response
		err := trial.send(ctx, WithResponse(&response))
		check.Left = budget(response.Header, "X-RateLimit-Remaining", check.Left)
		check.LeftToday = budget(response.Header, "X-RateLimit-Daily-Remaining", check.LeftToday)
		switch {
		case err == nil:
			check.Granted = append(check.Granted, trial.scope)
		case errors.Is(err, ErrScopeMissing):
			check.Missing = append(check.Missing, trial.scope)
		case errors.Is(err, ErrForbidden) && response.Status == http.StatusUnauthorized:
			check.Unclear, closed = append(check.Unclear, trial.scope), err
		case errors.Is(err, ErrUnauthorized), errors.Is(err, ErrForbidden), errors.Is(err, ErrNoCredentials), ctx.Err() != nil:
			return nil, err
		default:
			check.Unclear = append(check.Unclear, trial.scope)
		}
	}
	if closed != nil && len(check.Granted)+len(check.Missing) == 0 {
		return nil, closed
	}
	for _, scopes := range [][]string{check.Granted, check.Missing, check.Unclear} {
		slices.Sort(scopes)
	}
	return check, nil
}

func (c *Client) trials(check *Check) []trial {
	return []trial{
		{scopeRead, func(ctx context.Context, opts ...CallOption) error {
			_, err := c.Contacts.SearchPage(ctx, SearchQuery{Limit: 1}, "", opts...)
			return err
		}},
		{scopeLocationRead, func(ctx context.Context, opts ...CallOption) error {
			location, err := c.Locations.Get(ctx, opts...)
			if err == nil {
				check.Location = location.Name
			}
			return err
		}},
		{scopeTaskSearchRead, func(ctx context.Context, opts ...CallOption) error {
			_, err := c.Tasks.SearchPage(ctx, TaskQuery{Limit: 1}, "", opts...)
			return err
		}},
		{scopeTagsRead, func(ctx context.Context, opts ...CallOption) error {
			_, err := c.Locations.ListTags(ctx, opts...)
			return err
		}},
		{scopeFieldsRead, func(ctx context.Context, opts ...CallOption) error {
			_, err := c.CustomFields.List(ctx, "contact", opts...)
			return err
		}},
		{scopeCalendarsRead, func(ctx context.Context, opts ...CallOption) error {
			_, err := c.Calendars.List(ctx, opts...)
			return err
		}},
	}
}

// peeking derives a client that looks at the token of each request that it sends.
func (c *Client) peeking(kind *TokenKind) (*Client, error) {
	s := c.settings
	client := *s.config.HTTP
	client.Transport = peek{next: client.Transport, kind: kind}
	s.config.HTTP = &client
	return newClient(s, nil)
}

type peek struct {
	next http.RoundTripper
	kind *TokenKind
}

// RoundTrip implements http.RoundTripper.
func (p peek) RoundTrip(r *http.Request) (*http.Response, error) {
	switch token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case strings.HasPrefix(token, "pit-"):
		*p.kind = TokenPrivate
	case strings.Count(token, ".") == 2:
		*p.kind = TokenAccess
	}
	if p.next == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	return p.next.RoundTrip(r)
}

// budget reads a header of the rate limit.
func budget(header http.Header, name string, before int) int {
	if left, err := strconv.Atoi(header.Get(name)); err == nil && left >= 0 {
		return left
	}
	return before
}
