package testserver

import (
	"bytes"
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
			response, err = nil, fmt.Errorf("the connection was cut: %v", p)
		}
	}()
	t.handler.ServeHTTP(w, request)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: request,
	}, nil
}

type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool
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
