package rest

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What net/http sends again by itself it must not have: a create can't be rewound,
// and one that has nothing to say has a body all the same.
func TestTheBodyOfACreateIsGivenOnce(t *testing.T) {
	t.Parallel()
	var again []bool
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		require.NotNil(t, r.Body)
		again = append(again, r.GetBody != nil)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.EqualValues(t, len(body), r.ContentLength)
		return reply(http.StatusCreated, "{}"), nil
	})
	for _, idempotent := range []bool{false, true} { // as with an idempotency key
		call := Call{Operation: create, Body: map[string]string{"name": "Anna"}, Idempotent: idempotent}
		require.NoError(t, client.Do(t.Context(), call, nil))
	}
	require.NoError(t, client.Do(t.Context(), Call{Operation: create}, nil), "without a body")
	assert.Equal(t, []bool{false, true, false}, again)
}

// HTTP/2 frames, as far as resetServer needs them.
const (
	frameHeaders, frameReset, frameSettings, frameGoAway = 1, 3, 4, 7

	errProtocol, errRefused = 1, 7
)

// resetServer answers each request over HTTP/2 with a frame that ends its stream.
// It counts the requests.
func resetServer(t *testing.T, frame byte, payload ...uint32) (client *http.Client, url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	// Only its certificate is used.
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{NextProtos: []string{"h2"}}
	server.EnableHTTP2 = true
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, connection *tls.Conn, _ http.Handler) {
			defer connection.Close()
			_, _ = io.CopyN(io.Discard, connection, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
			write(connection, frameSettings, 0, 0)
			for {
				var head [9]byte
				if _, err := io.ReadFull(connection, head[:]); err != nil {
					return
				}
				length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
				if _, err := io.CopyN(io.Discard, connection, length); err != nil {
					return
				}
				stream := binary.BigEndian.Uint32(head[5:])
				switch {
				case head[3] == frameSettings && head[4] == 0:
					write(connection, frameSettings, 1, 0) // acknowledged
				case head[3] == frameHeaders:
					requests.Add(1)
					if frame == frameGoAway {
						stream = 0
					}
					write(connection, frame, 0, stream, payload...)
				}
			}
		},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Client(), server.URL, requests
}

// write writes a frame.
func write(to net.Conn, kind, flags byte, stream uint32, payload ...uint32) {
	frame := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	frame = binary.BigEndian.AppendUint32(frame, stream)
	for _, word := range payload {
		frame = binary.BigEndian.AppendUint32(frame, word)
	}
	_, _ = to.Write(frame)
}

// net/http repeats what it can rewind after each of these. The second and the third
// are safe by the protocol, the first says nothing of what was done.
func TestNothingIsRepeatedBehindOurBackOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		frame   byte
		payload []uint32
	}{
		"a protocol error":   {frameReset, []uint32{errProtocol}},
		"a refused stream":   {frameReset, []uint32{errRefused}},
		"a server that goes": {frameGoAway, []uint32{0, 0}},
	} {
		for kind, body := range map[string]any{"with a body": map[string]string{"name": "Anna"}, "without": nil} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				httpClient, url, requests := resetServer(t, test.frame, test.payload...)
				client := newTest(t, nil, func(c *Config) { c.BaseURL, c.HTTP = url, httpClient })
				err := client.Do(t.Context(), Call{Operation: create, Body: body}, nil)
				require.ErrorIs(t, err, ErrUnknownOutcome)
				assert.EqualValues(t, 1, requests.Load(), "a create is sent once")
			})
		}
	}
}

// A kept connection that closes when it is used again, over HTTP/1.
func TestNothingIsRepeatedBehindOurBackOverHTTP1(t *testing.T) {
	t.Parallel()
	for kind, body := range map[string]any{"with a body": map[string]string{"name": "Anna"}, "without": nil} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url, requests := serve(t, func(request int, connection net.Conn) bool {
				if request == 1 {
					_, _ = io.WriteString(connection, created)
				}
				return request == 1 // the second is read whole, and gets no answer
			})
			client := newTest(t, nil, func(c *Config) { c.BaseURL, c.HTTP = url, &http.Client{Transport: &http.Transport{}} })
			call := Call{Operation: create, Body: body}
			require.NoError(t, client.Do(t.Context(), call, nil))
			require.ErrorIs(t, client.Do(t.Context(), call, nil), ErrUnknownOutcome)
			assert.EqualValues(t, 2, requests.Load())
		})
	}
}
