package contactstest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// App is the marketplace app that OAuth tokens are for.
type App struct {
	// ClientID begins with the app's id, up to the first dash.
	ClientID, ClientSecret string
	CompanyID, VersionID   string
	// Scopes are what its tokens may do.
	Scopes []string
}

// defaultApp is what a server knows if it isn't told otherwise.
func defaultApp() App {
	return App{
		ClientID: "66a0419a0dffa47fb5f8b22f-lyz8m2kc", ClientSecret: "secret-of-contactstest", CompanyID: DefaultCompany,
		VersionID: "66a0419a0dffa47fb5f8b22f", Scopes: strings.Fields(
			"contacts.readonly contacts.write calendars.readonly calendars/events.readonly calendars/events.write" +
				" locations.readonly locations/tags.readonly locations/tags.write locations/customFields.readonly" +
				" locations/customFields.write locations/tasks.readonly oauth.readonly oauth.write"),
	}
}

// WithApp sets the app. Fields that are empty keep their defaults.
func WithApp(app App) Option {
	return func(s *Server) {
		for _, field := range []struct{ to, from *string }{
			{&s.app.ClientID, &app.ClientID}, {&s.app.ClientSecret, &app.ClientSecret},
			{&s.app.CompanyID, &app.CompanyID}, {&s.app.VersionID, &app.VersionID},
		} {
			if *field.from != "" {
				*field.to = *field.from
			}
		}
		if app.Scopes != nil {
			s.app.Scopes = app.Scopes
		}
	}
}

// App is the app that the server knows.
func (s *Server) App() App { return s.app }

// What a grant is used as.
const (
	useCode    = "code"
	useAccess  = "access"
	useRefresh = "refresh"
)

const (
	accessLife  = 86_399 * time.Second
	refreshLife = 365 * 24 * time.Hour
	// grace is how long a used refresh token still gives what it gave.
	grace = 30 * time.Second
)

// Authorize makes a code, as a user's consent does: for the server's location or
// its agency. Exchange it for tokens.
func (s *Server) Authorize(kind TokenKind) (code string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code = s.newID(kindGrant)
	return code, s.commit(s.granting(useCode, code, kind, s.location, s.clock().Add(10*time.Minute)))
}

// SetLocationActive says whether the location's plan is paid: while it isn't, no
// token is given, and refresh tokens stay as they are.
func (s *Server) SetLocationActive(active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inactive = !active
}

// InstallLocation adds a location to those that the app is installed in. The
// server has no contacts of it, but its agency gets tokens for it.
func (s *Server) InstallLocation(id, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(change{Kind: kindLocation, ID: id, Value: s.installation(id, name)})
}

func (s *Server) installation(id, name string) record {
	return record{
		"_id": raw(id), "name": raw(name), "address": raw("1 Main St"), "isInstalled": raw(true),
		"versionId": raw(s.app.VersionID), "installedAt": raw(s.now()),
	}
}

// granting keeps a code or a token.
func (s *Server) granting(use, value string, kind TokenKind, location string, expires time.Time) change {
	return change{Kind: kindGrant, ID: value, Value: record{
		"use": raw(use), "kind": raw(kind), "location": raw(location), "expires": raw(expires.UTC().Format(time.RFC3339Nano)),
		"scopes": raw(s.app.Scopes),
	}}
}

func grantedToken(value string, grant record) Token {
	expires, _ := parseTime(grant.text("expires"))
	token := Token{Value: value, Kind: TokenKind(grant.text("kind")), Scopes: grant.texts("scopes"), Expires: expires}
	if token.Kind == LocationToken {
		token.Location = grant.text("location")
	}
	return token
}

// oauthError is a 400 of the token endpoint.
func oauthError(message string) answer { return refuse(http.StatusBadRequest, message) }

