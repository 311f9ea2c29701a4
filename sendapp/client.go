package sendapp

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/contactlink/contactlink/internal/rest"
)

// Client is a client of the contract. It is safe for concurrent use.
type Client struct {
	Contacts     *Contacts
	Tasks        *Tasks
	Notes        *Notes
	Appointments *Appointments
	Tags         *Tags
	Activity     *Activities
	Webhooks     *Webhooks

	settings settings
	rest     *rest.Client
}

// NewClient makes a client. It needs WithBaseURL. Without credentials it is
// legal, as a base for With; its calls fail then.
//
// The contract leaves the rate limit to the server, so a client has no limiter
// by default: it waits as long as a 429 says. WithLimiter sets one.
func NewClient(opts ...ClientOption) (*Client, error) {
	return newClient(settings{config: rest.Config{
		API: api, Retry: rest.DefaultRetry, UserAgent: "contactlink",
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

// With derives a client with some options changed: another server, another
// key. It shares the connections and, unless told otherwise, the limiter.
func (c *Client) With(opts ...ClientOption) (*Client, error) { return newClient(c.settings, opts) }

// LimiterState is what the client's limiter has left, for metrics; false if it has
// none, or one of your own that has no State. It waits for nothing.
func (c *Client) LimiterState() (LimiterState, bool) { return c.rest.LimiterState() }

var errNoBaseURL = errors.New("there is no base URL: the contract is contactlink's own, not an API that SendApp hosts, " +
	"so there is no default; give WithBaseURL the address of a server that implements it")

func newClient(s settings, opts []ClientOption) (*Client, error) {
	var errs []error
	before := s.credentialsBy
	s.credentialsBy = ""
	for _, option := range opts {
		if option == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		errs = append(errs, option.apply(&s))
	}
	var chain *rest.Client
	if s.config.BaseURL == "" {
		errs = append(errs, errNoBaseURL)
	} else {
		var err error
		chain, err = rest.New(s.config)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("sendapp: make a client: %w", err)
	}
	s.credentialsBy = cmp.Or(s.credentialsBy, before)
	c := &Client{settings: s, rest: chain}
	c.Contacts, c.Tasks, c.Notes, c.Appointments = &Contacts{c}, &Tasks{c}, &Notes{c}, &Appointments{c}
	c.Tags, c.Activity, c.Webhooks = &Tags{c}, &Activities{c}, &Webhooks{c}
	return c, nil
}
