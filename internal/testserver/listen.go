package testserver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Listener serves a handler on an address until it is closed.
type Listener struct {
	server *http.Server
	url    string
	done   chan error
}

// Listen serves a handler. Address is "127.0.0.1:0" for any free port.
func Listen(address string, handler http.Handler) (*Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		url:    "http://" + listener.Addr().String(), done: make(chan error, 1),
	}
	go func() { l.done <- l.server.Serve(listener) }()
	return l, nil
}

// URL is where the handler is.
func (l *Listener) URL() string { return l.url }

// Close stops serving and returns when the server has ended.
func (l *Listener) Close() error {
	err := l.server.Close()
	if served := <-l.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
