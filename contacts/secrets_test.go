package contacts

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/secretcheck"
)

// The values that nothing may show. Those of contacts are what everything()
// sends and what the stubs answer.
const (
	stubToken     = "pit-secret" // of stubbed
	clientSecret  = "app-s3cr3t"
	grantCode     = "c0de-s3cr3t"
	refreshSecret = "r3fresh-s3cr3t"
	accessSecret  = "acc3ss-s3cr3t"
	agencySecret  = "ag3ncy-s3cr3t"
)

var (
	tokens  = []string{stubToken, clientSecret, grantCode, refreshSecret, accessSecret, agencySecret}
	private = []string{
		"ada@example.com", "5551234567", "555 123 4567", "eve@example.com", "Byron", "Annabella", "Rossi", "Via Roma", "Torino",
		"debtor", "migraine", "Call", "Called", "Ask for", "at home", "He is ill", "Late", "Demo", "Rossi.txt",
	}
)

// kindsOfError are answers, and failures to answer.
func kindsOfError() map[string]http.RoundTripper {
	kinds := map[string]http.RoundTripper{
		"duplicate":   always(400, `{"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c1","contactName":"Byron","matchingField":"email"}}`),
		"not there":   always(400, `{"message":"Contact with id c1 not found","contact":{"email":"eve@example.com"}}`),
		"inactive":    always(400, `{"message":"Location is not active"}`),
		"no grant":    always(400, `{"message":"Invalid grant: refresh token is invalid"}`),
		"no scope":    always(401, `{"message":"The token is not authorized for this scope."}`),
		"no token":    always(401, `{"message":"Invalid JWT"}`),
		"no location": always(403, `{"message":"The token does not have access to this location"}`),
		"invalid":     always(422, `{"message":["email must be an email","property x should not exist"]}`),
		"later":       stub(func(sent) reply { return reply{status: 429, header: http.Header{"Retry-After": {"3600"}}} }),
		"a bad shape": always(200, `{"contact":{"lastName":"Byron"},"contacts":"eve@example.com","tags":{"Byron":1}`),
		"incomplete":  always(200, `{"x":"Byron"}`),
		"a failure":   always(200, `{"succeded":false,"contact":{"lastName":"Byron"}}`),
		"a time-out":  failing{context.DeadlineExceeded},
	}
	maps.Copy(kinds, secretcheck.Failures("eve@example.com"))
	return kinds
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestNoErrorShowsASecretOrAPerson sends each operation of the contacts' APIs and
// of OAuth into each kind of error, and prints it in all ways.
func TestNoErrorShowsASecretOrAPerson(t *testing.T) {
	t.Parallel()
	for kind, transport := range kindsOfError() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			secrets := append(append([]string{}, tokens...), private...)
			failures := allFailures(t, transport)
			for name, err := range failures {
				if (kind == "incomplete" || kind == "a list") && err == nil {
					continue // it answers only that it was done
				}
				require.Error(t, err, name)
				shows(t, err, secrets, name)
			}
			assert.Len(t, failures, len(allOperations())+2, "the token endpoint is used in three ways")
		})
	}
	for kind, transport := range secretcheck.Echoes("Byron") {
		t.Run("repeated with "+kind, func(t *testing.T) {
			t.Parallel()
			for name, err := range allFailures(t, transport) {
				require.Error(t, err, name)
				shows(t, err, append(append([]string{}, tokens...), private...), name)
			}
		})
	}
}

