package rest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// transport answers requests by a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f(r)
	if response != nil {
		response.Request = r // as net/http's own does
	}
	return response, err
}

// reply is an answer. headers are names and values in turn.
func reply(status int, body string, headers ...string) *http.Response {
	header := http.Header{"X-Trace": {"trace-1"}}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// testAPI is a service with few words.
var testAPI = API{
	VersionHeader: "Version",
	TraceID:       func(header http.Header, _ []byte) string { return header.Get("X-Trace") },
	Explain: func(e *Error, _ http.Header, body []byte) error {
		var answer struct{ Message json.RawMessage }
		_ = json.Unmarshal(body, &answer)
		e.Messages = Messages(answer.Message)
		switch e.Status {
		case http.StatusBadRequest:
			return ErrInvalid
		case http.StatusUnauthorized:
			if strings.Contains(string(body), "scope") {
				return ErrScopeMissing
			}
			return ErrUnauthorized
		case http.StatusNotFound:
			return ErrNotFound
		case http.StatusTooManyRequests:
			return ErrRateLimited
		default:
			return nil
		}
	},
}

var (
	get    = &Operation{Name: "things.get", Method: http.MethodGet, Path: "/things/{id}", Success: []int{200}, Idempotent: true}
	create = &Operation{Name: "things.create", Method: http.MethodPost, Path: "/things", Success: []int{201}}
)

// newTest is a client whose requests are answered by a function.
func newTest(t *testing.T, f transport, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{
		API: testAPI, BaseURL: "https://api.example.com/base", HTTP: &http.Client{Transport: f},
		Credentials: Bearer(Static("s3cr3t")), Retry: RetryPolicy{Retries: 2},
	}
	for _, f := range change {
		f(&config)
	}
	client, err := New(config)
	require.NoError(t, err)
	return client
}

func (c *Client) get(ctx context.Context) error {
	return c.Do(ctx, Call{Operation: get, IDs: []string{"1"}}, nil)
}
func (c *Client) create(ctx context.Context) error {
	return c.Do(ctx, Call{Operation: create, Body: map[string]string{"name": "Anna"}}, nil)
}
