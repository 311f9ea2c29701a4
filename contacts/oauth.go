package contacts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
)

// DefaultAuthorizeURL is the page where a user chooses the location that an app
// may use. A white label's is on another host.
const DefaultAuthorizeURL = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"

// ErrLocationInactive says that the location, or its agency, is paused or not
// paid for. It is a pause and no end: the stored token works again when the
// location does.
var ErrLocationInactive = errors.New("the location is not active")

// ErrNoToken says that no token is stored: the user has to authorize the app.
var ErrNoToken = errors.New("no token is stored: the user has to authorize the app first")

// OAuthConfig is an app of the marketplace.
type OAuthConfig struct {
	ClientID     string
	ClientSecret string
	// RedirectURL is where the user's browser comes back with the code.
	RedirectURL string
	// Scopes the app asks for.
	Scopes []string
	// Agency asks for a token of the agency (company) instead of one of a location.
	Agency bool
	// AuthorizeURL is another page than DefaultAuthorizeURL.
	AuthorizeURL string
	// Store keeps the tokens. See NewFileTokenStore and EncryptTokenStore.
	Store TokenStore
}

// OAuth gets tokens, keeps them in a store, and refreshes them. It is safe for
// concurrent use, and processes that share the store share the tokens.
type OAuth struct {
	config func() OAuthConfig // a function, so that no formatting verb shows the secret
	client *Client

	mu      sync.Mutex
	sources map[string]*OAuthSource
}

// NewOAuth makes an OAuth. The options are those of the client that asks the
// service; it needs neither token nor location.
func NewOAuth(config OAuthConfig, opts ...ClientOption) (*OAuth, error) {
	var errs []error
	for name, value := range map[string]string{"ClientID": config.ClientID, "ClientSecret": config.ClientSecret} {
		if err := rest.CheckSecret(value); err != nil {
			errs = append(errs, fmt.Errorf("OAuthConfig.%s is of no use: %w", name, err))
		}
	}
	if config.Store == nil {
		errs = append(errs, errors.New("OAuthConfig.Store is nil: use NewMemoryTokenStore for a trial"))
	}
	client, err := NewClient(append([]ClientOption{clientOption(func(s *settings) error {
		s.config.API.Explain = explainOAuth
		return nil
	})}, opts...)...)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("contacts: set up OAuth: %w", err)
	}
	return &OAuth{config: func() OAuthConfig { return config }, client: client, sources: map[string]*OAuthSource{}}, nil
}

// explainOAuth knows what the token endpoint says with a 400.
func explainOAuth(e *Error, header http.Header, body []byte) error {
	meaning := explain(e, header, body)
	if e.Status != http.StatusBadRequest {
		return meaning
	}
	switch text := strings.ToLower(strings.Join(e.Messages, " ")); {
	case strings.Contains(text, "location is not active"):
		return ErrLocationInactive
	case strings.Contains(text, "invalid grant"):
		return ErrUnauthorized
	default:
		return meaning
	}
}

// AuthorizationURL is where to send the user's browser. state comes back with
// the code: make one for each user, of at least 16 characters that cannot be
// guessed, and refuse a code that comes with another, or somebody else's account
// may be connected.
func (o *OAuth) AuthorizationURL(state string) (string, error) {
	config := o.config()
	if len(state) < 16 {
		return "", fmt.Errorf("contacts: %w: the state must have at least 16 characters: use rand.Text of crypto/rand", ErrInvalid)
	}
	page := config.AuthorizeURL
	if page == "" {
		page = DefaultAuthorizeURL
	}
	target, err := url.Parse(page)
	if err != nil || target.Scheme != "https" || target.Host == "" {
		return "", fmt.Errorf("contacts: %w: OAuthConfig.AuthorizeURL must begin with https://", ErrInvalid)
	}
	query := target.Query()
	query.Set("response_type", "code")
	query.Set("client_id", config.ClientID)
	query.Set("redirect_uri", config.RedirectURL)
	query.Set("scope", strings.Join(config.Scopes, " "))
	query.Set("state", state)
	target.RawQuery = query.Encode()
	return target.String(), nil
}