// allFailures calls every operation, with a log that must not show more.
func allFailures(t *testing.T, transport http.RoundTripper) map[string]error {
	t.Helper()
	var log bytes.Buffer
	opts := []ClientOption{
		WithHTTPClient(&http.Client{Transport: transport}), WithLimiter(nil), WithRetry(RetryPolicy{}),
		WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
	}
	client, err := NewClient(append([]ClientOption{WithToken(stubToken), WithLocation(testLocation)}, opts...)...)
	require.NoError(t, err)
	failures := map[string]error{}
	for name, call := range everything() {
		failures[name] = call.send(t.Context(), client)
	}
	oauth := authorized(t, opts)
	failures["oauth.token: exchange"] = second(oauth.Exchange(t.Context(), grantCode))
	failures["oauth.token: refresh"] = oauth.Location("loc").Refresh(t.Context(), accessSecret)
	failures["oauth.locationToken"] = second(oauth.Mint(t.Context(), "comp", "loc"))
	failures["oauth.installedLocations"] = second(oauth.InstalledLocationsPage(t.Context(), "comp", ""))
	withOAuth, err := client.With(WithTokenSource(oauth.Location("expired")))
	require.NoError(t, err)
	failures["oauth.token: on the way"] = second(withOAuth.Contacts.Get(t.Context(), "c1"))
	for _, value := range append(append([]string{}, tokens...), private...) {
		assert.NotContains(t, log.String(), value, "the log")
		assert.NotContains(t, secretcheck.Show(client)+secretcheck.Show(oauth), value)
	}
	assert.Contains(t, log.String(), "contacts.get")
	return failures
}

// authorized is an OAuth with tokens.
func authorized(t *testing.T, opts []ClientOption) *OAuth {
	t.Helper()
	store := NewMemoryTokenStore()
	for key, token := range map[string]OAuthToken{
		"location/loc":     {AccessToken: accessSecret, RefreshToken: refreshSecret, Expiry: time.Now().Add(time.Hour)},
		"location/expired": {AccessToken: accessSecret, RefreshToken: refreshSecret, Expiry: time.Now().Add(-time.Hour)},
		"company/comp":     {AccessToken: agencySecret, RefreshToken: refreshSecret, Expiry: time.Now().Add(time.Hour)},
	} {
		data, err := encodeToken(&token)
		require.NoError(t, err)
		require.NoError(t, store.Put(t.Context(), "oauth/app/"+key, data))
	}
	oauth, err := NewOAuth(OAuthConfig{ClientID: "app-x", ClientSecret: clientSecret, Store: store}, opts...)
	require.NoError(t, err)
	return oauth
}

// shows fails if an error, or one of its causes, shows one of the values.
func shows(t *testing.T, err error, values []string, name string) {
	t.Helper()
	if err == nil {
		return
	}
	printed := strings.ToLower(secretcheck.Show(err) + secretcheck.Show(struct{ Err error }{err}))
	for _, value := range values {
		if strings.Contains(printed, strings.ToLower(value)) {
			t.Errorf("%s shows %q: %v", name, value, err)
		}
	}
	switch wrapper := err.(type) { //nolint:errorlint // each level by itself
	case interface{ Unwrap() error }:
		shows(t, wrapper.Unwrap(), values, name)
	case interface{ Unwrap() []error }:
		for _, cause := range wrapper.Unwrap() {
			shows(t, cause, values, name)
		}
	}
}

// Every method of every service, found by reflection, with a personal value in
// each of its arguments: those that fail before they are sent are among them.
func TestNoMethodShowsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	const personal = "anna-rossi-42"
	failures := secretcheck.Failures(personal)
	maps.Copy(failures, secretcheck.Echoes("Byron"))
	for name, transport := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			client, err := NewClient(
				WithToken(stubToken), WithLocation("loc"), WithLimiter(nil),
				WithHTTPClient(&http.Client{Transport: transport}), WithRetry(RetryPolicy{}),
				WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			)
			require.NoError(t, err)
			called := secretcheck.Call(t.Context(), client, personal)
			for method, err := range called {
				shows(t, err, []string{stubToken, personal}, method)
			}
			assert.Greater(t, len(called), len(everything()), "each operation has a method")
			assert.NotContains(t, log.String(), stubToken)
			assert.NotContains(t, log.String(), personal)
		})
	}
}
