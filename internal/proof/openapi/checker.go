package openapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Checker is an http.RoundTripper that checks what passes through it. A
// violation does not fail the request: see Report. It is safe for concurrent
// use.
type Checker struct {
	next   http.RoundTripper
	specs  []*Spec
	faults []Fault

	mu         sync.Mutex
	violations []Violation
	needed     []bool // by fault
}

// NewChecker checks requests against the first of the specifications that knows
// their operation, leaving out the known faults of these specifications.
func NewChecker(next http.RoundTripper, faults []Fault, specs ...*Spec) *Checker {
	return &Checker{next: next, specs: specs, faults: slices.Clone(faults), needed: make([]bool, len(faults))}
}

// RoundTrip implements http.RoundTripper.
func (c *Checker) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := readAll(request.Body)
	if err != nil {
		return nil, err
	}
	spec, route, params := c.find(request)
	request = request.Clone(request.Context())
	request.Body, request.ContentLength = body(sent), int64(len(sent))
	response, err := c.next.RoundTrip(request)
	if err != nil {
		return nil, err // an answer that did not come keeps to everything
	}
	got, err := readAll(response.Body)
	response.Body = body(got)
	if err != nil {
		return nil, err
	}
	if spec == nil {
		c.add(Violation{
			Operation: request.Method + " " + request.URL.Path, Side: Request, At: "operation",
			Message: "no specification has this operation",
		})
		return response, nil
	}
	c.check(spec, exchange{request, route, params, sent, response, got})
	return response, nil
}

// exchange is a request with its answer.
type exchange struct {
	request  *http.Request
	route    *routers.Route
	params   map[string]string
	sent     []byte
	response *http.Response
	got      []byte
}

func (c *Checker) find(request *http.Request) (*Spec, *routers.Route, map[string]string) {
	for _, spec := range c.specs {
		if spec.wants != nil && !spec.wants(request) {
			continue
		}
		if route, params, err := spec.router.FindRoute(request); err == nil {
			return spec, route, params
		}
	}
	return nil, nil, nil
}

func (c *Checker) check(spec *Spec, e exchange) {
	operation := operationName(e.route.Operation, e.route.Method, e.route.Path)
	ctx := e.request.Context()
	request := e.request.Clone(ctx)
	request.Body = body(e.sent)
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: e.params, Route: e.route,
		Options: &openapi3filter.Options{
			MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	add := func(side Side, err error) {
		for _, v := range violationsOf(err) {
			v.Spec, v.Operation, v.Side = spec.Name, operation, side
			c.add(v)
		}
	}
	success := e.response.StatusCode/100 == 2
	// A request that the server refused may well be wrong: a test made it so.
	if success {
		add(Request, openapi3filter.ValidateRequest(ctx, input))
	}
	err := openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Options: input.Options,
		Status: e.response.StatusCode, Header: e.response.Header, Body: body(e.got),
	})
	if err != nil && statusUnknown(err) {
		err = nil
		c.add(Violation{
			Spec: spec.Name, Operation: operation, Side: Answer, At: fmt.Sprintf("status %d", e.response.StatusCode),
			Message: "the specification does not declare this status",
		})
	}
	add(Answer, err)
	if success {
		spec.call(operation)
	}
}

// add keeps a violation, unless it is known.
func (c *Checker) add(v Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := false
	for i, fault := range c.faults {
		if fault.explains(v) {
			c.needed[i], known = true, true
		}
	}
	if !known && !slices.Contains(c.violations, v) {
		c.violations = append(c.violations, v)
	}
}

// Violations are what was wrong, each once, in order of appearance.
func (c *Checker) Violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Unneeded are the known faults that nothing has shown: the specification was
// put right, or the list was wrong.
func (c *Checker) Unneeded() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	var unneeded []Fault
	for i, fault := range c.faults {
		if !c.needed[i] {
			unneeded = append(unneeded, fault)
		}
	}
	return unneeded
}

func body(data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }

// maxBody is how much is read of a body.
const maxBody = 64 << 20

func readAll(r io.ReadCloser) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r, maxBody))
	if closed := r.Close(); err == nil {
		err = closed
	}
	return data, err
}
