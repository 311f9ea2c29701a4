package messaging

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const answerOK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// dropper is a server that breaks connections where it is told to, and counts the
// requests of sends that arrived whole.
type dropper struct {
	listener net.Listener
	// serve handles a connection, the n-th, from 1. It is set before a request.
	mu    sync.Mutex
	serve func(conn net.Conn, n int)
	conns int
	whole int
	open  []net.Conn
	done  sync.WaitGroup
}

func newDropper(t *testing.T) *dropper {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d := &dropper{listener: listener}
	d.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.conns++
			d.open = append(d.open, conn)
			n, serve := d.conns, d.serve
			d.mu.Unlock()
			d.done.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second)) // so that a mistake ends
				serve(conn, n)
			})
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		d.mu.Lock()
		for _, conn := range d.open {
			_ = conn.Close() // most are closed
		}
		d.mu.Unlock()
		d.done.Wait()
	})
	return d
}

func (d *dropper) url() string { return "http://" + d.listener.Addr().String() }

// begin forgets what was counted and sets what happens to connections.
func (d *dropper) begin(serve func(conn net.Conn, n int)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.serve, d.conns, d.whole = serve, 0, 0
}

func (d *dropper) counts() (conns, whole int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conns, d.whole
}

// read reads a whole request and counts it if it sends.
func (d *dropper) read(r *bufio.Reader) error {
	request, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return err
	}
	if strings.Contains(request.URL.Path, "send") {
		d.mu.Lock()
		d.whole++
		d.mu.Unlock()
	}
	return nil
}

// cutAfter reads n bytes and breaks the connection, gently or with a reset.
func (d *dropper) cutAfter(n int, reset bool) func(net.Conn, int) {
	return func(conn net.Conn, _ int) {
		data, _ := io.ReadAll(io.LimitReader(conn, int64(n)))
		_ = d.read(bufio.NewReader(bytes.NewReader(data))) // what is not whole does not count
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
	}
}

// wrapped hides which transport it is.
type wrapped struct{ http.RoundTripper }

// transports are the kinds that a caller may have. All keep connections.
func transports(t *testing.T) map[string]http.RoundTripper {
	t.Helper()
	own, other := &http.Transport{}, &http.Transport{}
	t.Cleanup(own.CloseIdleConnections)
	t.Cleanup(other.CloseIdleConnections)
	return map[string]http.RoundTripper{"a transport": own, "a wrapped transport": wrapped{other}}
}

func TestASendIsNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, transport := range transports(t) {
		d := newDropper(t)
		for product, sender := range both(t, transport, WithBaseURL(d.url())) {
			for kind, send := range sends(t, sender) {
				t.Log(name, product, kind)
				length := 0
				d.begin(func(conn net.Conn, _ int) {
					counted := &counter{r: conn}
					_ = d.read(bufio.NewReader(counted))
					length = counted.n
					_, _ = io.WriteString(conn, answerOK)
				})
				_, err := send()
				require.NoError(t, err)
				conns, whole := d.counts()
				require.Equal(t, []int{1, 1}, []int{conns, whole})
				require.Greater(t, length, 100)

				try := func(point string, n int, serve func(net.Conn, int)) {
					d.begin(serve)
					_, err := send()
					conns, whole := d.counts()
					if n > 0 || whole > 0 || !errors.Is(err, ErrUnavailable) {
						// Broken at once, it may look as if there had been no connection.
						require.ErrorIs(t, err, ErrUnknownOutcome, "%s %d", point, n)
					}
					require.Equal(t, 1, conns, "%s %d: one connection", point, n)
					require.LessOrEqual(t, whole, 1, "%s %d: a whole request", point, n)
				}
				for n := 0; n <= length; n++ { // of the request
					try("gently after", n, d.cutAfter(n, false))
					try("reset after", n, d.cutAfter(n, true))
				}
				try("after all of", length, d.cutAfter(length, false))
				try("reset after all of", length, d.cutAfter(length, true))
				for n := range len(answerOK) { // of the answer
					try("in the answer after", n, func(conn net.Conn, _ int) {
						_ = d.read(bufio.NewReader(conn))
						_, _ = io.WriteString(conn, answerOK[:n])
					})
				}
			}
		}
	}
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// A kept connection of the same transport, to the same server, that dies once the
// request is there: what net/http repeats by itself.
func TestADeadConnectionRepeatsNoSend(t *testing.T) {
	t.Parallel()
	for name, transport := range transports(t) {
		d := newDropper(t)
		// Whatever comes second on a connection is read whole and never answered.
		dies := func(conn net.Conn, _ int) {
			r := bufio.NewReader(conn)
			if d.read(r) == nil {
				_, _ = io.WriteString(conn, answerOK)
			}
			_ = d.read(r)
		}
		get := func(path string) error {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url()+path, nil)
			require.NoError(t, err)
			response, err := transport.RoundTrip(request)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			return errors.Join(err, response.Body.Close())
		}
		// The danger is real: a plain GET goes out a second time.
		d.begin(dies)
		require.NoError(t, get("/prime"))
		require.NoError(t, get("/send/plain"))
		conns, whole := d.counts()
		require.Equal(t, []int{2, 2}, []int{conns, whole}, "net/http repeats a GET: if it no longer does, this test says nothing")

		for product, sender := range both(t, transport, WithBaseURL(d.url())) {
			for kind, send := range sends(t, sender) {
				d.begin(dies)
				if idle, ok := transport.(interface{ CloseIdleConnections() }); ok {
					idle.CloseIdleConnections()
				} else if w, ok := transport.(wrapped); ok {
					w.RoundTripper.(*http.Transport).CloseIdleConnections()
				}
				require.NoError(t, get("/prime"))
				_, err := send()
				_, whole := d.counts()
				assert.LessOrEqual(t, whole, 1, "%s %s %s", name, product, kind)
				if err != nil {
					assert.ErrorIs(t, err, ErrUnknownOutcome)
				}
			}
		}
	}
}

func TestWhatDidNotLeaveSaysSo(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	for name, transport := range transports(t) {
		for product, sender := range both(t, transport, WithBaseURL(closed)) {
			for kind, send := range sends(t, sender) {
				_, err := send()
				require.ErrorIs(t, err, ErrUnavailable, "%s %s %s", name, product, kind)
				require.NotErrorIs(t, err, ErrUnknownOutcome)
				show(t, err, true)
			}
		}
	}
}
