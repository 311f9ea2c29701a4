package contacts

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"golang.org/x/oauth2"

	"github.com/contactlink/contactlink/internal/rest"
)

// OAuthSource gives the token of a location or an agency and keeps it fresh: one
// refresh at a time in all processes that share the store, and the rotated
// refresh token is stored before the token is used. A caller that leaves does not
// end a refresh that has begun: the service would have rotated the token already.
type OAuthSource struct {
	oauth  *OAuth
	key    string
	agency bool

	mu      sync.Mutex
	token   *OAuthToken
	unsaved *OAuthToken // rotated, but the store failed
	flight  *flight
}

// flight is a refresh that several callers wait for.
type flight struct {
	done  chan struct{}
	token *OAuthToken
	err   error
}

var (
	_ oauth2.TokenSource = (*OAuthSource)(nil)
	_ ContextTokenSource = (*OAuthSource)(nil)
	_ Refresher          = (*OAuthSource)(nil)
)

// Token implements oauth2.TokenSource.
func (s *OAuthSource) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// TokenContext implements ContextTokenSource. Its errors are ErrNoToken,
// ErrLocationInactive, ErrUnauthorized if the refresh token was used or is too
// old, and those of any request.
func (s *OAuthSource) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	token, err := s.get(ctx, "")
	if err != nil {
		return nil, rest.Shown(err)
	}
	return &oauth2.Token{AccessToken: string(token.AccessToken), TokenType: "Bearer", Expiry: token.Expiry}, nil
}

// Refresh implements Refresher: it gets another token than the one that the
// service refused.
func (s *OAuthSource) Refresh(ctx context.Context, refused string) error {
	if _, err := s.get(ctx, refused); err != nil {
		return rest.Shown(err)
	}
	return nil
}

// get is a token that is valid and not the refused one.
func (s *OAuthSource) get(ctx context.Context, refused string) (*OAuthToken, error) {
	s.mu.Lock()
	if s.usable(s.token, refused) {
		defer s.mu.Unlock()
		return s.token, nil
	}
	f := s.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		s.flight = f
		go s.fly(context.WithoutCancel(ctx), f, refused) // it ends within refreshTime
	}
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.done:
		return f.token, f.err
	}
}

func (s *OAuthSource) usable(token *OAuthToken, refused string) bool {
	return token.valid() && string(token.AccessToken) != refused
}

func (s *OAuthSource) fly(ctx context.Context, f *flight, refused string) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	f.token, f.err = s.refresh(ctx, refused)
	s.mu.Lock()
	s.flight = nil
	s.mu.Unlock()
	close(f.done)
}

// refresh gets a token under the store's lock. Another process may have done so.
func (s *OAuthSource) refresh(ctx context.Context, refused string) (*OAuthToken, error) {
	store := s.oauth.config().Store
	unlock, err := store.Lock(ctx, s.key)
	if err != nil {
		return nil, storeError("lock", err)
	}
	defer unlock()
	s.mu.Lock()
	token := s.unsaved
	s.mu.Unlock()
	if token == nil {
		data, err := store.Get(ctx, s.key)
		if err != nil {
			return nil, storeError("read", err)
		}
		stored, err := decodeToken(data)
		if err != nil {
			return nil, fmt.Errorf("contacts: %w", err)
		}
		if s.usable(stored, refused) {
			s.use(stored)
			return stored, nil
		}
		if token, err = s.renew(ctx, stored); err != nil {
			return nil, err
		}
	}
	if err := s.save(ctx, token); err != nil {
		return nil, err
	}
	s.use(token)
	return token, nil
}

// renew asks the service for the token after this one.
func (s *OAuthSource) renew(ctx context.Context, old *OAuthToken) (*OAuthToken, error) {
	if old.RefreshToken == "" {
		return s.oauth.mint(ctx, old.CompanyID, old.LocationID)
	}
	token, err := s.oauth.grant(ctx, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {string(old.RefreshToken)}, "user_type": {userType(s.agency)},
		"redirect_uri": {s.oauth.config().RedirectURL},
	})
	if err != nil {
		return nil, err
	}
	// What an answer leaves out is as before.
	if token.RefreshToken == "" {
		token.RefreshToken = old.RefreshToken
	}
	if token.LocationID == "" {
		token.LocationID = old.LocationID
	}
	if token.CompanyID == "" {
		token.CompanyID = old.CompanyID
	}
	return token, nil
}

// save stores a token. One that could not be stored is not used, and not lost
// either: the next call tries again.
func (s *OAuthSource) save(ctx context.Context, token *OAuthToken) error {
	data, err := encodeToken(token)
	if err == nil {
		err = s.oauth.config().Store.Put(ctx, s.key, data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsaved = nil; err != nil {
		s.unsaved = token
		return storeError("save", err)
	}
	return nil
}

func (s *OAuthSource) use(token *OAuthToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}
