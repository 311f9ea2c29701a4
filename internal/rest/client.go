package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// API is what differs between the services.
type API struct {
	// VersionHeader is the name of the header for Operation.Version.
	VersionHeader string
	// Explain fills an Error from an answer's header and body and says what it
	// means: one of the Err values, or nil.
	Explain func(e *Error, header http.Header, body []byte) error
	// Judge looks at an answer of success, and says what it means if it is a
	// failure all the same, as Explain does. It may be nil.
	Judge func(e *Error, body []byte) error
	// TraceID reads the service's trace id.
	TraceID func(header http.Header, body []byte) string
	// Wait reads how long a 429 without a Retry-After asks to wait; 0 if it does
	// not say. nil: the service has no other way to say it.
	Wait func(header http.Header) time.Duration
	// Words are names of fields, and values of enumerations, that an error may show
	// though the request had them for a value.
	Words []string
}

// Config is what a Client is made of.
type Config struct {
	API         API
	BaseURL     string
	HTTP        *http.Client // copied; nil: http.DefaultTransport
	Credentials Credentials  // zero: each call fails
	Limiter     Limiter      // nil: no limit
	Retry       RetryPolicy
	Timeout     time.Duration // of one attempt; 0: 30 s
	UserAgent   string
	MaxAnswer   int64        // bytes; 0: 10 MiB
	Logger      *slog.Logger // nil: nothing is logged
	Observers   []Observer
	Curl        Curl
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	config  Config
	base    *url.URL
	retrier *retryablehttp.Client
}

// New checks a configuration.
func New(config Config) (*Client, error) {
	base, err := parseBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	if config.MaxAnswer == 0 {
		config.MaxAnswer = 10 << 20
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{config: config, base: base}
	c.retrier = c.newRetrier(c.chain())
	return c, nil
}

// step is one concern on the way of an attempt. It is an http.RoundTripper but
// for one liberty: it may set headers of the request, which is the client's own.
//
// It has no CloseIdleConnections on purpose: go-retryablehttp calls that after
// each failure, and the connections are the caller's.
type step func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (s step) RoundTrip(request *http.Request) (*http.Response, error) { return s(request) }

// chain is the way of each attempt. From the outside in, and the answer goes it
// backwards:
//
//	encode       (Client.request) makes the request of a Call
//	retry        (Client.newRetrier, around the chain) repeats what may be repeated
//	redirects    (checkRedirect) stay within the origin
//	observe      counts attempts, logs them, tells the observers
//	limiter      waits for a slot, which is free again after the answer
//	credentials  are read anew
//	origin       guards that they go nowhere else
//	curl         writes the request for a shell, if asked to
//	bounds       sends under the attempt's own deadline, reads the answer whole
//	transport    is the caller's
//	decode       (Client.answer) makes a value or an Error of the answer
func (c *Client) chain() *http.Client {
	client := &http.Client{}
	if c.config.HTTP != nil {
		*client = *c.config.HTTP // the caller's own is not changed
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	next := step(transport.RoundTrip)
	next = c.bounds(next)
	next = c.curl(next)
	next = c.origin(next)
	next = c.credentials(next)
	next = c.limiter(next)
	next = c.observe(next)
	client.Transport = next
	client.CheckRedirect = checkRedirect
	client.Timeout = 0 // it would bound all attempts together
	return client
}

// Do sends a request and decodes its answer into a value. into may be nil.
func (c *Client) Do(ctx context.Context, call Call, into any) error {
	x := &exchange{
		call: call, operation: call.Operation, idempotent: call.Operation.Idempotent || call.Idempotent, secrets: call.secrets(),
	}
	if ctx == nil {
		return x.fail(fmt.Errorf("%w: the context is nil", ErrInvalid))
	}
	request, err := c.request(withExchange(ctx, x), call)
	if err != nil {
		return x.fail(err)
	}
	response, err := c.retrier.Do(request) //nolint:bodyclose // it is in memory, see bounds
	if call.Response != nil {
		*call.Response = Response{Attempts: x.attempts}
	}
	if err != nil {
		return c.transportError(ctx, x, err)
	}
	if call.Response != nil {
		call.Response.Status, call.Response.Header = response.StatusCode, response.Header
		call.Response.TraceID = c.traceID(x, response)
	}
	return c.answer(x, response, into)
}
