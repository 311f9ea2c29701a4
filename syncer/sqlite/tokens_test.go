package sqlite_test

import (
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/syncer/sqlite"
)

// refreshes counts the requests for tokens that go through it.
type refreshes struct {
	next http.RoundTripper
	n    atomic.Int32
}

func (r *refreshes) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Path == "/oauth/token" {
		r.n.Add(1)
	}
	return r.next.RoundTrip(request)
}

// Two programs share the tokens in a store. When a token has expired, one of them
// refreshes it, and the other uses what that got: a refresh token works once.
func TestTokensInAStoreAreRefreshedOnceForAllPrograms(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	server, _ := contactstest.Start(t, contactstest.WithClock(now))
	app, counter := server.App(), &refreshes{next: server.Transport()}
	key, err := contacts.NewTokenKey("2026", make([]byte, 32))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "state.db")
	program := func() (*contacts.OAuth, *contacts.Client) {
		store, err := sqlite.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		tokens, err := contacts.EncryptTokenStore(store, key)
		require.NoError(t, err)
		through := []contacts.ClientOption{
			contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: counter}),
		}
		oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
			ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURL: "https://app.example/callback",
			Scopes: app.Scopes, Store: tokens,
		}, through...)
		require.NoError(t, err)
		client, err := contacts.NewClient(append(through,
			contacts.WithTokenSource(oauth.Location(contactstest.DefaultLocation)), contacts.WithLocation(contactstest.DefaultLocation))...)
		require.NoError(t, err)
		return oauth, client
	}
	first, one := program()
	_, two := program()
	code, err := server.Authorize(contactstest.LocationToken)
	require.NoError(t, err)
	_, err = first.Exchange(t.Context(), code)
	require.NoError(t, err)

	for round := range 3 {
		ahead.Add(int64(48 * time.Hour))
		counter.n.Store(0)
		var group sync.WaitGroup
		for _, client := range []*contacts.Client{one, two, one, two} {
			group.Go(func() {
				_, err := client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{}, "")
				assert.NoError(t, err)
			})
		}
		group.Wait()
		assert.EqualValues(t, 1, counter.n.Load(), "round %d", round)
	}
}
