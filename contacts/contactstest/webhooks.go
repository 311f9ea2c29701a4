package contactstest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

// Redelivery says when a webhook is sent again. The zero value is the policy of
// the vendor's help: only 429 is, six times, about ten minutes apart.
type Redelivery struct {
	// AnyFailure sends again whatever was not answered with 2xx, or not at all:
	// twelve times, at growing intervals. Texts of the vendor since 2026 say so.
	AnyFailure bool
	// FreshTimestamp gives each try the time of its own. Whether the service does is
	// not known.
	FreshTimestamp bool
}

// again says whether a delivery is sent again, and after how long.
func (r Redelivery) again(status, tries int, random *rand.Rand) (time.Duration, bool) {
	jitter := time.Duration(random.Int64N(int64(time.Minute)))
	switch {
	case status/100 == 2:
		return 0, false
	case r.AnyFailure:
		return 10*time.Second<<min(tries-1, 9) + jitter, tries <= 12
	default:
		return 10*time.Minute + jitter, status == http.StatusTooManyRequests && tries <= 6
	}
}

// Disturbance is what happens to webhooks on their way. Shares are from 0 to 1.
type Disturbance struct {
	// Duplicate is the share that is delivered twice, Lose that is never delivered.
	Duplicate, Lose float64
	// Delay is the longest time that one may take. Those that follow may overtake it.
	Delay time.Duration
	// Seed makes the same disturbance each time.
	Seed uint64
}

// DisturbWebhooks disturbs the webhooks that are sent from now on.
func (s *Server) DisturbWebhooks(d Disturbance) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	s.sender.disturbance = d
	s.sender.random = rand.New(rand.NewPCG(d.Seed, 0)) //nolint:gosec // deterministic on purpose
}

// Delivery is a webhook that was sent, or tried to be.
type Delivery struct {
	Type   string
	Body   []byte
	Status int // of the last try; 0 if nobody answered
	Tries  int
}

// SendWebhooksTo sends an event to url for each change that is made through the
// API from now on, signed with the server's key. "" stops it.
func (s *Server) SendWebhooksTo(url string) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	s.sender.url, s.sender.client = url, &http.Client{Timeout: webhookTimeout}
}

// SendWebhooks is SendWebhooksTo without sockets: it works where time is
// virtual.
func (s *Server) SendWebhooks(handler http.Handler) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	s.sender.url = "https://webhooks.invalid/"
	s.sender.client = handlerClient(handler)
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
