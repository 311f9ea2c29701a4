package contacts

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/contactlink/contactlink/internal/rest"
	"github.com/contactlink/contactlink/internal/wire"
)

// Secret is a text that is shown as "[redacted]" by all formatting verbs, as
// JSON, and in logs. A conversion to string gives it away.
type Secret string

const redacted = "[redacted]"

// String shows nothing of it.
func (Secret) String() string { return redacted }

// GoString shows nothing of it.
func (Secret) GoString() string { return redacted }

// LogValue shows nothing of it.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText shows nothing of it.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// OAuthToken is a token of a location or of an agency.
type OAuthToken struct {
	AccessToken Secret
	// RefreshToken is used once, and works for a year. It is empty for some tokens
	// that were minted: they are minted again.
	RefreshToken Secret
	Expiry       time.Time
	Scopes       []string
	// LocationID is empty for a token of an agency.
	LocationID string
	CompanyID  string
	UserID     string
	// ApprovedLocations are those that an agency's token may mint tokens for.
	ApprovedLocations []string
}

// early is how long before its end a token is refreshed.
const early = time.Minute

// valid reports whether the token is good for a while.
func (t *OAuthToken) valid() bool { return t != nil && time.Now().Add(early).Before(t.Expiry) }

// tokenAnswer is what the service answers.
type tokenAnswer struct {
	AccessToken, RefreshToken, Scope string
	ExpiresIn                        float64 // seconds
	LocationID, CompanyID, UserID    string
	ApprovedLocations                []string
}

// UnmarshalJSON takes what it can: a field of another type must not lose a token
// that was rotated.
func (a *tokenAnswer) UnmarshalJSON(data []byte) error {
	fields := map[string]any{
		"access_token": &a.AccessToken, "refresh_token": &a.RefreshToken, "expires_in": &a.ExpiresIn, "scope": &a.Scope,
		"locationId": &a.LocationID, "companyId": &a.CompanyID, "userId": &a.UserID, "approvedLocations": &a.ApprovedLocations,
	}
	var extra wire.Extra
	return wire.Unmarshal(data, func(name string) any { return fields[name] }, &extra)
}

// token checks an answer.
func (a *tokenAnswer) token(op *rest.Operation) (*OAuthToken, error) {
	if rest.CheckSecret(a.AccessToken) != nil {
		return nil, fmt.Errorf("contacts: %w", rest.Incomplete(op, "access token"))
	}
	lifetime := time.Duration(a.ExpiresIn * float64(time.Second))
	if lifetime <= 0 || lifetime > 366*24*time.Hour {
		lifetime = time.Hour // not told: it is refreshed when it is refused, too
	}
	return &OAuthToken{
		AccessToken: Secret(a.AccessToken), RefreshToken: Secret(a.RefreshToken), Expiry: time.Now().Add(lifetime).UTC(),
		Scopes: strings.Fields(a.Scope), LocationID: a.LocationID, CompanyID: a.CompanyID, UserID: a.UserID,
		ApprovedLocations: a.ApprovedLocations,
	}, nil
}

// storedToken is the form in a store, where secrets are not hidden. It must be
// read by later versions.
type storedToken struct {
	AccessToken       string    `json:"accessToken"`
	RefreshToken      string    `json:"refreshToken,omitempty"`
	Expiry            time.Time `json:"expiry"`
	Scopes            []string  `json:"scopes,omitempty"`
	LocationID        string    `json:"locationId,omitempty"`
	CompanyID         string    `json:"companyId,omitempty"`
	UserID            string    `json:"userId,omitempty"`
	ApprovedLocations []string  `json:"approvedLocations,omitempty"`
}

func encodeToken(t *OAuthToken) ([]byte, error) {
	return json.Marshal(storedToken{
		AccessToken: string(t.AccessToken), RefreshToken: string(t.RefreshToken), Expiry: t.Expiry, Scopes: t.Scopes,
		LocationID: t.LocationID, CompanyID: t.CompanyID, UserID: t.UserID, ApprovedLocations: t.ApprovedLocations,
	})
}

// decodeToken reads what encodeToken wrote; nil of nothing.
func decodeToken(data []byte) (*OAuthToken, error) {
	if len(data) == 0 {
		return nil, ErrNoToken
	}
	var s storedToken
	if json.Unmarshal(data, &s) != nil || s.AccessToken == "" { // its error would quote the token
		return nil, errors.New("what is stored is no token: it may be encrypted, or another program's")
	}
	return &OAuthToken{
		AccessToken: Secret(s.AccessToken), RefreshToken: Secret(s.RefreshToken), Expiry: s.Expiry, Scopes: s.Scopes,
		LocationID: s.LocationID, CompanyID: s.CompanyID, UserID: s.UserID, ApprovedLocations: s.ApprovedLocations,
	}, nil
}
