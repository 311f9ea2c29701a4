package sendapptest

import (
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
)

// DefaultAPIKey is the key that a server accepts if it isn't told otherwise.
const DefaultAPIKey = "key-sendapptest"

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
