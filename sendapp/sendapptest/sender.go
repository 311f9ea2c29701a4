package sendapptest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Delivered is an event that was delivered, or given up.
type Delivered struct {
	// WebhookID is the subscription's id, MessageID the event's: the header
	// webhook-id, which is the same however often it is tried.
	WebhookID, MessageID string
	Type                 string
	Body                 []byte
	Status               int // of the last try; 0 if nobody answered
	Tries                int
}

// pending is an event that waits.
type pending struct {
	Delivered
	due time.Time
}

// sender delivers events, one after another, each when it is due.
type sender struct {
	server *Server // whose lock is never asked for under the sender's
	config config
	client *http.Client
	ctx    context.Context // the sender's life, ended by close
	cancel context.CancelFunc

	mu        sync.Mutex
	queue     []*pending
	more      chan struct{} // closed when the queue has grown
	running   chan struct{} // closed when the queue was worked off; nil if it is empty
	delivered []Delivered
}

func newSender(server *Server) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sender{
		server: server, config: server.config, client: &http.Client{Transport: server.config.deliver, Timeout: 15 * time.Second},
		ctx: ctx, cancel: cancel, more: make(chan struct{}),
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if s.client.Transport == nil {
		s.client.Transport = &http.Transport{} // its connections are closed with the server
	}
	if s.config.delivery.Retries == nil {
		s.config.delivery.Retries = standardRetries()
	}
	return s
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

// Deliveries lists the events that were delivered or given up.
func (s *Server) Deliveries() []Delivered {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	return slices.Clone(s.sender.delivered)
}

// send queues messages.
func (s *sender) send(messages []message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(messages) == 0 || s.ctx.Err() != nil {
		return
	}
	policy := s.config.delivery
	for _, m := range messages {
		p := pending{
			Delivered: Delivered{WebhookID: m.WebhookID, MessageID: m.ID, Type: m.Type, Body: m.Body},
			due:       time.Now().Add(policy.Delay),
		}
		for range policy.Copies + 1 {
			again := p
			s.queue = append(s.queue, &again)
		}
	}
	s.changed()
	if s.running == nil && len(s.queue) > 0 {
		s.running = make(chan struct{})
		go s.run(s.running)
	}
}

// changed wakes the sender. The mutex is held.
func (s *sender) changed() {
	close(s.more)
	s.more = make(chan struct{})
}

// drop gives up what waits for a subscription that has ended.
func (s *sender) drop(webhookID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = slices.DeleteFunc(s.queue, func(p *pending) bool {
		ended := p.WebhookID == webhookID
		if ended {
			s.delivered = append(s.delivered, p.Delivered)
		}
		return ended
	})
	s.changed()
}

func (s *sender) run(done chan struct{}) {
	defer close(done)
	for {
		next, wait, more := s.next()
		switch {
		case next != nil:
			s.try(next)
		case wait > 0:
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-more:
			case <-s.ctx.Done():
			}
			timer.Stop()
		default:
			return
		}
	}
}

// next takes the event that is due, or says how long that takes. Neither: there
// is none, and the sender has stopped.
func (s *sender) next() (*pending, time.Duration, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || s.ctx.Err() != nil {
		s.running = nil
		return nil, 0, nil
	}
	now := time.Now()
	due := func(p *pending) bool { return !p.due.After(now) }
	at := slices.IndexFunc(s.queue, due)
	if at < 0 {
		soonest := slices.MinFunc(s.queue, func(a, b *pending) int { return a.due.Compare(b.due) })
		return nil, soonest.due.Sub(now), s.more
	}
	if s.config.delivery.Reverse {
		for i, p := range slices.Backward(s.queue) {
			if due(p) {
				at = i
				break
			}
		}
	}
	next := s.queue[at]
	s.queue = slices.Delete(s.queue, at, at+1)
	return next, 0, nil
}

// try delivers an event, and queues it again if that failed.
func (s *sender) try(p *pending) {
	hook := s.server.subscriber(p.WebhookID)
	if hook != nil {
		p.Tries++
		p.Status = s.post(p, hook)
	}
	if s.ctx.Err() != nil {
		return // it waits in the journal
	}
	retries := s.config.delivery.Retries
	switch delivered := p.Status >= 200 && p.Status <= 299; {
	case hook == nil, delivered:
	case p.Status == http.StatusGone:
		s.server.end(p.WebhookID)
	case p.Tries <= len(retries):
		s.mu.Lock()
		defer s.mu.Unlock()
		p.due = time.Now().Add(retries[p.Tries-1])
		s.queue = append(s.queue, p)
		return
	}
	s.server.settle(p.MessageID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered = append(s.delivered, p.Delivered)
}

// post sends an event as the Standard Webhooks specification says.
func (s *sender) post(p *pending, hook *subscription) int {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, hook.URL, bytes.NewReader(p.Body))
	if err != nil {
		return 0
	}
	stamp := strconv.FormatInt(s.config.clock().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("webhook-id", p.MessageID)
	request.Header.Set("webhook-timestamp", stamp)
	request.Header.Set("webhook-signature", sign(hook.Secrets, p.MessageID, stamp, p.Body))
	response, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()                                      //nolint:errcheck // read to its end
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the status is all that counts
	return response.StatusCode
}

// sign makes one signature for each secret, all in one header.
func sign(secrets []string, id, stamp string, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			panic("sendapptest: a secret of its own: " + err.Error())
		}
		mac := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body) // a hash takes all
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// close stops the sender and waits for it.
func (s *sender) close() {
	s.cancel()
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if running != nil {
		<-running
	}
	s.client.CloseIdleConnections()
}
