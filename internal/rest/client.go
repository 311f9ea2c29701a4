package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/go-retryablehttp"
)

// API is what differs between the services.
type API struct {
	// VersionHeader is the name of the header for Operation.Version.
	VersionHeader string
	// Explain fills an Error from an answer's header and body and says what it
	// means: one of the Err values, or nil.
	Explain func(e *Error, header http.Header, body []byte) error
	// TraceID reads the service's trace id.
	TraceID func(header http.Header, body []byte) string
}

// Config is what a Client is made of.
type Config struct {
	API         API
	BaseURL     string
	HTTP        *http.Client // copied; nil: a pool of the client's own
	Credentials Credentials
	Limiter     Limiter // nil: no limit
	Retry       RetryPolicy
	Timeout     time.Duration // of one attempt; 0: 30 s
	UserAgent   string
	MaxAnswer   int64 // bytes; 0: 10 MiB
}

// Client sends requests.
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
	c := &Client{config: config, base: base}
	c.retrier = newRetrier(c.newChain(), config.Retry)
	return c, nil
}

// newChain is the way of each attempt, from the outside in:
//
//	retry        (newRetrier, around the chain) repeats what may be repeated
//	redirects    stay within the origin
//	limiter      waits for a slot
//	credentials  are fresh for each attempt
//	origin       guards that they go nowhere else
//	transport    sends, under the attempt's own deadline, and reads the answer
func (c *Client) newChain() *http.Client {
	client := &http.Client{}
	if c.config.HTTP != nil {
		*client = *c.config.HTTP // the caller's own is not changed
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	client.Timeout = 0
	client.CheckRedirect = checkRedirect
	client.Transport = &attempt{client: c, next: transport}
	return client
}

// attempt sends one attempt of a request.
type attempt struct {
	client *Client
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper, but for one liberty: it sets headers
// of the request, which is the client's own.
func (a *attempt) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, config := request.Context(), a.client.config
	if config.Limiter != nil {
		release, err := config.Limiter.Acquire(ctx)
		if err != nil {
			return nil, &localError{err}
		}
		defer release()
	}
	if !sameOrigin(request.URL, a.client.base) {
		return nil, &localError{errOrigin}
	}
	request = request.Clone(ctx)
	if config.Credentials == nil {
		return nil, &localError{ErrNoCredentials}
	}
	if err := config.Credentials(ctx, request); err != nil {
		return nil, &localError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, config.Timeout)
	defer cancel()
	response, err := a.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, config.MaxAnswer+1))
	err = errors.Join(err, response.Body.Close())
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > config.MaxAnswer {
		response.StatusCode, body = tooLarge, nil
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// tooLarge stands for an answer that is larger than the limit.
const tooLarge = -1

// Response is what came back beside the value.
type Response struct {
	Status  int
	Header  http.Header
	TraceID string
}

// Call is one request.
type Call struct {
	Operation *Operation
	// IDs fill the path, in the order of the template.
	IDs    []string
	Query  url.Values
	Header http.Header
	Body   any // nil: none
	// Idempotent says that this request may be repeated though the operation may
	// not: it has an idempotency key.
	Idempotent bool
	// Response gets what came back, if not nil.
	Response *Response
}

// Do sends a request and decodes its answer into a value. into may be nil.
func (c *Client) Do(ctx context.Context, call Call, into any) error {
	op := call.Operation
	fail := func(err error) error { return &Error{Operation: op.Name, meaning: nil, cause: err} }
	if ctx == nil {
		return fail(fmt.Errorf("%w: the context is nil", ErrInvalid))
	}
	request, err := c.request(ctx, call)
	if err != nil {
		return fail(err)
	}
	response, err := c.retrier.Do(request)
	idempotent := op.Idempotent || call.Idempotent
	if err != nil {
		return transportError(op, idempotent, err)
	}
	body, err := io.ReadAll(response.Body) // in memory already
	if err != nil {
		return fail(err)
	}
	trace := c.config.API.TraceID(response.Header, body)
	if call.Response != nil {
		*call.Response = Response{Status: response.StatusCode, Header: response.Header, TraceID: trace}
	}
	return c.answer(op, idempotent, response, body, trace, into)
}

func (c *Client) request(ctx context.Context, call Call) (*retryablehttp.Request, error) {
	op := call.Operation
	path, err := op.fill(call.IDs)
	if err != nil {
		return nil, err
	}
	target := *c.base
	escaped := strings.TrimSuffix(c.base.EscapedPath(), "/") + path
	if target.Path, err = url.PathUnescape(escaped); err != nil {
		return nil, err
	}
	target.RawPath, target.RawQuery = escaped, call.Query.Encode()
	var body any
	if call.Body != nil {
		data, err := json.Marshal(call.Body, jsontext.AllowInvalidUTF8(true))
		if err != nil {
			return nil, fmt.Errorf("%w: encode the request: %w", ErrInvalid, err)
		}
		body = data
	}
	ctx = context.WithValue(ctx, idempotentKey{}, op.Idempotent || call.Idempotent)
	request, err := retryablehttp.NewRequestWithContext(ctx, op.Method, target.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range call.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.config.UserAgent != "" {
		request.Header.Set("User-Agent", c.config.UserAgent)
	}
	if op.Version != "" {
		request.Header.Set(c.config.API.VersionHeader, op.Version)
	}
	return request, nil
}

// transportError is the error of a request that got no answer. The URL that
// net/http puts into its text stays out.
func transportError(op *Operation, idempotent bool, err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	e := &Error{Operation: op.Name, cause: err}
	var wait *waitError
	switch {
	case errors.As(err, &wait):
		e.RetryAfter = wait.wait
	case unsent(err), errors.Is(err, errOrigin):
	case judge(idempotent, 0, err) == unknown:
		e.meaning = ErrUnknownOutcome
	default:
		e.meaning = ErrUnavailable
	}
	return e
}
