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
	Body   any // nil: none; a Raw is sent as it is
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
	var body any // an untyped nil is no body
	contentType := "application/json"
	if raw, ok := call.Body.(Raw); ok {
		body, contentType = raw.Data, raw.ContentType
	} else if call.Body != nil {
		data, err := json.Marshal(call.Body, jsontext.AllowInvalidUTF8(true))
		if err != nil {
			return nil, fmt.Errorf("%w: encode the request: %w", ErrInvalid, encodingCause(err))
		}
		body = data
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

// encodingCause leaves out the JSON text that such an error quotes: it may be
// personal data.
func encodingCause(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("a %v at %q cannot be encoded", semantic.GoType, semantic.JSONPointer)
	}
	return errors.New("a value cannot be encoded as JSON")
}
