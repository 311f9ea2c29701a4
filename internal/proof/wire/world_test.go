package wire_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/testserver"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

const (
	// timeout is how long a client waits for an answer. It is more than a whole
	// exchange takes, and less than one that drips does.
	timeout = 250 * time.Millisecond
	// patience is how long both sides may need to become equal.
	patience = 30 * time.Second
)

// world is both services, a proxy before each, and clients that go through them.
type world struct {
	*testing.T
	source *contactstest.Server
	target *sendapptest.Server

	toSource, toTarget *proxy
	crm                *contacts.Client
	app                *sendapp.Client
	// direct reaches the source without the proxy.
	direct *contacts.Client

	transport *http.Transport
	listeners []*testserver.Listener
	// counterparts are the ids at the target of what is there from the beginning, one
	// for each call: a request that drips arrives after its client has given up.
	counterparts []string
}

// newWorld makes a world. Its answers are in chunks, or whole, and its clients
// repeat what may be repeated so many times. It is closed by whoever made it.
func newWorld(t *testing.T, chunks bool, retries int) *world {
	t.Helper()
	w := &world{T: t, transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	var err error
	w.source, w.direct = contactstest.Start(t)
	w.direct, err = w.direct.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	w.target, _ = sendapptest.Start(t)
	w.toSource, w.toTarget = w.proxied(w.source, chunks), w.proxied(w.target, chunks)
	retry := contacts.RetryPolicy{Retries: retries, Min: time.Millisecond, Max: time.Millisecond}
	through := &http.Client{Transport: w.transport}
	w.crm, err = w.source.Client(contacts.WithBaseURL(w.toSource.url()), contacts.WithHTTPClient(through),
		contacts.WithLimiter(nil), contacts.WithTimeout(timeout), contacts.WithRetry(retry))
	require.NoError(t, err)
	w.app, err = w.target.Client(sendapp.WithBaseURL(w.toTarget.url()), sendapp.WithHTTPClient(through),
		sendapp.WithTimeout(timeout), sendapp.WithRetry(retry))
	require.NoError(t, err)
	return w
}

// proxied serves a handler behind a proxy.
func (w *world) proxied(handler http.Handler, chunks bool) *proxy {
	w.Helper()
	if chunks {
		handler = chunked(handler)
	}
	listener, err := testserver.Listen("127.0.0.1:0", handler)
	require.NoError(w, err)
	w.listeners = append(w.listeners, listener)
	return startProxy(w.T, strings.TrimPrefix(listener.URL(), "http://"))
}

func (w *world) close() {
	w.toSource.close()
	w.toTarget.close()
	w.transport.CloseIdleConnections()
	for _, listener := range w.listeners {
		assert.NoError(w, listener.Close())
	}
}

// chunked makes a handler send its answers in small chunks.
func chunked(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(pieces{w}, r) })
}

type pieces struct{ http.ResponseWriter }

func (p pieces) Write(data []byte) (n int, err error) {
	const size = 64
	for n < len(data) && err == nil {
		var some int
		some, err = p.ResponseWriter.Write(data[n:min(n+size, len(data))])
		n += some
		if f, ok := p.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
	}
	return n, err
}

// vary is by how many bytes one exchange may be shorter than another: times are
// written without zeros at their end.
const vary = 8

// strike makes a call, with a fault on its way through the proxy, on a new
// connection or a kept one. It counts faults that did not strike: on a busy machine
// a client gives up before it has begun.
func (w *world) strike(p *proxy, f fault, fresh bool, counts *tally, call func()) {
	w.Helper()
	if fresh {
		w.transport.CloseIdleConnections()
	}
	p.arm(&f)
	call()
	if _, left := p.counted(); left && f.at < f.of-vary {
		counts.missed.Add(1)
	}
	p.arm(nil)
}

// measure is how many bytes a call takes, each way.
func (w *world) measure(p *proxy, call func()) [2]int {
	w.Helper()
	p.arm(nil)
	call()
	passed, _ := p.counted()
	require.Positive(w, passed[request])
	require.Positive(w, passed[answer])
	return passed
}

// background is a context for what ends by itself.
func background() context.Context { return context.Background() }

// begin makes the contacts that are there from the beginning.
func (w *world) begin() {
	w.Helper()
	_, err := w.source.Apply(&contactstest.Export{Contacts: []json.RawMessage{json.RawMessage(
		`{"id":"` + made + `","firstName":"Anna","dateAdded":"2026-01-01T00:00:00.000Z","dateUpdated":"2026-01-01T00:00:00.000Z"}`)}})
	require.NoError(w, err)
	app, err := w.target.Client()
	require.NoError(w, err)
	for range perWorld + 1 {
		c, err := app.Contacts.Create(background(), sendapp.ContactCreate{FirstName: opt.Set("Anna")})
		require.NoError(w, err)
		w.counterparts = append(w.counterparts, c.ContactID)
	}
}

func (w *world) proxyOf(x exchange) *proxy {
	if x.target {
		return w.toTarget
	}
	return w.toSource
}

// atSource and atTarget count the contacts with a first name.
func (w *world) atSource(name string) int { return w.named(w.source.Export().Contacts, name) }

func (w *world) atTarget(name string) int { return w.named(w.target.Export()["contacts"], name) }

func (w *world) named(records []json.RawMessage, name string) (n int) {
	w.Helper()
	for _, data := range records {
		var c struct{ FirstName string }
		require.NoError(w, json.Unmarshal(data, &c))
		if c.FirstName == name {
			n++
		}
	}
	return n
}
