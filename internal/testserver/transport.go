package testserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport calls a handler without sockets: it works where time is virtual.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(request *http.Request) (response *http.Response, err error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	request = request.Clone(ctx)
	request.RemoteAddr, request.RequestURI = "127.0.0.1:1", request.URL.RequestURI()
	if request.Body == nil {
		request.Body = http.NoBody
	}
	defer request.Body.Close() //nolint:errcheck // in memory
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if p := recover(); p != nil {
			cut := fmt.Errorf("the connection was cut: %v", p)
			if response, err = nil, cut; w.wrote && ctx.Err() == nil {
				response, err = w.response(request, broken{&w.body, cut}), nil
			}
		}
	}()
	t.handler.ServeHTTP(w, request)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.response(request, &w.body), nil
}

// broken is a body that ends with an error.
type broken struct {
	body io.Reader
	err  error
}

func (b broken) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if errors.Is(err, io.EOF) {
		err = b.err
	}
	return n, err
}

type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool
}

func (r *recorder) response(request *http.Request, body io.Reader) *http.Response {
	return &http.Response{
		Status: http.StatusText(r.status), StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(body), ContentLength: int64(r.body.Len()), Request: request,
	}
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}
