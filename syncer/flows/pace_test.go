package flows_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// counted counts a server's answers, and those that say 429.
type counted struct {
	next             http.RoundTripper
	answers, tooMany atomic.Int64
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	c.answers.Add(1)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		c.tooMany.Add(1)
	}
	return response, err
}

// pacedBridge is a bridge of contacts whose source has limits. The client keeps
// them, and repeats nothing.
func pacedBridge(t *testing.T, limits contactstest.Limits) (*bridge, *counted) {
	t.Helper()
	b := &bridge{}
	b.source, b.crm = contactstest.Start(t, contactstest.WithRateLimits(limits))
	b.target, b.app = sendapptest.Start(t)
	limiter, err := contacts.NewLimiter(contacts.RateLimits{Daily: limits.Daily})
	require.NoError(t, err)
	answers := &counted{next: b.source.Transport()}
	b.crm, err = b.crm.With(contacts.WithLimiter(limiter), contacts.WithRetry(contacts.RetryPolicy{}),
		contacts.WithHTTPClient(&http.Client{Transport: answers}))
	require.NoError(t, err)
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithRegion("US"), flows.WithOnly(flows.Contacts))...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return b, answers
}

// sent is what SendApp holds of a contact; nil if nothing.
func (b *bridge) sent(t *testing.T, id string) *sendapp.Contact {
	t.Helper()
	page, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: id}, "")
	require.NoError(t, err)
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

// elapse lets virtual time pass.
func elapse(d time.Duration) { <-time.After(d) }

// until waits until f is true, and says how long that took.
func until(t *testing.T, most time.Duration, f func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !f() {
		require.Less(t, time.Since(start), most)
		elapse(100 * time.Millisecond)
	}
	return time.Since(start)
}

func TestABackfillKeepsTheLimitUsesItAndMakesRoomForAWebhook(t *testing.T) {
	t.Parallel()
	for name, sliding := range map[string]bool{"fixed windows": false, "sliding windows": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 400
				b, answers := pacedBridge(t, contactstest.Limits{Sliding: sliding})
				b.fill(t, n)
				done := make(chan error, 1)
				start := time.Now()
				var took time.Duration
				go func() {
					_, err := b.engine.Backfill(t.Context())
					took = time.Since(start)
					done <- err
				}()
				elapse(15 * time.Second)
				synctest.Wait()
				assert.Nil(t, b.sent(t, "urgent"))
				made, err := b.crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("Urgent")})
				require.NoError(t, err)
				require.NoError(t, b.engine.Notify(t.Context(), syncer.Change{
					Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: made.ID}, EventID: "event",
				}))
				waited := until(t, time.Minute, func() bool { return b.sent(t, made.ID) != nil })
				assert.LessOrEqual(t, waited, 4*time.Second)
				require.NoError(t, <-done)
				assert.Equal(t, n+1, b.target.Counts().Contacts)
				assert.Zero(t, answers.tooMany.Load())
				share := float64(answers.answers.Load()) / (10 * took.Seconds())
				assert.GreaterOrEqual(t, share, 0.95, "of the limit was used")
				t.Logf("%d requests in %s: %.3f of the limit; the webhook took %s", answers.answers.Load(), took, share, waited)
			})
		})
	}
}

func TestSweepsPauseWhenTheirShareOfTheDayIsSpentAndRealTimeGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, answers := pacedBridge(t, contactstest.Limits{Daily: 60})
		b.fill(t, 70)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan error, 1)
		go func() { _, err := b.engine.Backfill(ctx); done <- err }()
		elapse(30 * time.Minute)
		assert.InDelta(t, 48, answers.answers.Load(), 1, "80 % of the day")
		created := b.target.Counts().Contacts
		assert.InDelta(t, 46, created, 3)
		require.NoError(t, b.engine.Notify(ctx, syncer.Change{
			Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, Ref: syncer.Ref{ID: "contact069"}, EventID: "event",
		}))
		waited := until(t, time.Minute, func() bool { return b.sent(t, "contact069") != nil })
		assert.LessOrEqual(t, waited, 4*time.Second)
		assert.Equal(t, created+1, b.target.Counts().Contacts)
		// The next day, the backfill goes on by itself.
		require.NoError(t, <-done)
		assert.Equal(t, 70, b.target.Counts().Contacts)
		assert.Zero(t, answers.tooMany.Load())
	})
}
