package contactstest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Delivery is a webhook that was sent.
type Delivery struct {
	Type   string
	Body   []byte
	Status int // of the last try; 0 if nobody answered
	Tries  int
}

// tries and redelivery are the policy of the vendor's help: only 429 is sent
// again, six times, about ten minutes apart.
const (
	tries      = 7
	redelivery = 10 * time.Minute
)

// sender delivers events, one after another.
type sender struct {
	server *Server
	client *http.Client
	ctx    context.Context //nolint:containedctx // the sender's life, ended by close
	cancel context.CancelFunc

	mu        sync.Mutex
	url       string
	number    int
	queue     []Delivery
	running   chan struct{} // closed when the queue was worked off; nil if it is empty
	delivered []Delivery
}

func newSender(s *Server) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	return &sender{server: s, client: &http.Client{Timeout: 10 * time.Second}, ctx: ctx, cancel: cancel}
}

// SendWebhooksTo sends an event to url for each change that is made through the
// API from now on, signed with the server's key. "" stops it.
func (s *Server) SendWebhooksTo(url string) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	s.sender.url = url
}

// Flush returns when all events were delivered or given up.
func (s *Server) Flush(ctx context.Context) error {
	s.sender.mu.Lock()
	running := s.sender.running
	s.sender.mu.Unlock()
	if running == nil {
		return nil
	}
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Deliveries lists what was sent.
func (s *Server) Deliveries() []Delivery {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	return append([]Delivery(nil), s.sender.delivered...)
}

// event queues an event, if anybody wants it.
func (s *Server) event(kind string, payload record) {
	q := s.sender
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.url == "" || q.ctx.Err() != nil {
		return
	}
	q.number++
	body := maps.Clone(payload)
	body.set("type", kind)
	body.set("locationId", s.location)
	body.set("timestamp", s.now())
	body.set("webhookId", s.uuid())
	q.queue = append(q.queue, Delivery{Type: kind, Body: raw(body)})
	if q.running == nil {
		q.running = make(chan struct{})
		go q.run(q.running)
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
		next, url := q.queue[0], q.url
		q.queue = q.queue[1:]
		q.mu.Unlock()
		q.deliver(&next, url)
		q.mu.Lock()
		q.delivered = append(q.delivered, next)
		q.mu.Unlock()
	}
}

func (q *sender) deliver(d *Delivery, url string) {
	for d.Tries < tries && q.ctx.Err() == nil {
		d.Tries++
		d.Status = q.post(d.Body, url)
		if d.Status != http.StatusTooManyRequests {
			return
		}
		select {
		case <-q.ctx.Done():
		case <-time.After(redelivery):
		}
	}
}

func (q *sender) post(body []byte, url string) int {
	request, err := http.NewRequestWithContext(q.ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(q.server.key, body)))
	response, err := q.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()                                      //nolint:errcheck // read to its end
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the status is all that counts
	return response.StatusCode
}

// close stops the sender and waits for it.
func (q *sender) close() {
	q.cancel()
	q.mu.Lock()
	running := q.running
	q.mu.Unlock()
	if running != nil {
		<-running
	}
	q.client.CloseIdleConnections()
}

// uuid makes an id of the form that traces and webhooks have.
func (s *Server) uuid() string {
	id := s.ids.Next(func(string) bool { return false })
	return fmt.Sprintf("%x-%x-4%x-a%x-%x", id[0:4], id[4:6], id[6:7]+"0", id[8:9]+"1", id[10:16])
}
