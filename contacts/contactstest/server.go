package contactstest

import (
	"crypto/ed25519"
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
	duplicates bool
	limits     *testserver.Window
	daily      *testserver.Window
	fullTasks  bool
	dir        string

	ids    *testserver.IDs
	key    ed25519.PrivateKey
	routes http.Handler
	sender *sender
	faults func(operation string, call int) Fault

	mu       sync.Mutex
	state    *state
	journal  *testserver.Journal
	requests map[string]int
	listener *testserver.Listener
}

// Fault is what goes wrong with a request. The zero Fault is nothing.
type Fault struct {
	// Status is answered instead of the answer; 0: none.
	Status int
	// Cut breaks the connection.
	Cut bool
	// After lets the request take effect before.
	After bool
}

// Option is an option of NewServer.
type Option func(*Server)

// WithLocation sets the location's id. The default is DefaultLocation.
func WithLocation(id string) Option { return func(s *Server) { s.location = id } }

// WithToken sets the token that is accepted. The default is DefaultToken.
func WithToken(token string) Option { return func(s *Server) { s.token = token } }

// WithClock sets the clock. The default is time.Now.
func WithClock(clock func() time.Time) Option { return func(s *Server) { s.clock = clock } }

// WithAllowDuplicates lets several contacts have one e-mail or phone, as a
// location can be set to.
func WithAllowDuplicates() Option { return func(s *Server) { s.duplicates = true } }

// WithLimits turns the real limits on: 100 requests per 10 seconds, 200,000 a
// day.
func WithLimits() Option {
	return func(s *Server) {
		s.limits = &testserver.Window{Limit: 100, Length: 10 * time.Second}
		s.daily = &testserver.Window{Limit: 200_000, Length: 24 * time.Hour}
	}
}

// WithDir keeps the server's contents in a directory: each change is written
// there before its request is answered.
func WithDir(dir string) Option { return func(s *Server) { s.dir = dir } }

// WithFaults makes requests fail: faults is asked for each, with the name of the
// operation ("contacts.get", …) and how often it was called, from 1.
func WithFaults(faults func(operation string, call int) Fault) Option {
	return func(s *Server) { s.faults = faults }
}

// WithFullTaskEvents puts the contact's id and the body into TaskCreate events,
// as documented. Live ones lack them.
func WithFullTaskEvents() Option { return func(s *Server) { s.fullTasks = true } }

// What a server accepts if it isn't told otherwise.
const (
	DefaultLocation = "ve9EPM428h8vShlRW1KT"
	DefaultToken    = "pit-contactstest"
)

// NewServer makes a server. Close it.
func NewServer(opts ...Option) (*Server, error) {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, "contactstest signs its webhooks")
	s := &Server{
		location: DefaultLocation, token: DefaultToken, clock: time.Now, ids: testserver.NewIDs(1),
		key: ed25519.NewKeyFromSeed(seed), state: newState(), requests: map[string]int{},
	}
	for _, option := range opts {
		option(s)
	}
	s.routes = s.newRoutes()
	s.sender = newSender(s)
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
	return s, nil
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
	return nil
}

// Counts are how many records the server holds.
type Counts struct{ Contacts, Tasks, Notes int }

// Counts counts the server's records.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{len(s.state.contacts), len(s.state.tasks), len(s.state.notes)}
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
