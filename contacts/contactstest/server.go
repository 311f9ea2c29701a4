package contactstest

import (
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
)

// Server is the API in memory. It is an http.Handler, and safe for concurrent
// use.
type Server struct {
	location   string
	token      string
	clock      func() time.Time
	zone       *time.Location
	duplicates bool
	limits     *testserver.Window
	daily      *testserver.Window
	retryAfter bool
	lag        time.Duration
	fullTasks  bool
	redelivery Redelivery
	legacyKey  *rsa.PrivateKey
	dir        string
	app        App
	faults     func(operation string, call int) Fault

	ids     *testserver.IDs
	key     ed25519.PrivateKey
	routes  *node
	unknown *route
	sender  *sender

	mu       sync.Mutex
	state    *state
	tasks    taskSearches
	journal  *testserver.Journal
	requests map[string]int
	last     map[string][]byte // answers, for Fault.Stale
	tokens   map[string]Token
	failures []*failure
	failID   int
	inactive bool
	listener *testserver.Listener
}

// NewServer makes a server. Close it.
func NewServer(opts ...Option) (*Server, error) {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, "contactstest signs its webhooks")
	s := &Server{
		location: DefaultLocation, token: DefaultToken, clock: time.Now, zone: time.UTC, app: defaultApp(),
		ids: testserver.NewIDs(1), key: ed25519.NewKeyFromSeed(seed), state: newState(),
		requests: map[string]int{}, last: map[string][]byte{}, tokens: map[string]Token{},
		unknown: &route{name: "unknown"},
	}
	for _, option := range opts {
		option(s)
	}
	s.routes = s.newRoutes()
	s.sender = newSender(s)
	s.state.apply(s.beginning())
	if s.dir == "" {
		return s, nil
	}
	var err error
	s.journal, err = testserver.OpenJournal(s.dir, "contacts", func(line json.RawMessage) error {
		var changes []change
		if err := json.Unmarshal(line, &changes); err != nil {
			return err
		}
		s.state.apply(changes)
		return nil
	}, func() []any { return []any{s.state.all()} })
	if err != nil {
		return nil, fmt.Errorf("contactstest: open the journal: %w", err)
	}
	s.state.index.take(s.clock(), 0)
	return s, nil
}

// beginning is what a new server has.
func (s *Server) beginning() []change {
	return []change{
		{Kind: kindLocation, ID: s.location, Value: s.installation(s.location, "Test location")},
		{Kind: kindCalendar, ID: DefaultCalendar, Value: record{
			"id": raw(DefaultCalendar), "locationId": raw(s.location), "name": raw("Calendar"), "isActive": raw(true),
			"calendarType": raw("event"),
		}},
	}
}

// Listen serves on an address, "127.0.0.1:0" for any free port, and returns the
// base URL.
func (s *Server) Listen(address string) (string, error) {
	listener, err := testserver.Listen(address, s)
	if err != nil {
		return "", fmt.Errorf("contactstest: listen: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = listener
	return listener.URL(), nil
}

// Transport calls the server without sockets, for an http.Client. The host of a
// request does not matter then.
func (s *Server) Transport() http.RoundTripper { return testserver.Transport(s) }

// Close stops the server and what it sends.
func (s *Server) Close() error {
	s.sender.close()
	s.mu.Lock()
	listener, journal := s.listener, s.journal
	s.listener, s.journal = nil, nil // a second Close does nothing
	s.mu.Unlock()
	var err error
	if listener != nil {
		err = listener.Close()
	}
	return errors.Join(err, journal.Close())
}

// commit writes changes to the journal and then makes them. The mutex is held.
func (s *Server) commit(changes ...change) error {
	if err := s.journal.Append(changes); err != nil {
		return err
	}
	s.state.apply(changes)
	s.state.index.take(s.clock(), s.lag)
	return nil
}

// newID makes an id that no record of the kind has.
func (s *Server) newID(kind string) string {
	return s.ids.Next(func(id string) bool { return s.state.get(kind, id) != nil })
}

// uuid makes an id of the form that traces and webhooks have.
func (s *Server) uuid() string {
	hex := fmt.Sprintf("%x", s.ids.Next(func(string) bool { return false }))
	return hex[:8] + "-" + hex[8:12] + "-4" + hex[13:16] + "-a" + hex[17:20] + "-" + hex[20:32]
}

// timeFormat is how the service writes times.
const timeFormat = "2006-01-02T15:04:05.000Z"

func (s *Server) now() string { return s.clock().UTC().Format(timeFormat) }

// Counts are how many records the server holds.
type Counts struct{ Contacts, Tasks, Notes, Appointments int }

// Counts counts the server's records.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		s.state.count(kindContact), s.state.count(kindTask), s.state.count(kindNote), s.state.count(kindAppointment),
	}
}

// Requests are how many requests were answered, by operation.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// PublicKey verifies the server's webhooks.
func (s *Server) PublicKey() ed25519.PublicKey {
	key, _ := s.key.Public().(ed25519.PublicKey)
	return key
}
