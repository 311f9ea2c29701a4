package contacts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
)

// tokenServer is the token endpoint: refresh tokens are used once, but for 30
// seconds the same is answered again.
type tokenServer struct {
	mu       sync.Mutex
	issued   int
	current  string               // the refresh token
	used     map[string]time.Time // the old ones
	granted  map[string]string    // what they were answered
	requests []url.Values
	inactive bool
	delay    time.Duration
	refused  string // an access token that the API refuses
}

func newTokenServer() *tokenServer {
	return &tokenServer{used: map[string]time.Time{}, granted: map[string]string{}}
}

func (s *tokenServer) issue() string {
	s.issued++
	s.current = fmt.Sprintf("refresh-%d", s.issued)
	return fmt.Sprintf(`{"access_token":"access-%d","token_type":"Bearer","expires_in":86399,"refresh_token":%q,
		"scope":"contacts.readonly contacts.write","userType":"Location","locationId":"loc","companyId":"comp","userId":7}`, s.issued, s.current)
}

func (s *tokenServer) answer(r *http.Request) (int, string) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	form, _ := url.ParseQuery(string(body))
	<-time.After(s.delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch r.URL.Path {
	case "/oauth/token":
	case "/oauth/locationToken":
		return 200, fmt.Sprintf(`{"access_token":"minted-for-%s","expires_in":86399}`, form.Get("locationId"))
	case "/oauth/installedLocations":
		if r.URL.Query().Get("skip") != "0" {
			return 200, `{"locations":[],"count":1}`
		}
		return 200, `{"locations":[{"_id":"loc","name":"Shop"}],"count":1}`
	default:
		if token == s.refused {
			return 401, `{"statusCode":401,"message":"Invalid JWT"}`
		}
		return 200, `{"contact":{"id":"c"}}`
	}
	s.requests = append(s.requests, form)
	old := form.Get("refresh_token")
	switch {
	case s.inactive:
		return 400, `{"statusCode":400,"message":"Location is not active"}`
	case form.Get("grant_type") == "authorization_code":
		return 200, s.issue()
	case old == s.current:
		answer := s.issue()
		s.used[old], s.granted[old] = time.Now(), answer
		return 200, answer
	case !s.used[old].IsZero() && time.Since(s.used[old]) < 30*time.Second:
		return 200, s.granted[old]
	default:
		return 400, `{"statusCode":400,"message":"Invalid grant: refresh token is invalid"}`
	}
}

func (s *tokenServer) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := s.answer(r)
	if err := r.Context().Err(); err != nil {
		return nil, err // the answer is lost
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func newOAuth(t *testing.T, server http.RoundTripper, store contacts.TokenStore) *contacts.OAuth {
	t.Helper()
	oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
		ClientID: "app1-x", ClientSecret: "s3cr3t", RedirectURL: "https://app.example.com/back",
		Scopes: []string{"contacts.readonly", "contacts.write"}, Store: store,
	}, contacts.WithHTTPClient(&http.Client{Transport: server}), contacts.WithLimiter(nil))
	require.NoError(t, err)
	return oauth
}

func TestAuthorizationURL(t *testing.T) {
	t.Parallel()
	oauth := newOAuth(t, newTokenServer(), contacts.NewMemoryTokenStore())
	got, err := oauth.AuthorizationURL("0123456789abcdef")
	require.NoError(t, err)
	assert.Equal(t, "https://marketplace.gohighlevel.com/v2/oauth/chooselocation?client_id=app1-x"+
		"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fback&response_type=code&scope=contacts.readonly+contacts.write&state=0123456789abcdef", got)
	_, err = oauth.AuthorizationURL("short")
	require.ErrorIs(t, err, contacts.ErrInvalid)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", oauth, oauth, oauth), "s3cr3t")
}

func TestAConfigurationThatIsRefused(t *testing.T) {
	t.Parallel()
	_, err := contacts.NewOAuth(contacts.OAuthConfig{ClientSecret: "two words"})
	require.ErrorContains(t, err, "ClientID")
	require.ErrorContains(t, err, "ClientSecret")
	require.ErrorContains(t, err, "Store")
	assert.NotContains(t, err.Error(), "two words")
}

func TestTokensAreExchangedRefreshedAndKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newTokenServer(), contacts.NewMemoryTokenStore()
		oauth := newOAuth(t, server, store)
		_, err := oauth.Location("loc").Token()
		require.ErrorIs(t, err, contacts.ErrNoToken)

		token, err := oauth.Exchange(t.Context(), "code-1")
		require.NoError(t, err)
		assert.Equal(t, "loc", token.LocationID)
		assert.Equal(t, "Location", server.requests[0].Get("user_type"))
		data, err := json.Marshal(token)
		require.NoError(t, err)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", token, *token, token, data), "access-1")

		got, err := oauth.Location("loc").Token()
		require.NoError(t, err)
		assert.Equal(t, "access-1", got.AccessToken)
		<-time.After(24 * time.Hour)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := oauth.Location("loc").TokenContext(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "access-2", got.AccessToken)
			})
		}
		all.Wait()
		assert.Equal(t, 2, server.issued, "one refresh for all")

		again := newOAuth(t, server, store) // another process
		got, err = again.Location("loc").Token()
		require.NoError(t, err)
		assert.Equal(t, "access-2", got.AccessToken)
		assert.Equal(t, 2, server.issued)
	})
}

func TestA401RefreshesOnce(t *testing.T) {
	t.Parallel()
	server := newTokenServer()
	oauth := newOAuth(t, server, contacts.NewMemoryTokenStore())
	_, err := oauth.Exchange(t.Context(), "code")
	require.NoError(t, err)
	server.refused = "access-1"
	client, err := contacts.NewClient(contacts.WithHTTPClient(&http.Client{Transport: server}), contacts.WithLocation("loc"),
		contacts.WithTokenSource(oauth.Location("loc")))
	require.NoError(t, err)
	_, err = client.Contacts.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.Equal(t, 2, server.issued)

	server.refused, server.inactive = "access-2", true
	_, err = client.Contacts.Get(t.Context(), "c")
	require.ErrorIs(t, err, contacts.ErrLocationInactive)
	require.NotErrorIs(t, err, contacts.ErrUnauthorized)
	server.inactive = false
	_, err = client.Contacts.Get(t.Context(), "c")
	require.NoError(t, err, "the token was kept")

	server.current = "somebody else's"
	server.used = map[string]time.Time{}
	server.refused = "access-3"
	_, err = client.Contacts.Get(t.Context(), "c")
	require.ErrorIs(t, err, contacts.ErrUnauthorized)
	assert.NotContains(t, fmt.Sprintf("%+v", err), "refresh-")
}

func TestACallerThatLeavesLosesNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newTokenServer(), contacts.NewMemoryTokenStore()
		oauth := newOAuth(t, server, store)
		_, err := oauth.Exchange(t.Context(), "code")
		require.NoError(t, err)
		<-time.After(24 * time.Hour)
		server.delay = 5 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = oauth.Location("loc").TokenContext(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		<-time.After(time.Hour) // far beyond the grace period
		again := newOAuth(t, server, store)
		got, err := again.Location("loc").Token()
		require.NoError(t, err)
		assert.Equal(t, "access-2", got.AccessToken)
	})
}

// broken is a store that fails to save while it is broken.
type broken struct {
	contacts.TokenStore
	err error
}

func (b *broken) Put(ctx context.Context, key string, value []byte) error {
	if b.err != nil {
		return b.err
	}
	return b.TokenStore.Put(ctx, key, value)
}

func TestATokenIsSavedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newTokenServer(), &broken{TokenStore: contacts.NewMemoryTokenStore()}
		oauth := newOAuth(t, server, store)
		_, err := oauth.Exchange(t.Context(), "code")
		require.NoError(t, err)
		<-time.After(24 * time.Hour)
		store.err = errors.New("the disk is full")
		_, err = oauth.Location("loc").Token()
		require.ErrorIs(t, err, store.err)
		require.ErrorIs(t, err, contacts.ErrUnavailable)
		store.err = nil
		<-time.After(time.Hour)
		got, err := oauth.Location("loc").Token()
		require.NoError(t, err)
		assert.Equal(t, "access-2", got.AccessToken, "it was not lost")
		assert.Equal(t, 2, server.issued)
	})
}

