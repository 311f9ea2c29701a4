package contactstest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

func TestWhatATokenLacksIsTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithClock(func() time.Time { return now }))
	r.server.AddToken(contactstest.Token{Value: "pit-reader", Kind: contactstest.PrivateIntegration, Scopes: []string{"contacts.readonly"}})
	r.server.AddToken(contactstest.Token{Value: "agency", Kind: contactstest.AgencyToken})
	r.server.AddToken(contactstest.Token{Value: "elsewhere", Kind: contactstest.LocationToken, Location: "other"})
	r.server.AddToken(contactstest.Token{Value: "short", Kind: contactstest.LocationToken, Expires: now.Add(time.Hour)})
	id := r.contact("")
	for _, c := range []struct {
		token, method, path string
		status              int
		message             string
	}{
		{"pit-reader", "GET", "/contacts/" + id, 200, ""},
		{"pit-reader", "DELETE", "/contacts/" + id, 401, "The token is not authorized for this scope."}, // not 403
		{"pit-reader", "GET", "/locations/LOCATION/tags", 401, "The token is not authorized for this scope."},
		{"agency", "GET", "/contacts/" + id, 401, "This authClass type is not allowed to access this scope"},
		{"agency", "GET", "/locations/LOCATION", 200, ""},
		{contactstest.DefaultToken, "GET", "/oauth/installedLocations", 401, "This authClass type is not allowed to access this scope"},
		{"elsewhere", "GET", "/contacts/" + id, 403, "The token does not have access to this location"},
		{"short", "GET", "/contacts/" + id, 200, ""},
		{"unknown", "GET", "/contacts/" + id, 401, "Invalid JWT"},
		{"pit-unknown", "GET", "/contacts/" + id, 401, "Invalid Private Integration token"},
	} {
		status, answer := r.as(c.token).do(c.method, c.path, "")
		assert.Equal(t, c.status, status, c)
		if c.message != "" {
			assert.Contains(t, answer["message"], c.message)
		}
	}
	now = now.Add(time.Hour)
	status, answer := r.as("short").do("GET", "/contacts/"+id, "")
	assert.Equal(t, 401, status)
	assert.Equal(t, "Invalid JWT", answer["message"])
	r.server.RevokeToken(contactstest.DefaultToken)
	status, _ = r.do("GET", "/contacts/"+id, "")
	assert.Equal(t, 401, status)
}

func TestEveryPublishedVersionIsTakenEverywhere(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	for version, want := range map[string]int{"2021-07-28": 200, "2021-04-15": 200, "2023-02-21": 200, "v3": 200, "v4": 401, "": 401} {
		r.version = version
		for _, path := range []string{"/contacts/?locationId=LOCATION", "/calendars/?locationId=LOCATION", "/locations/LOCATION"} {
			status, _ := r.do("GET", path, "")
			assert.Equal(t, want, status, version+path)
		}
	}
}

// form sends a form, as the endpoint of tokens wants it.
func (r raw) form(path string, values url.Values) (int, object) {
	r.t.Helper()
	members := []string{}
	for name := range values {
		members = append(members, `"`+name+`":"`+values.Get(name)+`"`)
	}
	return r.do("POST", path, "{"+strings.Join(members, ",")+"}") // the service takes JSON, too
}

func (r raw) grant(values url.Values) (int, object) {
	r.t.Helper()
	app := r.server.App()
	values.Set("client_id", app.ClientID)
	values.Set("client_secret", app.ClientSecret)
	return r.form("/oauth/token", values)
}

