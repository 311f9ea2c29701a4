package conformance_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/internal/proof/openapi"
)

// send sends a request with a token, if any, and decodes the answer.
func send(ctx context.Context, t *testing.T, through http.RoundTripper, method, path, token string, form url.Values) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, "https://services.example"+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Version", "2021-07-28")
	request.Header.Set("Accept", "application/json")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := through.RoundTrip(request)
	require.NoError(t, err)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(data))
	var answer map[string]any
	require.NoError(t, json.Unmarshal(data, &answer))
	return answer
}

// The endpoints of tokens are called without our client: here the server is
// what is checked.
func TestTokensKeepToTheSpecification(t *testing.T) {
	t.Parallel()
	all := specs(t, "oauth")
	server, _ := contactstest.Start(t)
	checker := openapi.NewChecker(server.Transport(), nil, all["oauth"])
	code, err := server.Authorize(contactstest.AgencyToken)
	require.NoError(t, err)
	app := server.App()
	tokens := send(t.Context(), t, checker, http.MethodPost, "/oauth/token", "", url.Values{
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret}, "grant_type": {"authorization_code"}, "code": {code},
		"user_type": {"Company"}, "redirect_uri": {"https://app.example/callback"},
	})
	access, _ := tokens["access_token"].(string)
	send(t.Context(), t, checker, http.MethodPost, "/oauth/locationToken", access, url.Values{
		"companyId": {app.CompanyID}, "locationId": {contactstest.DefaultLocation},
	})
	appID, _, _ := strings.Cut(app.ClientID, "-")
	query := url.Values{"companyId": {app.CompanyID}, "appId": {appID}, "limit": {"20"}, "skip": {"0"}}
	send(t.Context(), t, checker, http.MethodGet, "/oauth/installedLocations?"+query.Encode(), access, nil)
	checker.Report(t)
	all["oauth"].Complete(t)
}