func TestAnAgencyMintsTokens(t *testing.T) {
	t.Parallel()
	server, store := newTokenServer(), contacts.NewMemoryTokenStore()
	// An agency's token, as Exchange would have stored it.
	require.NoError(t, store.Put(t.Context(), "oauth/app1/company/comp",
		[]byte(`{"accessToken":"agency","expiry":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`","companyId":"comp"}`)))
	oauth := newOAuth(t, server, store)
	_, err := oauth.Mint(t.Context(), "comp", "loc9")
	require.NoError(t, err)
	got, err := oauth.Location("loc9").Token()
	require.NoError(t, err)
	assert.Equal(t, "minted-for-loc9", got.AccessToken)
	require.NoError(t, oauth.Location("loc9").Refresh(t.Context(), "minted-for-loc9"), "it is minted again")
	for location, err := range oauth.InstalledLocations(t.Context(), "comp") {
		require.NoError(t, err)
		assert.Equal(t, "Shop", location.Name)
	}
	_, err = oauth.Mint(t.Context(), "", "loc9")
	require.ErrorIs(t, err, contacts.ErrInvalid)
}

func testKey(t *testing.T, id string, fill byte) contacts.TokenKey {
	t.Helper()
	key, err := contacts.NewTokenKey(id, []byte(strings.Repeat(string(rune(fill)), 32)))
	require.NoError(t, err)
	return key
}

// dies ends the process between the answer and the save.
type dies struct{ contacts.TokenStore }

func (dies) Put(context.Context, string, []byte) error {
	process, err := os.FindProcess(os.Getpid())
	if err == nil {
		_ = process.Kill()
	}
	select {}
}

// A process that dies between the answer and the save: within the grace period,
// the old refresh token still works.
func TestAProcessDiesBetweenTheAnswerAndTheSave(t *testing.T) {
	t.Parallel()
	const variable = "CONTACTS_TEST_DIES"
	key := testKey(t, "k1", 'a')
	if where := os.Getenv(variable); where != "" { // this is the process that dies
		dir, base, _ := strings.Cut(where, "|")
		files, err := contacts.NewFileTokenStore(dir, key)
		require.NoError(t, err)
		oauth, err := contacts.NewOAuth(contacts.OAuthConfig{ClientID: "app1-x", ClientSecret: "s3cr3t", Store: dies{files}},
			contacts.WithBaseURL(base))
		require.NoError(t, err)
		_ = oauth.Location("loc").Refresh(t.Context(), "access-1")
		t.Fatal("it lives")
	}
	server := newTokenServer()
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := server.answer(r)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer listener.Close()
	dir := t.TempDir()
	files, err := contacts.NewFileTokenStore(dir, key)
	require.NoError(t, err)
	oauth := newOAuth(t, server, files)
	_, err = oauth.Exchange(t.Context(), "code")
	require.NoError(t, err)

	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAProcessDiesBetweenTheAnswerAndTheSave$")
	process.Env = append(os.Environ(), variable+"="+dir+"|"+listener.URL)
	output, err := process.CombinedOutput()
	require.Error(t, err)
	require.NotContains(t, string(output), "it lives")
	require.Equal(t, 2, server.issued, "the service has rotated the token")

	again := newOAuth(t, server, files)
	source := again.Location("loc")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, source.Refresh(ctx, "access-1"), "the lock died with the process, and the old token works")
	got, err := source.Token()
	require.NoError(t, err)
	assert.Equal(t, "access-2", got.AccessToken, "the same as was lost")

	server.used = map[string]time.Time{} // the grace period is over
	third := newOAuth(t, server, files)
	server.current = "rotated by a process that died long ago"
	err = third.Location("loc").Refresh(ctx, "access-2")
	require.ErrorIs(t, err, contacts.ErrUnauthorized, "then the user has to authorize again")
}
