package messaging

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// resetter is a server that, over HTTP/2, resets each request as one that breaks
// the protocol, though it has taken it: what net/http sends again by itself. Over
// HTTP/1.1 it breaks the connection. It counts the requests.
type resetter struct {
	net.Listener

	requests atomic.Int32
	second   func() // is called when a second request has come
}

func (r *resetter) run() {
	for {
		conn, err := r.Accept()
		if err != nil {
			return
		}
		go r.serve(conn.(*tls.Conn))
	}
}

func (r *resetter) serve(conn *tls.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // so that a mistake ends
	if conn.Handshake() != nil {
		return
	}
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	start := make([]byte, len(preface))
	if _, err := io.ReadFull(conn, start); err != nil {
		return
	}
	if string(start) != preface {
		r.requests.Add(1)
		return
	}
	_, _ = conn.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // settings, none
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(binary.BigEndian.Uint16(head[1:3]))
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if head[3] == 1 { // the headers of a request
			if r.requests.Add(1) == 2 {
				r.second()
			}
			reset := append([]byte{0, 0, 4, 3, 0}, head[5:9]...)
			_, _ = conn.Write(append(reset, 0, 0, 0, 1))
		}
	}
}

func TestHTTP2RepeatsNoSend(t *testing.T) {
	t.Parallel()
	identity := httptest.NewUnstartedServer(nil) // for its certificate
	identity.EnableHTTP2 = true
	identity.StartTLS()
	t.Cleanup(identity.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: identity.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	server := &resetter{Listener: listener, second: cancel}
	go server.run()
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	place := "https://" + listener.Addr().String()
	transport := identity.Client().Transport.(*http.Transport)
	t.Cleanup(transport.CloseIdleConnections)

	// The danger is real.
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	require.NoError(t, err)
	_, err = transport.RoundTrip(request)
	require.Error(t, err)
	require.Equal(t, int32(2), server.requests.Load(), "net/http repeats a GET: if it no longer does, this test says nothing")

	// As golang.org/x/net/http2 sets one up for its user.
	configured := &http.Transport{TLSClientConfig: transport.TLSClientConfig.Clone(), TLSNextProto: maps.Clone(transport.TLSNextProto)}
	configured.TLSClientConfig.NextProtos = []string{"h2", "http/1.1"}
	require.Contains(t, configured.TLSNextProto, "h2")
	for name, transport := range map[string]http.RoundTripper{
		"a transport": transport, "a wrapped transport": wrapped{transport}, "a configured transport": configured,
	} {
		for product, sender := range both(t, transport, WithBaseURL(place)) {
			for kind, send := range sends(t, sender) {
				server.requests.Store(0)
				_, err := send()
				require.ErrorIs(t, err, ErrUnknownOutcome, "%s %s %s", name, product, kind)
				assert.Equal(t, int32(1), server.requests.Load(), "%s %s %s", name, product, kind)
				show(t, err, true)
			}
		}
	}
}