func TestARefreshTokenIsUsedOnceButForAGracePeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := startRaw(t, contactstest.WithClock(func() time.Time { return now }))
	code, err := r.server.Authorize(contactstest.LocationToken)
	require.NoError(t, err)
	status, first := r.grant(url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	require.Equal(t, 200, status, first)
	assert.Equal(t, contactstest.DefaultLocation, first["locationId"])
	assert.InDelta(t, 86_399, first["expires_in"], 0)
	status, _ = r.grant(url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	assert.Equal(t, 400, status, "a code is used once")
	id := r.contact("")
	status, _ = r.as(first["access_token"].(string)).do("GET", "/contacts/"+id, "")
	assert.Equal(t, 200, status)

	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"].(string)}}
	_, second := r.grant(refresh)
	assert.NotEqual(t, first["access_token"], second["access_token"])
	now = now.Add(29 * time.Second)
	_, again := r.grant(refresh)
	assert.Equal(t, second["refresh_token"], again["refresh_token"])
	assert.Equal(t, second["access_token"], again["access_token"])
	now = now.Add(time.Second)
	status, answer := r.grant(refresh)
	assert.Equal(t, 400, status)
	assert.Equal(t, "Invalid grant: refresh token is invalid", answer["message"])

	now = now.Add(24 * time.Hour)
	status, _ = r.as(second["access_token"].(string)).do("GET", "/contacts/"+id, "")
	assert.Equal(t, 401, status, "it has expired")
	next := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {second["refresh_token"].(string)}}
	r.server.SetLocationActive(false)
	status, answer = r.grant(next)
	assert.Equal(t, 400, status)
	assert.Equal(t, "Location is not active", answer["message"])
	r.server.SetLocationActive(true)
	status, _ = r.grant(next)
	assert.Equal(t, 200, status, "the token was kept")
}

func TestTheEndpointOfTokensSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	for name, values := range map[string]url.Values{
		"Missing parameter: grant_type":           {},
		"Invalid parameter: grant_type":           {"grant_type": {"password"}},
		"Missing parameter: refresh_token":        {"grant_type": {"refresh_token"}},
		"Invalid grant: refresh token is invalid": {"grant_type": {"refresh_token"}, "refresh_token": {"x"}},
	} {
		status, answer := r.grant(values)
		assert.Equal(t, 400, status)
		assert.Equal(t, name, answer["message"])
	}
	status, answer := r.v3().form("/oauth/token", url.Values{"grantType": {"refresh_token"}})
	assert.Equal(t, 400, status)
	assert.Equal(t, "Missing parameter: clientId", answer["message"])
}

func TestAnAgencysTokenMakesTokensForItsLocations(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	require.NoError(t, r.server.InstallLocation("second", "Second"))
	code, err := r.server.Authorize(contactstest.AgencyToken)
	require.NoError(t, err)
	_, tokens := r.grant(url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	agency := r.as(tokens["access_token"].(string))
	app := r.server.App()
	id, _, _ := strings.Cut(app.ClientID, "-")
	query := "?companyId=" + app.CompanyID + "&appId=" + id
	answer := agency.must("GET", "/oauth/installedLocations"+query+"&limit=1&skip=1", "")
	assert.Equal(t, "second", in(answer, "locations", 0, "_id"))
	assert.InDelta(t, 2, answer["count"], 0)
	answer = agency.v3().must("GET", "/oauth/installed-locations"+query+"&pageSize=1", "")
	assert.Equal(t, true, in(answer, "pagination", "hasNextPage"))
	next := in(answer, "pagination", "nextPageToken").(string)
	answer = agency.v3().must("GET", "/oauth/installed-locations"+query+"&pageSize=1&pageToken="+next, "")
	assert.Equal(t, "second", in(answer, "items", 0, "_id"))

	body := func(location string) url.Values {
		return url.Values{"companyId": {app.CompanyID}, "locationId": {location}}
	}
	_, minted := agency.form("/oauth/locationToken", body(contactstest.DefaultLocation))
	contact := r.contact("")
	r.as(minted["access_token"].(string)).must("GET", "/contacts/"+contact, "")
	_, minted = agency.v3().form("/oauth/location-token", body("second"))
	status, _ := r.as(minted["accessToken"].(string)).do("GET", "/contacts/"+contact, "")
	assert.Equal(t, 403, status, "a token of another location")
	status, _ = agency.form("/oauth/locationToken", body("unknown"))
	assert.Equal(t, 400, status)
	require.NoError(t, r.server.Uninstall())
	status, _ = agency.do("GET", "/oauth/installedLocations"+query, "")
	assert.Equal(t, 401, status)
}
