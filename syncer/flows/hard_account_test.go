package flows_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// authorized is a bridge whose source is read with OAuth tokens, by two processes
// that share a store and the tokens.
func authorized(t *testing.T, limits contactstest.Limits) (b *bridge, other *syncer.Engine) {
	t.Helper()
	b = &bridge{store: syncer.NewMemoryStore()}
	app := contactstest.App{Scopes: []string{"contacts.readonly", "contacts.write"}}
	b.source, b.crm = contactstest.Start(t, contactstest.WithApp(app), contactstest.WithRateLimits(limits))
	b.target, b.app = sendapptest.Start(t)
	app = b.source.App()
	tokens := contacts.NewMemoryTokenStore()
	through := []contacts.ClientOption{
		contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: b.source.Transport()}),
	}
	engine := func() *syncer.Engine {
		oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
			ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURL: "https://app.example/callback", Scopes: app.Scopes, Store: tokens,
		}, through...)
		require.NoError(t, err)
		if b.engine == nil {
			code, err := b.source.Authorize(contactstest.LocationToken)
			require.NoError(t, err)
			_, err = oauth.Exchange(t.Context(), code)
			require.NoError(t, err)
		}
		crm, err := contacts.NewClient(append(through, contacts.WithLocation(contactstest.DefaultLocation),
			contacts.WithTokenSource(oauth.Location(contactstest.DefaultLocation)))...)
		require.NoError(t, err)
		made, err := syncer.New(syncer.Config{
			Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, b.app, flows.WithRegion("US"), flows.WithOnly(flows.Contacts))...),
			Store:   b.store, Logger: slog.New(slog.DiscardHandler), Workers: 16,
			OnAlert: func(alert syncer.Alert) { b.alerts = append(b.alerts, alert) },
		})
		require.NoError(t, err)
		return made
	}
	b.engine = engine()
	other = engine()
	var err error
	b.crm, err = b.crm.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	return b, other
}

// both runs two engines while f goes on.
func (b *bridge) both(t *testing.T, other *syncer.Engine, f func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for _, engine := range []*syncer.Engine{b.engine, other} {
		go func() { ended <- engine.Run(ctx) }()
	}
	f()
	stop()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
}

// peopleOf makes n contacts.
func (b *bridge) peopleOf(t *testing.T, n int) {
	t.Helper()
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"id":"c%04d","firstName":"Ann"`, i))
	}
	b.people(t, members...)
}

// TestHard15 has a token expire while two processes with 16 workers each are in a
// backfill, and the answer of the first refresh be lost: one refresh takes effect, the
// rotated token is stored before it is used, and nothing is burnt.
func TestHard15ATokenExpiresInMidBackfillOfTwoProcesses(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("answer lost %t", lost), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 600 // at 10 requests a second this takes a minute
				b, other := authorized(t, contactstest.Limits{})
				b.peopleOf(t, n)
				elapse(24*time.Hour - 20*time.Second) // a token lives for a day
				if lost {
					b.source.Fail(contactstest.Fault{Operation: "oauth.token", Times: 1, After: true, Cut: true})
				}
				refreshes := b.source.Requests()["oauth.token"]
				b.both(t, other, func() { elapse(5 * time.Minute) })
				want := 1
				if lost {
					want = 2 // the second is answered what the first was
				}
				assert.Equal(t, want, b.source.Requests()["oauth.token"]-refreshes, "one refresh per expiry")
				assert.Equal(t, n, b.target.Counts().Contacts)
				assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}))
				assert.Empty(t, b.alerts)
				assert.LessOrEqual(t, b.source.Requests()["contacts.get"], n+20, "nothing is read twice")
				b.inStep(t)
			})
		})
	}
}

// TestHard15 has the location's plan not be paid for some hours when the token has to
// be refreshed: the tenant pauses, keeps its token, and goes on by itself.
func TestHard15ALocationIsNotActiveForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := authorized(t, contactstest.Limits{})
		b.peopleOf(t, 5)
		elapse(24*time.Hour - 10*time.Minute)
		b.both(t, other, func() {
			elapse(time.Minute)
			assert.Equal(t, 5, b.target.Counts().Contacts)
			b.source.SetLocationActive(false)
			elapse(20 * time.Minute)
			for i := range 3 {
				_, err := b.crm.Contacts.Update(t.Context(), fmt.Sprintf("c%04d", i), contacts.ContactUpdate{FirstName: opt.Set("Anna")})
				require.NoError(t, err)
				require.NoError(t, b.engine.Notify(t.Context(), syncer.Change{
					Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: fmt.Sprintf("c%04d", i)}, EventID: fmt.Sprint(i),
				}))
			}
			elapse(3 * time.Hour)
			assert.Equal(t, "Ann", b.sent(t, "c0001").FirstName)
			assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}), "nothing is burnt")
			require.NotEmpty(t, b.alerts)
			assert.Contains(t, b.alerts[0].Text, "not active")
			assert.Equal(t, syncer.AlertPaused, b.alerts[0].Kind)
			b.source.SetLocationActive(true)
			elapse(time.Hour)
			assert.Equal(t, "Anna", b.sent(t, "c0001").FirstName)
		})
		assert.True(t, b.alerts[len(b.alerts)-1].Ended)
		b.inStep(t)
	})
}

// TestHard15 has a token lose its scope: that is no reason to refresh it.
func TestHard15AScopeThatIsLostIsNoReasonToRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := authorized(t, contactstest.Limits{})
		b.peopleOf(t, 5)
		b.source.Fail(contactstest.Fault{Status: 401, ContentType: "application/json",
			Body: `{"statusCode":401,"message":"The token is not authorized for this scope."}`})
		refreshes := b.source.Requests()["oauth.token"]
		b.both(t, other, func() { elapse(2 * time.Hour) })
		assert.Equal(t, refreshes, b.source.Requests()["oauth.token"])
		assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}))
		assert.NotEmpty(t, b.alerts)
	})
}
