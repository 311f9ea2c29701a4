package wire_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kind is what happens to a connection.
type kind string

const (
	reset   kind = "reset"   // both ends get a RST
	cut     kind = "cut"     // both ends get a FIN
	silence kind = "silence" // nothing arrives any more, at either end: the peer has vanished
	drip    kind = "drip"    // a byte at a time from here on, that way
	late    kind = "late"    // the server is gone, which the client is told when it sends more, or after a while
)

var kinds = []kind{reset, cut, silence, drip, late}

const (
	// dripPace is the time between two bytes of a drip.
	dripPace = time.Millisecond
	// lateFIN is after how long a FIN comes late.
	lateFIN = 20 * time.Millisecond
)

// The two ways through a proxy.
const (
	request = iota
	answer
)

// fault is what happens once: when so many bytes of an exchange have passed one
// way.
type fault struct {
	kind   kind
	way    int
	at, of int
}

// proxy hands bytes on between a client and a server, but for the fault.
type proxy struct {
	*testing.T
	listener net.Listener
	server   string

	mu     sync.Mutex
	armed  *fault
	passed [2]int // bytes since it was armed
	ended  bool
	open   map[*connection]bool
	pumps  sync.WaitGroup
}

// startProxy starts a proxy before a server's address. It ends with the test.
func startProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{T: t, listener: listener, server: server, open: map[*connection]bool{}}
	p.pumps.Go(p.accept)
	return p
}

func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

// close ends all connections, and returns when nothing is left of the proxy.
func (p *proxy) close() {
	assert.NoError(p, p.listener.Close())
	p.mu.Lock()
	p.ended = true
	for c := range p.open {
		c.close()
	}
	p.mu.Unlock()
	p.pumps.Wait()
}

// arm lets a fault happen; nil: none. It counts bytes from now on.
func (p *proxy) arm(f *fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.passed = f, [2]int{}
}

// counted is how many bytes passed each way since the proxy was armed, and
// whether the fault is still to come.
func (p *proxy) counted() (passed [2]int, armed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed, p.armed != nil
}

// take lets n bytes pass one way, or those before the fault, which strikes then.
func (p *proxy) take(way, n int) (pass int, struck kind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.armed; n > 0 && f != nil && f.way == way && p.passed[way]+n >= f.at {
		n, struck, p.armed = f.at-p.passed[way], f.kind, nil
	}
	p.passed[way] += n
	return n, struck
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it was closed
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &connection{proxy: p, client: client.(*net.TCPConn), server: server.(*net.TCPConn)}
		p.mu.Lock()
		p.open[c] = true
		if p.ended {
			c.close()
		}
		p.mu.Unlock()
		p.pumps.Go(func() { c.pump(request) })
		p.pumps.Go(func() { c.pump(answer) })
	}
}

// connection is one client's connection, and the one to the server.
type connection struct {
	*proxy
	client, server *net.TCPConn
	ended          atomic.Int32 // ways
	broken         atomic.Value // the kind that struck
}

func (c *connection) struck() kind {
	k, _ := c.broken.Load().(kind)
	return k
}

// pump hands on what comes one way, until that ends.
func (c *connection) pump(way int) {
	defer c.leave()
	from, to := c.client, c.server
	if way == answer {
		from, to = to, from
	}
	buffer, dripping := make([]byte, 32<<10), false
	for {
		n, err := from.Read(buffer)
		if c.struck() != "" {
			c.swallow(way, err)
			if err != nil {
				return
			}
			continue
		}
		pass, struck := c.take(way, n)
		sent := c.write(to, buffer[:pass], dripping)
		dripping = dripping || struck == drip
		switch {
		case struck != "" && struck != drip:
			c.strike(struck)
		case !sent || !c.write(to, buffer[pass:n], dripping), err != nil && !errors.Is(err, io.EOF):
			c.close()
			return
		case err != nil:
			_ = to.CloseWrite() // the end is handed on
			return
		}
	}
}

// swallow is for what comes after the strike.
func (c *connection) swallow(way int, err error) {
	if way == request && (err != nil || c.struck() == late) {
		c.close() // the client gave up, or sent more, and is told so
	}
}

// write writes at once, or a byte at a time.
func (c *connection) write(to *net.TCPConn, data []byte, dripping bool) bool {
	if !dripping {
		_, err := to.Write(data)
		return err == nil
	}
	for i := range data {
		<-time.After(dripPace)
		if _, err := to.Write(data[i : i+1]); err != nil {
			return false
		}
	}
	return true
}

// strike breaks the connection.
func (c *connection) strike(k kind) {
	c.broken.Store(k)
	switch k {
	case silence, drip:
	case reset:
		_, _ = c.client.SetLinger(0), c.server.SetLinger(0)
		c.close()
	case cut:
		_, _ = c.client.CloseWrite(), c.server.Close()
	case late:
		_ = c.server.Close()
		c.pumps.Go(func() {
			<-time.After(lateFIN)
			_ = c.client.CloseWrite()
		})
	}
}

func (c *connection) close() { _, _ = c.client.Close(), c.server.Close() }

// leave forgets the connection once both ways have ended.
func (c *connection) leave() {
	if c.ended.Add(1) < 2 {
		return
	}
	c.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, c)
}
