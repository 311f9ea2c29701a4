package syncer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Config is what an Engine is made of.
type Config struct {
	// Tenants are who is served: One(id, flows...) for a single location. Required.
	Tenants Tenants
	// Store keeps the state. Required: NewMemoryStore() forgets it when the process
	// ends, sqlite.Open(path) does not. The caller closes it.
	Store Store
	// Logger gets what a person should know. The default is slog.Default().
	Logger *slog.Logger
	// Workers is how many keys are worked on at once, at most. The default is 32:
	// with fewer, commits are not shared well.
	Workers int
	// RequestTimeout bounds each call of a source or target, with all that the
	// client does inside: waiting for the rate limit, repeating. The default is
	// 15 seconds.
	RequestTimeout time.Duration
	// Lease is how long a key stays reserved for a worker that says nothing. Work
	// of a process that died is taken over when it has passed. It must be longer
	// than RequestTimeout: a request that is still on its way when somebody else
	// takes over could undo what that one writes. The default is RequestTimeout
	// plus 5 seconds.
	Lease time.Duration
	// MaxAttempts is how often a key may fail before it becomes a dead letter. The
	// default is 8.
	MaxAttempts int
	// RetryMin and RetryMax bound the wait after a failure, which doubles each
	// time. The defaults are 1 second and 5 minutes.
	RetryMin, RetryMax time.Duration
	// Changes says when Run asks sources that can list what changed since a time.
	// The default is Every(5 minutes).
	Changes Schedule
	// Sweep says when Run compares everything that a source has, so that what no
	// webhook told is found, deletions too. Records that can be listed by parent
	// only are gone round in a crawl, see CrawlShare; Sweep says when the next round
	// begins. The default is Every(hour).
	Sweep Schedule
	// TargetSweep says when Run compares everything that a target has with what it
	// answered, so that what others changed there is found. It costs a request for
	// each page of the target's listing. The default is Every(24 hours).
	TargetSweep Schedule
	// DailyBudget is how many requests a source takes in 24 hours, and CrawlShare
	// the share of it that crawls may use. The defaults are 200,000 and 0.2.
	DailyBudget int
	CrawlShare  float64
	// Grace is how long Run lets running work finish when its context has ended.
	// The default is 10 seconds.
	Grace time.Duration
	// Retention says how much of the log is kept.
	Retention Retention
	// LogValues puts the values of the fields that are sent into the log, and what
	// they replace. They are personal: the default is their names only.
	LogValues bool
	// SourceLimit and TargetLimit are how many requests either side takes. The engine
	// does not enforce them (the clients' limiters do): they are for the price of a
	// Plan and the time that is left. The default is 100 in 10 seconds.
	SourceLimit, TargetLimit Limit
	// Metrics takes what the engine measures. May be nil.
	Metrics Metrics
	// OnProgress is called while a backfill goes on, one call at a time. It must
	// return soon. May be nil.
	OnProgress func(Progress)
	// OnAlert is called when something needs a person, once, and once more when that
	// has ended; one call at a time. It must return soon. May be nil: alerts are
	// logged in any case.
	OnAlert func(Alert)
	// Rand is where jitter comes from. The default is random; a test gives a seeded
	// one.
	Rand *rand.Rand
	// maxMarks is how many marks a paused tenant keeps.
	maxMarks int
}

// Tenants are the tenants that an engine serves.
type Tenants interface {
	// List returns their ids.
	List(ctx context.Context) iter.Seq2[string, error]
	// Open returns a tenant's flows. It is called once for each tenant. The error for
	// an id that it does not know is ErrNoTenant: an event of that tenant is taken and
	// ignored then. After any other error the event has to be delivered again. ctx ends
	// when Open has returned, and after a minute at most.
	Open(ctx context.Context, id string) (Tenant, error)
}

// Tenant is one pair of accounts and the flows between them.
type Tenant struct {
	// Flows, in any order.
	Flows []Flow
	// Limits says how the limiters of the tenant's clients stand, for Status and
	// Metrics. It is called often and makes no request. May be nil: then the flows say
	// it, as those of flows.Standard do.
	Limits func() []LimitState
}

