package flows_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// changing is a service whose limit of requests in 10 seconds changes.
type changing struct {
	next http.RoundTripper

	mu     sync.Mutex
	limit  int
	window time.Time
	used   int
	// refused are how many were in each window, by its begin.
	refused map[time.Time]int
}

func (c *changing) set(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
}

func (c *changing) take() (limit, left int, taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if window := time.Now().Truncate(10 * time.Second); window != c.window {
		c.window, c.used = window, 0
	}
	if c.used >= c.limit {
		c.refused[c.window]++
		return c.limit, 0, false
	}
	c.used++
	return c.limit, c.limit - c.used, true
}

func (c *changing) RoundTrip(r *http.Request) (*http.Response, error) {
	limit, left, taken := c.take()
	var response *http.Response
	if taken {
		var err error
		if response, err = c.next.RoundTrip(r); err != nil {
			return nil, err
		}
	} else {
		response = &http.Response{
			StatusCode: http.StatusTooManyRequests, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"statusCode":429,"message":"Too Many Requests"}`)),
		}
	}
	response.Header.Set("X-RateLimit-Max", strconv.Itoa(limit))
	response.Header.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	return response, nil
}

// TestHard17 has the limit fall and rise in mid-sweep, as when other programs use it
// or the plan changes; and TestHard15's storm of 429: at most one of them in each
// window, nothing is an attempt, and all of it arrives.
func TestHard17ALimitChangesInMidSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 900
		b := &bridge{store: syncer.NewMemoryStore()}
		b.source, b.crm = contactstest.Start(t)
		b.target, b.app = sendapptest.Start(t)
		service := &changing{next: b.source.Transport(), limit: 100, refused: map[time.Time]int{}}
		limiter, err := contacts.NewLimiter(contacts.RateLimits{})
		require.NoError(t, err)
		reader, err := b.crm.With(contacts.WithLimiter(limiter), contacts.WithRetry(contacts.RetryPolicy{}),
			contacts.WithHTTPClient(&http.Client{Transport: service}))
		require.NoError(t, err)
		b.engine, err = syncer.New(syncer.Config{
			Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(reader, b.app, flows.WithOnly(flows.Contacts))...),
			Store:   b.store, Logger: slog.New(slog.DiscardHandler), Workers: 16,
		})
		require.NoError(t, err)
		b.peopleOf(t, n)
		done := make(chan error, 1)
		go func() { _, err := b.engine.Backfill(t.Context()); done <- err }()
		for _, limit := range []int{25, 3, 60} {
			elapse(31 * time.Second)
			service.set(limit)
		}
		elapse(31 * time.Second)
		service.set(100)
		require.NoError(t, <-done)
		assert.Equal(t, n, b.target.Counts().Contacts)
		for window, refused := range service.refused {
			assert.LessOrEqual(t, refused, 1, window)
		}
		for _, action := range []syncer.Action{syncer.Retried, syncer.DeadLetter} {
			assert.Empty(t, b.events(t, syncer.EventQuery{Action: action}), "a limit is no attempt")
		}
	})
}

// TestHard10 has a sweep of contacts break in each way that the service knows. No
// record of SendApp is lost by it.
func TestHard10ABrokenSweepOfContactsDeletesNothing(t *testing.T) {
	t.Parallel()
	empty := contactstest.Fault{Operation: "contacts.search", Status: 200, ContentType: "application/json", Body: `{"contacts":[],"total":0}`}
	refused := func(status int, message string) contactstest.Fault {
		return contactstest.Fault{Status: status, ContentType: "application/json", Body: fmt.Sprintf(`{"statusCode":%d,"message":%q}`, status, message)}
	}
	for name, breaks := range map[string]func(b *bridge){
		"the index is empty":          func(b *bridge) { b.source.Fail(empty) },
		"500 in mid-sweep":            func(b *bridge) { f := refused(500, "Internal server error"); f.Skip = 1; b.source.Fail(f) },
		"401 in mid-sweep":            func(b *bridge) { f := refused(401, "Invalid JWT"); f.Skip = 1; b.source.Fail(f) },
		"the scope is lost":           func(b *bridge) { b.limit("calendars.readonly") },
		"the token is revoked":        func(b *bridge) { b.source.RevokeToken(contactstest.DefaultToken) },
		"a page of HTML":              func(b *bridge) { b.source.Fail(contactstest.Page("contacts.search")) },
		"a token of another place":    func(b *bridge) { b.token(contactstest.Token{Location: "another location"}) },
		"a page of a cache, for ever": func(b *bridge) { b.source.Fail(contactstest.Fault{Operation: "contacts.search", Stale: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := hard{flows: []flows.Option{flows.WithOnly(flows.Contacts, flows.Notes)}}.bridge(t)
				b.fill(t, 30)
				b.backfill(t)
				held := b.target.Export()
				breaks(b)
				b.running(t, func() { elapse(65 * time.Minute) })
				assert.Equal(t, held, b.target.Export())
				assert.Empty(t, b.events(t, syncer.EventQuery{Action: syncer.DeadLetter}), "nothing is burnt")
			})
		})
	}
}

// token changes what the bridge's token is.
func (b *bridge) token(token contactstest.Token) {
	token.Value, token.Kind = contactstest.DefaultToken, contactstest.PrivateIntegration
	b.source.AddToken(token)
}

// TestHard8 has a bulk edit of more contacts than a search can page through by
// numbers, all stamped with one time.
func TestHard8ABulkEditBehindTheTenThousandth(t *testing.T) {
	t.Parallel()
	testBulkEdit(t, 600)
}

func TestHard8OfThousandsBehindTheTenThousandth(t *testing.T) {
	t.Parallel()
	testenv.Long(t)
	testBulkEdit(t, 12_500)
}

func testBulkEdit(t *testing.T, n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		never := syncer.Every(1000 * time.Hour)
		b := hard{
			config: syncer.Config{Sweep: never, TargetSweep: never}, flows: []flows.Option{flows.WithOnly(flows.Contacts)},
		}.bridge(t)
		write := func(city string) {
			export := &contactstest.Export{}
			for i := range n {
				export.Contacts = append(export.Contacts, []byte(fmt.Sprintf(
					`{"id":"c%05d","firstName":"Ann","city":%q,"dateAdded":"2020-01-01T00:00:00.000Z","dateUpdated":"2020-01-01T00:00:00.000Z"}`, i, city)))
			}
			_, err := b.source.Apply(export)
			require.NoError(t, err)
		}
		write("Rome")
		b.backfill(t)
		elapse(10 * time.Minute)
		write("Bern")
		before := b.source.Requests()["contacts.search"]
		b.running(t, func() {
			_, err := b.crm.Contacts.Update(t.Context(), "c00007", contacts.ContactUpdate{LastName: opt.Set("Lee")}) // edits go on
			require.NoError(t, err)
			elapse(9 * time.Minute)
		})
		assert.LessOrEqual(t, b.source.Requests()["contacts.search"]-before, 2*((n+499)/500)+2, "bounded requests")
		for _, row := range b.target.Export()["contacts"] {
			require.Contains(t, string(row), "Bern")
		}
		assert.Equal(t, "Lee", b.sent(t, "c00007").LastName)
	})
}
