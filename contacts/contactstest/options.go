package contactstest

import (
	"crypto/rsa"
	"time"

	"github.com/contactlink/contactlink/internal/testserver"
)

// Option is an option of NewServer.
type Option func(*Server)

// What a server accepts if it isn't told otherwise.
const (
	DefaultLocation = "ve9EPM428h8vShlRW1KT"
	DefaultToken    = "pit-contactstest"
	// DefaultCompany is the agency that the location belongs to.
	DefaultCompany = "5DP4iH6HLkQsiKESj6rh"
	// DefaultCalendar is the one calendar that a new server has.
	DefaultCalendar = "BqTwX8QFwXzpegMve9EQ"
)

// WithLocation sets the location's id. The default is DefaultLocation.
func WithLocation(id string) Option { return func(s *Server) { s.location = id } }

// WithToken sets the private integration token that is accepted, with all
// scopes. The default is DefaultToken. AddToken adds others.
func WithToken(token string) Option { return func(s *Server) { s.token = token } }

// WithClock sets the clock. The default is time.Now.
func WithClock(clock func() time.Time) Option { return func(s *Server) { s.clock = clock } }

// WithSeed makes the ids others. The same seed makes the same ids.
func WithSeed(seed uint64) Option { return func(s *Server) { s.ids = testserver.NewIDs(seed) } }

// WithAllowDuplicates lets several contacts have one e-mail or phone, as a
// location can be set to.
func WithAllowDuplicates() Option { return func(s *Server) { s.duplicates = true } }

// WithTimeZone sets the location's time zone: times without an offset, in the
// appointments of a contact, are in it. The default is UTC. What zone the
// service means is not known.
func WithTimeZone(zone *time.Location) Option { return func(s *Server) { s.zone = zone } }

// WithIndexLag makes searches see changes after this time only. The service's
// index takes seconds; the default here is at once.
func WithIndexLag(lag time.Duration) Option { return func(s *Server) { s.lag = lag } }

// WithDir keeps the server's contents in a directory: each change is written
// there before its request is answered.
func WithDir(dir string) Option { return func(s *Server) { s.dir = dir } }

// WithFullTaskEvents puts the contact's id and the body into TaskCreate events,
// as documented. Live ones lack them.
func WithFullTaskEvents() Option { return func(s *Server) { s.fullTasks = true } }

// WithRedelivery sets when a webhook is sent again. The default is the zero
// Redelivery.
func WithRedelivery(policy Redelivery) Option { return func(s *Server) { s.redelivery = policy } }

// WithLegacySignature signs webhooks with an RSA key too, in the header
// X-WH-Signature, as the service did before it had Ed25519.
func WithLegacySignature(key *rsa.PrivateKey) Option { return func(s *Server) { s.legacyKey = key } }
