package rest

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// errLocal marks errors of the client's own, before anything was sent.
var errLocal = errors.New("not sent")

type localError struct{ cause error }

func (e *localError) Error() string   { return e.cause.Error() }
func (e *localError) Unwrap() []error { return []error{errLocal, e.cause} }

// errNoConnection marks errors of requests that never had a connection.
var errNoConnection = errors.New("no connection")

type connectError struct{ cause error }

func (e *connectError) Error() string   { return e.cause.Error() }
func (e *connectError) Unwrap() []error { return []error{errNoConnection, e.cause} }

// unsent reports whether a request certainly never left.
func unsent(err error) bool {
	return errors.Is(err, errLocal) || errors.Is(err, errNoConnection) || dialFailed(err)
}

func dialFailed(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}

// traced sends a request, and marks the error of one that asked for a
// connection and got none: a name that does not resolve, a handshake that
// failed, a time-out before any of it was done.
//
// net/http itself sends a request again on a second connection if the first, a
// kept one, turned out to be dead. Without an Idempotency-Key it does so to a
// POST only if nothing was written, so that no create is doubled by it. Over HTTP/2
// it also does so if the server resets the stream with PROTOCOL_ERROR, whatever was
// done by then: it can't if there is a body and it can't have it again. So it can't
// after REFUSED_STREAM either, or after a GOAWAY, by which a server says that it did
// nothing: such a create is of unknown outcome all the same.
func traced(next step, request *http.Request) (*http.Response, error) {
	var asked, got atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace)) // a copy
	if !exchangeOf(request.Context()).idempotent {
		request.GetBody = nil
	}
	response, err := next(request)
	if err != nil && asked.Load() && !got.Load() {
		err = &connectError{err}
	}
	return response, err
}
