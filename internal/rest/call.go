package rest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/go-retryablehttp"
)

// Call is one request.
type Call struct {
	Operation *Operation
	// IDs fill the path, in the order of the template.
	IDs    []string
	Query  url.Values
	Header http.Header
	// Body is sent as JSON; a Raw as it is; url.Values as a form. nil: none, but {}
	// for a POST that must not be repeated.
	Body any
	// Idempotent says that this request may be repeated though the operation may
	// not: it has an idempotency key.
	Idempotent bool
	// Response gets what came back, if not nil.
	Response *Response
}

// Raw is a body that is not JSON.
type Raw struct {
	ContentType string
	Data        []byte
	// Personal are texts within Data that no error shows.
	Personal []string
}

// Response is what came back beside the value. It is also filled when the call
// failed, as far as there was an answer.
type Response struct {
	// Status is the HTTP status, 0 if there was no answer.
	Status  int
	Header  http.Header
	TraceID string
	// Attempts is how often the request was sent, or tried to be.
	Attempts int
}

// secretFields are the fields of a form to a token endpoint that hold secrets.
var secretFields = []string{"client_secret", "refresh_token", "code"}

// secrets are those of the body.
func (call Call) secrets() []string {
	form, _ := call.Body.(url.Values)
	var all []string
	for _, name := range secretFields {
		all = append(all, form[name]...)
	}
	return all
}

// request encodes a call.
func (c *Client) request(ctx context.Context, call Call) (*retryablehttp.Request, error) {
	op := call.Operation
	path, err := op.fill(call.IDs)
	if err != nil {
		return nil, err
	}
	target := *c.base
	escaped := strings.TrimSuffix(c.base.EscapedPath(), "/") + path
	if target.Path, err = url.PathUnescape(escaped); err != nil {
		return nil, fmt.Errorf("%w: the path: %w", ErrInvalid, err)
	}
	target.RawPath, target.RawQuery = escaped, call.Query.Encode()
	if call.Body == nil && op.Method == http.MethodPost && !exchangeOf(ctx).idempotent {
		// net/http may repeat a request that has no body, see traced.
		call.Body = struct{}{}
	}
	body, contentType, err := encode(call.Body)
	if err != nil {
		return nil, err
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, op.Method, target.String(), body)
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, call.Header)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if c.config.UserAgent != "" {
		request.Header.Set("User-Agent", c.config.UserAgent)
	}
	if op.Version != "" {
		request.Header.Set(c.config.API.VersionHeader, op.Version)
	}
	return request, nil
}

// encode makes bytes of a body, or an untyped nil of none.
func encode(body any) (data any, contentType string, err error) {
	switch body := body.(type) {
	case nil:
		return nil, "", nil
	case Raw:
		return body.Data, body.ContentType, nil
	case url.Values:
		return []byte(body.Encode()), "application/x-www-form-urlencoded", nil
	}
	text, err := json.Marshal(body, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, "", fmt.Errorf("%w: encode the request: %w", ErrInvalid, encodingCause(err))
	}
	return text, "application/json", nil
}

// encodingCause leaves out the JSON text that such an error quotes: it may be
// personal data.
func encodingCause(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("a %v at %q cannot be encoded", semantic.GoType, semantic.JSONPointer)
	}
	return errors.New("a value cannot be encoded as JSON")
}
