package contactstest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
)

// webhookTimeout is how long an answer may take. The service's own time is not
// published.
const webhookTimeout = 10 * time.Second

func handlerClient(handler http.Handler) *http.Client {
	return &http.Client{Timeout: webhookTimeout, Transport: testserver.Transport(handler)}
}

// sender delivers events, one after another, each when its time has come.
type sender struct {
	server *Server
	ctx    context.Context //nolint:containedctx // the sender's life, ended by close
	cancel context.CancelFunc

	mu          sync.Mutex
	client      *http.Client
	url         string
	random      *mathrand.Rand
	disturbance Disturbance
	queue       []*parcel
	running     chan struct{} // closed when the queue was worked off; nil if it is empty
	news        chan struct{} // has an element when the queue got something
	delivered   []Delivery
}

// parcel is an event on its way.
type parcel struct {
	Delivery

	body record
	due  time.Time // by the real or virtual clock, not the server's
}

func newSender(s *Server) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	return &sender{
		server: s, ctx: ctx, cancel: cancel, news: make(chan struct{}, 1),
		random: mathrand.New(mathrand.NewPCG(0, 0)), //nolint:gosec // deterministic on purpose
	}
}

func (q *sender) wanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.url != "" && q.ctx.Err() == nil
}

// add queues an event, as the disturbance wants it.
func (q *sender) add(kind string, body record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	copies := 1
	if q.random.Float64() < q.disturbance.Duplicate {
		copies = 2
	}
	if q.random.Float64() < q.disturbance.Lose {
		copies = 0
	}
	for range copies {
		due := time.Now()
		if q.disturbance.Delay > 0 {
			due = due.Add(time.Duration(q.random.Int64N(int64(q.disturbance.Delay))))
		}
		q.push(&parcel{Delivery: Delivery{Type: kind, Body: raw(body)}, body: body, due: due})
	}
}

// push puts a parcel into the queue, behind those that are due before or at the
// same time. The mutex is held.
func (q *sender) push(p *parcel) {
	at := len(q.queue)
	for at > 0 && q.queue[at-1].due.After(p.due) {
		at--
	}
	q.queue = slices.Insert(q.queue, at, p)
	if q.running == nil {
		q.running = make(chan struct{})
		go q.run(q.running)
	}
	select {
	case q.news <- struct{}{}:
	default:
	}
}

func (q *sender) run(done chan struct{}) {
	defer close(done)
	for {
		q.mu.Lock()
		if len(q.queue) == 0 || q.ctx.Err() != nil {
			q.running = nil
			q.mu.Unlock()
			return
		}
		next, url, client := q.queue[0], q.url, q.client
		if early := time.Until(next.due); early > 0 {
			q.mu.Unlock()
			q.pause(early)
			continue
		}
		q.queue = q.queue[1:]
		q.mu.Unlock()
		next.Tries++
		next.Status = q.post(client, url, next.Body)
		q.mu.Lock()
		if wait, again := q.server.redelivery.again(next.Status, next.Tries, q.random); again {
			q.retry(next, wait)
		} else {
			q.delivered = append(q.delivered, next.Delivery)
		}
		q.mu.Unlock()
	}
}

// retry queues a delivery again. The mutex is held.
func (q *sender) retry(p *parcel, wait time.Duration) {
	if q.server.redelivery.FreshTimestamp {
		p.body = maps.Clone(p.body)
		p.body.set("timestamp", q.server.clock().Add(wait).UTC().Format(timeFormat))
		p.Body = raw(p.body)
	}
	p.due = time.Now().Add(wait)
	q.push(p)
}

// pause waits until something is due.
func (q *sender) pause(early time.Duration) {
	timer := time.NewTimer(early)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.news:
	case <-q.ctx.Done():
	}
}

func (q *sender) post(client *http.Client, url string, body []byte) int {
	request, err := http.NewRequestWithContext(q.ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	if err := q.sign(request.Header, body); err != nil {
		return 0
	}
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()                                      //nolint:errcheck // read to its end
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the status is all that counts
	return response.StatusCode
}

// sign signs the bytes of the body.
func (q *sender) sign(header http.Header, body []byte) error {
	header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(q.server.key, body)))
	if q.server.legacyKey == nil {
		return nil
	}
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, q.server.legacyKey, crypto.SHA256, sum[:])
	if err != nil {
		return err
	}
	header.Set("X-WH-Signature", base64.StdEncoding.EncodeToString(signature))
	return nil
}

// close stops the sender and waits for it.
func (q *sender) close() {
	q.cancel()
	q.mu.Lock()
	running, client := q.running, q.client
	q.mu.Unlock()
	if running != nil {
		<-running
	}
	if client != nil {
		client.CloseIdleConnections()
	}
}
