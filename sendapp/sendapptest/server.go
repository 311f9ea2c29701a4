package sendapptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
	"github.com/contactlink/contactlink/sendapp"
)

// Server is a server of the contract, in memory. It is an http.Handler, and
// safe for concurrent use.
type Server struct {
	config config
	ids    *testserver.IDs
	routes http.Handler

	mu       sync.Mutex
	state    *state
	last     time.Time
	journal  *testserver.Journal
	broken   error // why the journal can't be written any more
	requests map[string]int
	answered int
	faults   testserver.Faults
	sender   *sender
	listener *testserver.Listener
}

// NewServer makes a server. Close it.
func NewServer(opts ...Option) (*Server, error) {
	s := &Server{
		config: config{
			apiKey: DefaultAPIKey, tokens: map[string][]string{}, seed: 2, clock: time.Now, without: map[string]bool{},
		},
		state: newState(), requests: map[string]int{},
	}
	for _, option := range opts {
		option(&s.config)
	}
	s.ids = testserver.NewIDs(s.config.seed)
	s.sender = newSender(s)
	s.state.orphans = !s.has(sendapp.FeatureCascades)
	for _, k := range s.state.kinds {
		k.unversioned = !s.has(sendapp.FeatureVersions)
		for i, f := range k.fields {
			if s.config.altering {
				k.fields[i] = altered(f)
			}
		}
	}
	s.routes = s.newRoutes()
	if s.config.dir == "" {
		return s, nil
	}
	if err := s.openJournal(); err != nil {
		return nil, fmt.Errorf("sendapptest: open the journal: %w", err)
	}
	s.sender.send(s.state.waiting())
	return s, nil
}

// Listen serves on an address, "127.0.0.1:0" for any free port, and returns the
// base URL.
func (s *Server) Listen(address string) (string, error) {
	listener, err := testserver.Listen(address, s)
	if err != nil {
		return "", fmt.Errorf("sendapptest: listen: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = listener
	return listener.URL(), nil
}

// Client returns a client that is ready to use the server, without sockets.
func (s *Server) Client(opts ...sendapp.ClientOption) (*sendapp.Client, error) {
	return sendapp.NewClient(append([]sendapp.ClientOption{
		sendapp.WithBaseURL("http://localhost"), sendapp.WithHTTPClient(&http.Client{Transport: s.Transport()}),
		sendapp.WithAPIKey(s.config.apiKey),
	}, opts...)...)
}

// Transport calls the server without sockets, for an http.Client. The host of a
// request does not matter then.
func (s *Server) Transport() http.RoundTripper { return testserver.Transport(s) }

// Close stops the server.
func (s *Server) Close() error {
	s.sender.close() // first: what it delivered is in the journal then
	s.mu.Lock()
	listener, journal := s.listener, s.journal
	s.listener, s.journal = nil, nil // a second Close does nothing
	if journal != nil {
		s.broken = errors.New("the server is closed")
	}
	s.mu.Unlock()
	var err error
	if listener != nil {
		err = listener.Close()
	}
	return errors.Join(err, journal.Close())
}

// Fail makes requests fail from now on, after the faults that were set before:
//
//	server.Fail(sendapptest.Fault{Operation: "contacts.create", Status: 503, After: true})
func (s *Server) Fail(fault Fault) { s.faults.Add(fault) }

// Heal ends the faults of Fail.
func (s *Server) Heal() { s.faults.Clear() }

// SetContactLimit sets how many contacts the plan holds; 0: any number.
func (s *Server) SetContactLimit(contacts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.contactLimit = contacts
}

// Counts are how many records the server holds.
type Counts struct{ Contacts, Tasks, Notes, Appointments int }

// Counts counts the server's records.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := func(kind string) int { return len(s.state.collections[kind].byID) }
	return Counts{count(contacts), count(tasks), count(notes), count(appointments)}
}

// Requests are how many requests were answered, by operation.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// Export is all records as the server answers them, by kind ("contacts",
// "tasks", "notes", "appointments"), in the order of their listings.
func (s *Server) Export() map[string][]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	export := map[string][]json.RawMessage{}
	for _, k := range s.state.kinds {
		export[k.name] = []json.RawMessage{}
		for _, r := range s.state.collections[k.name].all {
			export[k.name] = append(export[k.name], json.RawMessage(r.encode(k)))
		}
	}
	return export
}
