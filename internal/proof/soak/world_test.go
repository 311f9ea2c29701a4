package soak_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

const (
	// budget is how many requests the engine has for a day, and others how many the
	// service leaves to those who change its records.
	budget, others = 1_500, 600
	// retention is how long the log is kept.
	retention = 24 * time.Hour
)

// world is both services and an engine between them, as users run it.
type world struct {
	*testing.T
	source *contactstest.Server
	target *sendapptest.Server
	engine *syncer.Engine
	// person is somebody who changes contacts in the source, and colleague in the
	// target.
	person    *contacts.Client
	colleague *sendapp.Client
	asked     *ledger
	file      string
}

// start makes a world, and lets its engine run. stop ends it.
func start(t *testing.T) (w *world, stop func()) {
	t.Helper()
	w = &world{T: t, asked: &ledger{}, file: filepath.Join(t.TempDir(), "state.db")}
	w.source, w.person = contactstest.Start(t,
		contactstest.WithRateLimits(contactstest.Limits{Requests: 110, Daily: budget + others, Sliding: true}),
		contactstest.WithFaults(func(_ string, call int) contactstest.Fault {
			switch {
			case call%97 == 0:
				return contactstest.Fault{Status: http.StatusServiceUnavailable}
			case call%131 == 0:
				return contactstest.Fault{Cut: true, After: true}
			default:
				return contactstest.Fault{}
			}
		}))
	w.target, w.colleague = sendapptest.Start(t, sendapptest.WithRateLimit(110, 10*time.Second),
		sendapptest.WithFaults(func(_ string, call int) sendapptest.Fault {
			switch {
			case call%89 == 0:
				return sendapptest.Fault{Status: http.StatusInternalServerError, After: true}
			case call%113 == 0:
				return sendapptest.Fault{Cut: true, After: true}
			default:
				return sendapptest.Fault{}
			}
		}))
	store, err := sqlite.Open(w.file)
	require.NoError(t, err)
	crm, app := w.clients(store)
	w.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, app, flows.WithRegion("US"))...),
		Store:   &quiet{Store: store}, Logger: slog.New(slog.DiscardHandler),
		Lease:       5 * time.Minute, // a sweep renews its own three times in that: a month has many of them
		DailyBudget: budget, TargetSweep: syncer.Every(6 * time.Hour), Retention: syncer.Retention{Age: retention},
	})
	require.NoError(t, err)
	verifier, err := contacts.NewVerifier(w.source.PublicKey())
	require.NoError(t, err)
	w.source.DisturbWebhooks(contactstest.Disturbance{Duplicate: 0.05, Lose: 0.05, Delay: 30 * time.Second})
	w.source.SendWebhooks(contacts.NewWebhookHandler(verifier, flows.Notify(w.engine)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.engine.Run(ctx) }()
	return w, func() {
		cancel()
		assert.NoError(t, <-done)
		assert.NoError(t, store.Close())
	}
}

// clients are the engine's own, with limiters and tokens that end.
func (w *world) clients(store contacts.TokenStore) (*contacts.Client, *sendapp.Client) {
	w.Helper()
	key, err := contacts.NewTokenKey("soak", make([]byte, 32))
	require.NoError(w, err)
	tokens, err := contacts.EncryptTokenStore(store, key)
	require.NoError(w, err)
	limiter, err := contacts.NewLimiter(contacts.RateLimits{Daily: budget})
	require.NoError(w, err)
	through := []contacts.ClientOption{
		contacts.WithBaseURL("http://localhost"), contacts.WithLimiter(limiter),
		contacts.WithHTTPClient(&http.Client{Transport: w.asked.of(w.source.Transport(), "source")}),
	}
	known := w.source.App()
	oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
		ClientID: known.ClientID, ClientSecret: known.ClientSecret, RedirectURL: "https://app.example/callback",
		Scopes: known.Scopes, Store: tokens,
	}, through...)
	require.NoError(w, err)
	code, err := w.source.Authorize(contactstest.LocationToken)
	require.NoError(w, err)
	_, err = oauth.Exchange(w.Context(), code)
	require.NoError(w, err)
	crm, err := contacts.NewClient(append(through, contacts.WithLocation(contactstest.DefaultLocation),
		contacts.WithTokenSource(oauth.Location(contactstest.DefaultLocation)))...)
	require.NoError(w, err)
	pace, err := sendapp.NewLimiter(sendapp.RateLimits{})
	require.NoError(w, err)
	app, err := w.target.Client(sendapp.WithLimiter(pace),
		sendapp.WithHTTPClient(&http.Client{Transport: w.asked.of(w.target.Transport(), "target")}))
	require.NoError(w, err)
	return crm, app
}

// ledger keeps when the engine's requests were answered.
type ledger struct {
	mu      sync.Mutex
	at      []time.Time // to the source, within the last day
	all     int
	broken  int // requests that failed otherwise
	tooMany int // answers that said 429
	tokens  int // requests for tokens
	most    int // requests to the source within a day
}

// of notes the requests that go to a server.
func (l *ledger) of(next http.RoundTripper, server string) http.RoundTripper {
	return noted{next, l, server}
}

type noted struct {
	next   http.RoundTripper
	ledger *ledger
	server string
}

func (n noted) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := n.next.RoundTrip(r)
	l, now := n.ledger, time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all++
	switch {
	case err != nil, response.StatusCode >= 500:
		l.broken++
	case response.StatusCode == http.StatusTooManyRequests:
		l.tooMany++
	}
	if r.URL.Path == "/oauth/token" {
		l.tokens++
	}
	if n.server == "source" {
		gone := 0
		for gone < len(l.at) && now.Sub(l.at[gone]) >= 24*time.Hour {
			gone++
		}
		l.at = append(l.at[gone:], now)
		l.most = max(l.most, len(l.at))
	}
	return response, err
}
