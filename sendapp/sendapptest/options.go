package sendapptest

import (
	"net/http"
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
	contactLimit             int
	altering                 bool
	without                  map[string]bool // resources and features
	deliver                  http.RoundTripper
	delivery                 Delivery
}

// Fault is what goes wrong with requests: see [Server.Fail].
type Fault = testserver.Fault

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

// WithLimits lets 100 requests pass in 10 seconds, as the contract suggests.
func WithLimits() Option { return WithRateLimit(100, 10*time.Second) }

// WithRateLimit lets so many requests pass in each window of this length. The
// rest is answered 429, with Retry-After and the RateLimit headers.
func WithRateLimit(requests int, window time.Duration) Option {
	return func(c *config) { c.limits = &testserver.Window{Limit: requests, Length: window} }
}

// WithContactLimit makes the plan hold so many contacts: one more is refused as
// contact_limit_reached. [Server.SetContactLimit] changes it.
func WithContactLimit(contacts int) Option { return func(c *config) { c.contactLimit = contacts } }

// WithAltering stores values as many real services do: without spaces around
// texts, e-mail addresses in lower case, times in whole seconds, numbers of custom
// fields with two decimals. What is answered is then not what was sent.
func WithAltering() Option { return func(c *config) { c.altering = true } }

// Without makes the server lack features and resources of the contract, as
// sendapp.FeatureVersions or sendapp.ResourceTasks.
//
// Without externalIds they are kept, but neither unique nor found; without
// versions no answer has one and If-Match is ignored; without idempotencyKeys the
// header is ignored; without cascades the children of a deleted contact stay.
// What else it lacks it refuses: unknown parameters and fields with 422, paths
// with 404 and the code no_route.
func Without[T ~string](names ...T) Option {
	return func(c *config) {
		for _, name := range names {
			c.without[string(name)] = true
		}
	}
}

// WithUniquePhone refuses a second contact with the same phone.
func WithUniquePhone() Option { return func(c *config) { c.uniquePhone = true } }

// WithUniqueEmail refuses a second contact with the same e-mail.
func WithUniqueEmail() Option { return func(c *config) { c.uniqueEmail = true } }

// WithFaults makes requests fail: faults is asked for each, with the name of the
// operation ("contacts.get", …) and how often it was called, from 1. It must not
// call the server. [Server.Fail] is simpler where it is enough.
func WithFaults(faults func(operation string, call int) Fault) Option {
	return func(c *config) { c.faults = faults }
}
