package sendapptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/testserver"
)

const (
	// idempotencyWindow is how long an idempotency key is remembered.
	idempotencyWindow = 24 * time.Hour
	// maxBody is how large a request may be, maxKey how long an idempotency key.
	maxBody = 1 << 20
	maxKey  = 255
	// DefaultAPIKey is the key that a server accepts if it isn't told otherwise.
	DefaultAPIKey = "key-sendapptest"
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
	listener *testserver.Listener
}

type config struct {
	apiKey                   string
	tokens                   map[string][]string // scopes by token
	seed                     uint64
	clock                    func() time.Time
	dir                      string
	limits                   *testserver.Window
	faults                   func(operation string, call int) Fault
	uniquePhone, uniqueEmail bool
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
type Option func(*config)

// WithAPIKey sets the key that is accepted, in X-API-Key. It may do everything.
func WithAPIKey(key string) Option { return func(c *config) { c.apiKey = key } }

// WithToken accepts a bearer token too, which may do what its scopes say:
// contacts.readonly to read, contacts.write to write.
func WithToken(token string, scopes ...string) Option {
	return func(c *config) { c.tokens[token] = scopes }
}

// WithSeed sets what the ids of records are made of: the same seed and the same
// requests make the same ids.
func WithSeed(seed uint64) Option { return func(c *config) { c.seed = seed } }

// WithClock sets the clock. The default is time.Now.
func WithClock(clock func() time.Time) Option { return func(c *config) { c.clock = clock } }

// WithDir keeps the server's contents in a directory: each change is written
// there before its request is answered.
func WithDir(dir string) Option { return func(c *config) { c.dir = dir } }

// WithLimits lets 100 requests pass in 10 seconds.
func WithLimits() Option {
	return func(c *config) { c.limits = &testserver.Window{Limit: 100, Length: 10 * time.Second} }
}

// WithUniquePhone refuses a second contact with the same phone.
func WithUniquePhone() Option { return func(c *config) { c.uniquePhone = true } }

// WithUniqueEmail refuses a second contact with the same e-mail.
func WithUniqueEmail() Option { return func(c *config) { c.uniqueEmail = true } }

// WithFaults makes requests fail: faults is asked for each, with the name of the
// operation ("contacts.get", …) and how often it was called, from 1.
func WithFaults(faults func(operation string, call int) Fault) Option {
	return func(c *config) { c.faults = faults }
}

// NewServer makes a server. Close it.
func NewServer(opts ...Option) (*Server, error) {
	s := &Server{
		config: config{apiKey: DefaultAPIKey, tokens: map[string][]string{}, seed: 2, clock: time.Now},
		state:  newState(), requests: map[string]int{},
	}
	for _, option := range opts {
		option(&s.config)
	}
	s.ids = testserver.NewIDs(s.config.seed)
	s.routes = s.newRoutes()
	if s.config.dir == "" {
		return s, nil
	}
	var err error
	s.journal, err = testserver.OpenJournal(s.config.dir, "sendapp", func(line json.RawMessage) error {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if err := e.restore(); err != nil {
			return err
		}
		return s.state.apply(e)
	}, func() []any { return s.state.entries(s.config.clock()) })
	if err != nil {
		return nil, fmt.Errorf("sendapptest: open the journal: %w", err)
	}
	s.last = s.state.newest()
	return s, nil
}

// entries are the entries that make the same state anew.
func (s *state) entries(now time.Time) []any {
	s.forgetOldKeys(now)
	var all []any
	for _, k := range kinds() { // contacts before their children
		for _, t := range s.collections[k.name].deleted {
			put := entry{Op: opPut, Kind: k.name, ID: t.id, ContactID: t.contactID, At: t.deletedAt}
			if t.externalID != "" {
				put.Fields = map[string]jsontext.Value{"externalId": quote(t.externalID)}
			}
			all = append(all, put, entry{Op: opDelete, Kind: k.name, ID: t.id, At: t.deletedAt})
		}
		for _, r := range s.collections[k.name].all {
			all = append(all, putEntry(k, r))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.keys)) {
		used := s.keys[key]
		if r := s.collections[used.kind].byID[used.record]; r != nil {
			e := putEntry(s.kinds[used.kind], r)
			e.Idempotency, e.Status, e.Answer = used, used.status, used.answer
			all = append(all, e)
		}
	}
	return all
}

// now is the clock's time in milliseconds. It never goes back, or who lists what
// changed since would miss a change.
func (s *Server) now() time.Time {
	now := s.config.clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.last) {
		now = s.last
	}
	s.last = now
	return now
}

func (s *Server) newID(k *kind) string {
	return k.prefix + s.ids.Next(func(id string) bool { return s.state.collections[k.name].everHad[k.prefix+id] })
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

// Transport calls the server without sockets, for an http.Client. The host of a
// request does not matter then.
func (s *Server) Transport() http.RoundTripper { return testserver.Transport(s) }

// Close stops the server.
func (s *Server) Close() error {
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

// commit writes a change to the journal and then makes it. The mutex is held.
// After a failure the journal may end in half an entry, so nothing is written
// any more.
func (s *Server) commit(e entry) error {
	if s.broken != nil {
		return s.broken
	}
	if s.broken = s.journal.Append(e); s.broken != nil {
		return s.broken
	}
	return s.state.apply(e)
}

// Counts are how many records the server holds.
type Counts struct{ Contacts, Tasks, Notes int }

// Counts counts the server's records.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := func(kind string) int { return len(s.state.collections[kind].byID) }
	return Counts{count(contacts), count(tasks), count(notes)}
}

// Requests are how many requests were answered, by operation.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// Export is all records as the server answers them, by kind ("contacts",
// "tasks", "notes"), in the order of their listings.
func (s *Server) Export() map[string][]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	export := map[string][]json.RawMessage{}
	for _, k := range kinds() {
		export[k.name] = []json.RawMessage{}
		for _, r := range s.state.collections[k.name].all {
			export[k.name] = append(export[k.name], json.RawMessage(r.encode(k)))
		}
	}
	return export
}
