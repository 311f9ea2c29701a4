package sqlite_test

import (
	"bytes"
	"net/http"
	"os"
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

// What the database's files hold is of no use without the key, and the user's alone.
func TestTokensInAStoreAreUnreadableWithoutTheKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := func(id string, fill byte) contacts.TokenKey {
		made, err := contacts.NewTokenKey(id, bytes.Repeat([]byte{fill}, 32))
		require.NoError(t, err)
		return made
	}
	old, fresh := key("k1", 1), key("k2", 2)
	open := func(keys ...contacts.TokenKey) contacts.TokenStore {
		store, err := sqlite.Open(filepath.Join(dir, "state.db"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		tokens, err := contacts.EncryptTokenStore(store, keys...)
		require.NoError(t, err)
		return tokens
	}
	ctx := t.Context()
	const token = `{"accessToken":"acc3ss-s3cr3t"}`
	require.NoError(t, open(old).Put(ctx, "oauth/app'; DROP TABLE links; --", []byte(token)))
	require.NoError(t, open(old).Put(ctx, "oauth/app", []byte(token)))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		assert.NotContains(t, string(data), "s3cr3t", file.Name())
		info, err := file.Info()
		require.NoError(t, err)
		if file.Name() != "state.db-shm" { // numbers of pages, and nothing of theirs
			assert.Zero(t, info.Mode().Perm()&0o077, file.Name())
		}
	}
	_, err = open(fresh).Get(ctx, "oauth/app")
	require.ErrorIs(t, err, contacts.ErrWrongKey)
	require.ErrorContains(t, err, "k1")
	both := open(fresh, old)
	got, err := both.Get(ctx, "oauth/app")
	require.NoError(t, err)
	require.NoError(t, both.Put(ctx, "oauth/app", got))
	got, err = open(fresh).Get(ctx, "oauth/app")
	require.NoError(t, err)
	assert.JSONEq(t, token, string(got))
}