// Limit is how many requests a side takes within a window of time.
type Limit struct {
	Requests int
	Window   time.Duration
}

var defaultLimit = Limit{Requests: 100, Window: 10 * time.Second}

func (l Limit) valid() bool { return l.Requests > 0 && l.Window > 0 }

// each is the share of the window that a request has.
func (l Limit) each() time.Duration { return l.Window / time.Duration(l.Requests) }

// One is a single tenant. Its id stands in every key and in the log: for a
// location, its id.
func One(id string, flows ...Flow) Tenants { return one{id, flows} }

type one struct {
	id    string
	flows []Flow
}

func (o one) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield(o.id, nil) }
}

func (o one) Open(_ context.Context, id string) (Tenant, error) {
	if id != o.id {
		return Tenant{}, fmt.Errorf("%w: %q", ErrNoTenant, id)
	}
	return Tenant{Flows: o.flows}, nil
}

// Schedule says when something happens next.
type Schedule interface {
	Next(after time.Time) time.Time
}

// Every is a Schedule with a fixed interval.
func Every(d time.Duration) Schedule { return every(d) }

type every time.Duration

func (e every) Next(after time.Time) time.Time { return after.Add(time.Duration(e)) }

// withDefaults fills what was not set.
func (c Config) withDefaults() Config {
	setDefault(&c.Logger, slog.Default())
	setDefault(&c.Workers, 32)
	setDefault(&c.RequestTimeout, 15*time.Second)
	setDefault(&c.Lease, c.RequestTimeout+5*time.Second)
	setDefault(&c.MaxAttempts, 8)
	setDefault(&c.RetryMin, time.Second)
	setDefault(&c.RetryMax, 5*time.Minute)
	setDefault(&c.Grace, 10*time.Second)
	setDefault(&c.DailyBudget, 200_000)
	setDefault(&c.CrawlShare, 0.2)
	setDefault(&c.SourceLimit, defaultLimit)
	setDefault(&c.TargetLimit, defaultLimit)
	setDefault(&c.Retention.Age, 30*day)
	setDefault(&c.Retention.Rows, 1_000_000)
	setDefault(&c.maxMarks, maxMarks)
	for schedule, d := range map[*Schedule]time.Duration{
		&c.Changes: 5 * time.Minute, &c.Sweep: time.Hour, &c.TargetSweep: day,
	} {
		if *schedule == nil {
			*schedule = Every(d)
		}
	}
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // jitter, not a secret
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate checks a Config whose defaults are filled in.
func (c Config) validate() error {
	var errs []error
	complain := func(wrong bool, text string) {
		if wrong {
			errs = append(errs, errors.New("syncer: Config."+text))
		}
	}
	complain(c.Tenants == nil, "Tenants is missing: say whom to serve, syncer.One(locationID, flows...)")
	complain(c.Store == nil, "Store is missing: sqlite.Open(path), or syncer.NewMemoryStore() for a trial")
	complain(c.Workers < 0, "Workers is negative")
	complain(c.MaxAttempts < 0, "MaxAttempts is negative")
	complain(c.RequestTimeout < 0, "RequestTimeout is negative")
	complain(c.Lease <= c.RequestTimeout, "Lease must be longer than RequestTimeout: a late request could undo what another worker wrote")
	complain(c.RetryMin < 0 || c.RetryMax < c.RetryMin, "RetryMax is less than RetryMin")
	complain(c.DailyBudget < 0, "DailyBudget is negative")
	complain(c.CrawlShare < 0 || c.CrawlShare > 1, "CrawlShare is not between 0 and 1")
	complain(!c.SourceLimit.valid(), "SourceLimit wants both Requests and Window, more than 0")
	complain(!c.TargetLimit.valid(), "TargetLimit wants both Requests and Window, more than 0")
	complain(c.Grace < 0, "Grace is negative")
	return errors.Join(errs...)
}
