package contacts

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// Client is a client of the API. It is safe for concurrent use.
type Client struct {
	Contacts     *Contacts
	Tasks        *Tasks
	Notes        *Notes
	Appointments *Appointments
	Calendars    *Calendars
	Tags         *Tags
	Followers    *Followers
	Campaigns    *Campaigns
	Workflows    *Workflows
	Businesses   *Businesses
	CustomFields *CustomFields
	Locations    *Locations

	settings settings
	rest     *rest.Client
}

// NewClient makes a client. Without credentials it is legal, as a base for
// With; its calls fail then.
//
// By default it keeps to the API's limit of 100 requests per 10 seconds and
// 200,000 a day for its location, together with what With derives of it.
func NewClient(opts ...ClientOption) (*Client, error) {
	return newClient(settings{limiters: newLimiters(), config: rest.Config{
		API: api, BaseURL: DefaultBaseURL, Retry: rest.DefaultRetry, UserAgent: "contactlink",
		// A pool of its own: the default one keeps two connections a host.
		HTTP: &http.Client{Transport: pool()},
	}}, opts)
}

func pool() http.RoundTripper {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = 32
	transport.MaxResponseHeaderBytes = 1 << 20 // of what comes before an answer, too
	return transport
}

// With derives a client with some options changed: another location, another
// token. It shares the connections, and the limiter with all that are derived for
// the same location: the API counts each location by itself. A limiter that was
// given by WithLimiter is shared whatever the location.
func (c *Client) With(opts ...ClientOption) (*Client, error) { return newClient(c.settings, opts) }

// LimiterState is what the client's limiter has left, for metrics; false if it has
// none, or one of your own that has no State. It waits for nothing.
func (c *Client) LimiterState() (LimiterState, bool) { return c.rest.LimiterState() }

func newClient(s settings, opts []ClientOption) (*Client, error) {
	var errs []error
	s.credentialsBy = ""
	for _, option := range opts {
		if option == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		errs = append(errs, option.apply(&s))
	}
	if s.limiters != nil {
		limiter, err := s.limiters.of(s.location)
		errs, s.config.Limiter = append(errs, err), limiter
	}
	chain, err := rest.New(s.config)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("contacts: make a client: %w", err)
	}
	c := &Client{settings: s, rest: chain}
	c.services()
	return c, nil
}

func (c *Client) services() {
	c.Contacts, c.Tasks, c.Notes = &Contacts{c}, &Tasks{c}, &Notes{c}
	c.Appointments, c.Calendars = &Appointments{c}, &Calendars{c}
	c.Tags, c.Followers = &Tags{c}, &Followers{c}
	c.Campaigns, c.Workflows, c.Businesses = &Campaigns{c}, &Workflows{c}, &Businesses{c}
	c.CustomFields, c.Locations = &CustomFields{client: c, cache: directoryCache{lock: make(chan struct{}, 1)}}, &Locations{c}
}

// Location is the id of the client's location.
func (c *Client) Location() string { return c.settings.location }

// send sends a call and decodes its answer.
func (c *Client) send(ctx context.Context, call rest.Call, opts []CallOption, into any) error {
	for _, option := range opts {
		if option == nil {
			return fmt.Errorf("contacts: %s: %w: an option is nil", call.Operation.Name, ErrInvalid)
		}
		option.call(&call)
	}
	if c.settings.v3 {
		if err := toV3(&call); err != nil {
			return fmt.Errorf("contacts: %s: %w", call.Operation.Name, err)
		}
	}
	if err := c.rest.Do(ctx, call, into); err != nil {
		return fmt.Errorf("contacts: %w", err)
	}
	return nil
}

// needLocation says that an operation needs a location.
func (c *Client) needLocation() error {
	if c.settings.location == "" {
		return fmt.Errorf("contacts: %w: the client has no location: use WithLocation", ErrInvalid)
	}
	return nil
}
