package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// connections is how many webhooks are on their way at once.
	connections = 64
	// patience is how long an answer may take.
	patience = 10 * time.Second
)

// webhook is one that the source has signed.
type webhook struct {
	header http.Header
	body   []byte
	made   time.Time
}

// sender takes the webhooks of the source, which sends one after another, and
// hands them on by many connections. As the service does, it sends again what was
// answered 429, but sooner.
type sender struct {
	to     string
	client *http.Client
	queue  chan webhook
	group  sync.WaitGroup

	mu      sync.Mutex
	took    times       // of first answers, since they were asked for
	after   times       // the same, since the event was made
	answers map[int]int // by status, of first answers; 0: there was none
	lost    int         // never answered 200
	ids     []string    // of those that were answered 200
}

func newSender(to string, room int) *sender {
	s := &sender{
		to: to, queue: make(chan webhook, room), answers: map[int]int{},
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: connections}},
	}
	for range connections {
		s.group.Go(func() {
			for w := range s.queue {
				s.deliver(w)
			}
		})
	}
	return s
}

// ServeHTTP takes a webhook of the source.
func (s *sender) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // it is in memory
	}
	s.queue <- webhook{r.Header, body, time.Now()}
}

// wait returns when all were delivered.
func (s *sender) wait() {
	close(s.queue)
	s.group.Wait()
	s.client.CloseIdleConnections()
}

func (s *sender) deliver(w webhook) {
	const tries = 7
	asked := time.Now()
	status := s.post(w)
	s.first(status, time.Since(asked), time.Since(w.made))
	for again := 1; status == http.StatusTooManyRequests && again < tries; again++ {
		<-time.After(time.Second)
		status = s.post(w)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status != http.StatusOK {
		s.lost++
		return
	}
	var event struct{ WebhookID string }
	if json.Unmarshal(w.body, &event) == nil {
		s.ids = append(s.ids, event.WebhookID)
	}
}

func (s *sender) first(status int, took, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[status]++
	s.took, s.after = append(s.took, took), append(s.after, after)
}

func (s *sender) post(w webhook) int {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.to, bytes.NewReader(w.body))
	if err != nil {
		return 0
	}
	request.Header = w.header.Clone()
	response, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// times are how long things took.
type times []time.Duration

// String is the times of half of them, of 99 %, and of all.
func (t times) String() string {
	slices.Sort(t)
	within := func(percent int) time.Duration {
		return t[max(0, len(t)*percent/100-1)].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %s, p99 %s, all within %s", within(50), within(99), within(100))
}