// parameter reads a parameter of a form or of JSON, by its name in either
// version: "grant_type" or "grantType".
func (c call) parameter(name string) string {
	for _, name := range []string{name, camel(name)} {
		if value := c.form.Get(name); value != "" {
			return value
		}
		if value := c.body.text(name); value != "" {
			return value
		}
	}
	return ""
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// giveToken exchanges a code or a refresh token.
func (s *Server) giveToken(c call) answer {
	spelt := func(name string) string {
		if c.v3() {
			return camel(name)
		}
		return name
	}
	use, param := useCode, "code"
	switch c.parameter("grant_type") {
	case "":
		return oauthError("Missing parameter: " + spelt("grant_type"))
	case "authorization_code":
	case "refresh_token":
		use, param = useRefresh, "refresh_token"
	default:
		return oauthError("Invalid parameter: " + spelt("grant_type"))
	}
	for _, name := range []string{"client_id", "client_secret", param} {
		if c.parameter(name) == "" {
			return oauthError("Missing parameter: " + spelt(name))
		}
	}
	if c.parameter("client_id") != s.app.ClientID || c.parameter("client_secret") != s.app.ClientSecret {
		return unauthorized("Invalid client: client credentials are invalid")
	}
	value := c.parameter(param)
	grant := s.state.get(kindGrant, value)
	expires, _ := parseTime(grant.text("expires"))
	if grant.text("use") != use || !s.clock().Before(expires) {
		return invalidGrant(use)
	}
	if used, is := parseTime(grant.text("used")); is {
		// A used refresh token gives the same tokens for a while, so that processes
		// which refresh at the same time all get them.
		if use == useRefresh && s.clock().Sub(used) < grace {
			return s.tokenAnswer(c, grant.text("access"), grant.text("refresh"))
		}
		return invalidGrant(use)
	}
	if s.inactive {
		return oauthError("Location is not active") // the grant stays good
	}
	changes, access, refresh := s.newTokens(TokenKind(grant.text("kind")), grant.text("location"))
	spent := grant.with("used", s.clock().UTC().Format(time.RFC3339Nano)).with("access", access).with("refresh", refresh)
	if err := s.commit(append(changes, change{Kind: kindGrant, ID: value, Value: spent})...); err != nil {
		return failed(err)
	}
	if use == useCode {
		s.event("INSTALL", s.installPayload(grant))
	}
	return s.tokenAnswer(c, access, refresh)
}

func invalidGrant(use string) answer {
	if use == useRefresh {
		return oauthError("Invalid grant: refresh token is invalid")
	}
	return oauthError("Invalid grant: authorization code is invalid")
}

// newTokens makes a pair of tokens. They look like those of the service.
func (s *Server) newTokens(kind TokenKind, location string) (changes []change, access, refresh string) {
	now := s.clock()
	jwt := func() string { return "eyJhbGciOiJSUzI1NiJ9." + s.newID(kindGrant) + "." + s.newID(kindGrant) }
	access, refresh = jwt(), jwt()
	return []change{
		s.granting(useAccess, access, kind, location, now.Add(accessLife)),
		s.granting(useRefresh, refresh, kind, location, now.Add(refreshLife)),
	}, access, refresh
}

// tokenAnswer is the answer with a pair of tokens. Version v3 spells its names
// otherwise.
func (s *Server) tokenAnswer(c call, access, refresh string) answer {
	grant := s.state.get(kindGrant, access)
	expires, _ := parseTime(grant.text("expires"))
	body := map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(expires.Sub(s.clock()).Seconds()),
		"refresh_token": refresh, "scope": strings.Join(grant.texts("scopes"), " "), "userType": grant.text("kind"),
		"companyId": s.app.CompanyID, "userId": "l33GBzzdBGkRwTmV0N2r", "isBulkInstallation": false,
	}
	if TokenKind(grant.text("kind")) == LocationToken {
		body["locationId"] = grant.text("location")
	}
	if c.v3() {
		for _, name := range []string{"access_token", "token_type", "expires_in", "refresh_token"} {
			body[camel(name)] = body[name]
			delete(body, name)
		}
	}
	return ok(body)
}

// giveLocationToken makes a token for a location out of an agency's.
func (s *Server) giveLocationToken(c call) answer {
	location := c.parameter("locationId")
	switch {
	case c.parameter("companyId") == "" || location == "":
		return invalid("companyId should not be empty", "locationId should not be empty")
	case c.parameter("companyId") != s.app.CompanyID || s.state.get(kindLocation, location) == nil:
		return refuse(http.StatusBadRequest, "The app is not installed in this location")
	case s.inactive:
		return oauthError("Location is not active")
	}
	changes, access, refresh := s.newTokens(LocationToken, location)
	if err := s.commit(changes...); err != nil {
		return failed(err)
	}
	return s.tokenAnswer(c, access, refresh)
}

// listInstalled lists the locations that the app is installed in: by offset, in
// version v3 by a token.
func (s *Server) listInstalled(c call) answer {
	query := c.URL.Query()
	if query.Get("companyId") != s.app.CompanyID || query.Get("appId") != s.appID() {
		return refuse(http.StatusBadRequest, "companyId and appId must be those of the token")
	}
	skip, limit := atoi(query.Get("skip"), 0), atoi(query.Get("limit"), 20)
	if c.v3() {
		skip, limit = atoi(query.Get("pageToken"), 0), atoi(query.Get("pageSize"), 20)
	}
	if skip < 0 || limit < 1 || limit > 100 {
		return invalid("limit must be between 1 and 100, skip must not be negative")
	}
	all := slices.DeleteFunc(s.state.list(kindLocation), func(r record) bool {
		return !strings.Contains(strings.ToLower(r.text("name")), strings.ToLower(query.Get("query"))) ||
			query.Get("locationId") != "" && query.Get("locationId") != r.text("_id")
	})
	end := min(skip+limit, len(all))
	rows := all[min(skip, len(all)):end]
	if !c.v3() {
		return ok(map[string]any{"locations": rows, "count": len(all), "installToFutureLocations": false})
	}
	pagination := map[string]any{"hasNextPage": end < len(all)}
	if end < len(all) {
		pagination["nextPageToken"] = strconv.Itoa(end)
	}
	return ok(map[string]any{"items": rows, "pagination": pagination})
}

func (s *Server) appID() string {
	id, _, _ := strings.Cut(s.app.ClientID, "-")
	return id
}

func (s *Server) installPayload(grant record) record {
	return record{"appId": raw(s.appID()), "companyId": raw(s.app.CompanyID), "installType": grant["kind"]}
}

// Uninstall takes the app away: its OAuth tokens end, and it is told.
func (s *Server) Uninstall() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var changes []change
	for id := range s.state.tables[kindGrant].order.all() {
		changes = append(changes, change{Kind: kindGrant, ID: id})
	}
	if err := s.commit(changes...); err != nil {
		return err
	}
	s.event("UNINSTALL", record{"appId": raw(s.appID())})
	return nil
}
