package messaging

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// once sends each request on a connection of its own, once.
//
// net/http repeats a request by itself if the connection, a kept one, turns out to
// be dead, and if the request is one that may be repeated. Those of apiv3 are GETs,
// so they could be, though they send messages. A new connection has nothing to turn
// out, and a failure to make one is known to be one. HTTP/2 has more reasons to
// repeat a GET, as a stream that the server resets, so a send goes by HTTP/1.1.
type once struct {
	next http.RoundTripper
	// fresh says that next keeps no connections, and repeats nothing.
	fresh bool
}

func newOnce(next http.RoundTripper) once {
	if next == nil {
		next = http.DefaultTransport
	}
	transport, ok := next.(*http.Transport)
	if !ok {
		return once{next: next}
	}
	transport = transport.Clone() // with connections of its own
	transport.DisableKeepAlives = true
	// No HTTP/2, however the caller's transport was set up for it.
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if transport.TLSClientConfig != nil {
		transport.TLSClientConfig.NextProtos = nil // a clone's
	}
	return once{transport, true}
}

// RoundTrip implements http.RoundTripper.
func (o once) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Close = true
	request.GetBody = nil
	if !o.fresh && (request.Body == nil || request.Body == http.NoBody) {
		// Behind a transport of another kind there may be one that keeps connections.
		// It does not repeat a request whose body it can't have again; it looks into
		// this one, finds nothing, and sends none.
		request.Body, request.ContentLength = io.NopCloser(eof{}), 0
	}
	response, err := o.next.RoundTrip(request)
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		err = withURL.Err // the URL holds the recipient and the text
	}
	if err != nil && !o.fresh {
		err = &foreignError{err}
	}
	if err == nil && response.StatusCode >= 300 && response.StatusCode < 400 {
		response.Header.Del("Location") // a redirect that is followed is a second request
	}
	return response, err
}

// eof is an empty body.
type eof struct{}

// Read implements io.Reader.
func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// foreignError is the failure of a transport of the caller's, whose words may hold
// the URL.
type foreignError struct{ cause error }

func (e *foreignError) Error() string {
	if errors.Is(e.cause, context.Canceled) || errors.Is(e.cause, context.DeadlineExceeded) {
		return "the context has ended"
	}
	return fmt.Sprintf("the transport failed with a %T", e.cause)
}

func (e *foreignError) Unwrap() error { return e.cause }
