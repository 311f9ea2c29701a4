package conformance_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/proof/openapi"
)

// The whole way of an agency's app, through the client: code, token, the
// locations that installed it, a token for one of them, and its refresh.
func TestOAuthConforms(t *testing.T) {
	t.Parallel()
	all := specs(t)
	now := time.Now()
	server, _ := contactstest.Start(t, contactstest.WithClock(func() time.Time { return now }))
	checker := openapi.NewChecker(server.Transport(), nil, all["oauth"], all["contacts"])
	app := server.App()
	oauth, err := contacts.NewOAuth(contacts.OAuthConfig{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURL: "https://app.example/callback", Scopes: app.Scopes, Agency: true,
		Store: contacts.NewMemoryTokenStore(),
	}, contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: checker}))
	require.NoError(t, err)
	code, err := server.Authorize(contactstest.AgencyToken)
	require.NoError(t, err)
	_, err = oauth.Exchange(t.Context(), code)
	require.NoError(t, err)
	installed := 0
	for _, err := range oauth.InstalledLocations(t.Context(), app.CompanyID) {
		require.NoError(t, err)
		installed++
	}
	require.Positive(t, installed)
	_, err = oauth.Mint(t.Context(), app.CompanyID, contactstest.DefaultLocation)
	require.NoError(t, err)
	client, err := contacts.NewClient(contacts.WithBaseURL("http://localhost"), contacts.WithHTTPClient(&http.Client{Transport: checker}),
		contacts.WithTokenSource(oauth.Location(contactstest.DefaultLocation)), contacts.WithLocation(contactstest.DefaultLocation))
	require.NoError(t, err)
	_, err = client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{}, "")
	require.NoError(t, err)
	now = now.Add(48 * time.Hour)
	_, err = client.Contacts.SearchPage(t.Context(), contacts.SearchQuery{}, "")
	require.NoError(t, err)
	checker.Report(t)
	all["oauth"].Complete(t)
}
