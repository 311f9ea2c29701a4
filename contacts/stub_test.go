package contacts

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const testLocation = "ve9EPM428h8vShlRW1KT"

// sent is a request as the stub got it.
type sent struct {
	*http.Request
	body string
}

// reply is an answer of the stub.
type reply struct {
	status int
	body   string
	header http.Header
}

// stub answers requests within the process.
type stub func(sent) reply

// RoundTrip implements http.RoundTripper.
func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	answer := s(sent{r, string(body)})
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	if answer.header == nil {
		answer.header = http.Header{}
	}
	return &http.Response{
		StatusCode: answer.status, Header: answer.header, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(answer.body))), ContentLength: int64(len(answer.body)),
	}, nil
}

// stubbed returns a client of a stub. It neither waits nor repeats.
func stubbed(t testing.TB, answer stub, opts ...ClientOption) *Client {
	t.Helper()
	client, err := NewClient(append([]ClientOption{
		WithToken("pit-secret"), WithLocation(testLocation), WithLimiter(nil), WithRetry(RetryPolicy{}),
		WithHTTPClient(&http.Client{Transport: answer}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// always answers every request with a status and a body.
func always(status int, body string) stub {
	return func(sent) reply { return reply{status: status, body: body} }
}