// Exchange makes a token of the code that the browser brought, and stores it.
func (o *OAuth) Exchange(ctx context.Context, code string) (*OAuthToken, error) {
	if code == "" {
		return nil, fmt.Errorf("contacts: %w: the code is empty", ErrInvalid)
	}
	config := o.config()
	token, err := o.grant(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {config.RedirectURL}, "user_type": {userType(config.Agency)},
	})
	if err != nil {
		return nil, err
	}
	return token, o.keep(ctx, token)
}

// Mint makes a token of a location out of the agency's, and stores it. After a
// bulk installation, each location needs one.
func (o *OAuth) Mint(ctx context.Context, companyID, locationID string) (*OAuthToken, error) {
	token, err := o.mint(ctx, companyID, locationID)
	if err != nil {
		return nil, err
	}
	return token, o.keep(ctx, token)
}

func (o *OAuth) mint(ctx context.Context, companyID, locationID string) (*OAuthToken, error) {
	if companyID == "" || locationID == "" {
		return nil, fmt.Errorf("contacts: %w: a location's token needs the ids of its company and of itself", ErrInvalid)
	}
	agency, err := o.client.With(WithTokenSource(o.Company(companyID)))
	if err != nil {
		return nil, err
	}
	var answer tokenAnswer
	err = agency.send(ctx, rest.Call{
		Operation: oauthOperations.LocationToken, Body: url.Values{"companyId": {companyID}, "locationId": {locationID}},
	}, nil, &answer)
	if err != nil {
		return nil, err
	}
	token, err := answer.token(oauthOperations.LocationToken)
	if err != nil {
		return nil, err
	}
	token.CompanyID, token.LocationID = companyID, locationID // some answers lack them
	return token, nil
}

// grant asks the token endpoint. To repeat a refresh is the best that can be
// done after its answer was lost: for 30 seconds the service answers it alike.
func (o *OAuth) grant(ctx context.Context, form url.Values) (*OAuthToken, error) {
	config := o.config()
	form.Set("client_id", config.ClientID)
	form.Set("client_secret", config.ClientSecret)
	var answer tokenAnswer
	err := o.client.send(ctx, rest.Call{
		Operation: oauthOperations.Token, Body: form, Idempotent: form.Get("grant_type") == "refresh_token",
	}, nil, &answer)
	if err != nil {
		return nil, err
	}
	return answer.token(oauthOperations.Token)
}

// keep stores a new token of a resource, and makes its source use it.
func (o *OAuth) keep(ctx context.Context, token *OAuthToken) error {
	source := o.source(token.LocationID, token.CompanyID)
	unlock, err := o.config().Store.Lock(ctx, source.key)
	if err != nil {
		return storeError("lock", err)
	}
	defer unlock()
	if err := source.save(ctx, token); err != nil {
		return err
	}
	source.use(token)
	return nil
}

// Location is the source of a location's token, for WithTokenSource.
func (o *OAuth) Location(id string) *OAuthSource { return o.source(id, "") }

// Company is the source of an agency's token, for WithTokenSource.
func (o *OAuth) Company(id string) *OAuthSource { return o.source("", id) }

// source is the one source of a resource: a location, or else a company.
func (o *OAuth) source(locationID, companyID string) *OAuthSource {
	kind, id := "location", locationID
	if locationID == "" {
		kind, id = "company", companyID
	}
	// The app's id is the client id up to the first "-": it stays when the app gets
	// another client id.
	app, _, _ := strings.Cut(o.config().ClientID, "-")
	key := "oauth/" + app + "/" + kind + "/" + id
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sources[key] == nil {
		o.sources[key] = &OAuthSource{oauth: o, key: key, agency: kind == "company"}
	}
	return o.sources[key]
}

func userType(agency bool) string {
	if agency {
		return "Company"
	}
	return "Location"
}

// storeError is the failure of a store: no verdict on the token, unless it cannot
// be decrypted.
func storeError(what string, err error) error {
	if !errors.Is(err, ErrWrongKey) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("contacts: %s the token in its store: %w", what, err)
}

// refreshTime bounds a refresh, which goes on when who asked for it has left.
const refreshTime = time.Minute
