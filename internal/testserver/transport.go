package testserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport calls a handler without sockets: it works where time is virtual. A
// handler that flushes its answer is read while it still writes; one that
// panics breaks the connection, where it stands.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(request.Context())
	if err := ctx.Err(); err != nil {
		cancel()
		return nil, err
	}
	incoming := request.Clone(ctx)
	incoming.RemoteAddr, incoming.RequestURI = "127.0.0.1:1", request.URL.RequestURI()
	if incoming.Body == nil {
		incoming.Body = http.NoBody
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK, started: make(chan struct{}), more: make(chan struct{}, 1)}
	go func() {
		defer incoming.Body.Close() //nolint:errcheck // in memory
		defer func() { w.end(recover()) }()
		t.handler.ServeHTTP(w, incoming)
	}()
	select {
	case <-w.started:
	case <-ctx.Done():
		cancel()
		return nil, request.Context().Err()
	}
	if err := request.Context().Err(); err != nil {
		cancel()
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil && !w.wrote {
		cancel()
		return nil, w.failed
	}
	length := int64(-1)
	if w.ended && w.failed == nil {
		length = int64(w.body.Len())
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: &reader{w, ctx, cancel}, ContentLength: length, Request: request,
	}, nil
}

// recorder is the answer, while it comes into being.
type recorder struct {
	header  http.Header   // the handler's
	started chan struct{} // closed once the answer was flushed or has ended
	more    chan struct{} // has an element when there may be more to read

	mu     sync.Mutex
	sent   http.Header
	body   bytes.Buffer
	status int
	wrote  bool
	open   bool // started is closed
	ended  bool
	failed error
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writeHeader(status)
}

func (r *recorder) writeHeader(status int) {
	if !r.wrote {
		r.status, r.wrote, r.sent = status, true, r.header.Clone()
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writeHeader(http.StatusOK)
	return r.body.Write(data)
}

// Flush implements http.Flusher.
func (r *recorder) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writeHeader(http.StatusOK)
	r.tell()
}

// end ends the answer; a panic cuts it.
func (r *recorder) end(panicked any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if panicked != nil {
		r.failed = fmt.Errorf("the connection was cut: %v", panicked)
	} else {
		r.writeHeader(http.StatusOK)
	}
	r.ended = true
	r.tell()
}

func (r *recorder) tell() {
	if !r.open {
		r.open = true
		close(r.started)
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// reader reads an answer.
type reader struct {
	*recorder

	ctx    context.Context //nolint:containedctx // the request's
	cancel context.CancelFunc
}

func (r *reader) Read(data []byte) (int, error) {
	for {
		n, err := r.read(data)
		if n > 0 || err != nil || len(data) == 0 {
			return n, err
		}
		select {
		case <-r.more:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
}

func (r *reader) read(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.body.Len() > 0:
		return r.body.Read(data)
	case !r.ended:
		return 0, nil
	case r.failed != nil:
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

// Close ends the handler, too.
func (r *reader) Close() error {
	r.cancel()
	return nil
}
