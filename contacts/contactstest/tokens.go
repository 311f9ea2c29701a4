package contactstest

import (
	"slices"
	"strings"
	"time"
)

// TokenKind is what a token was made as.
type TokenKind string

// The kinds of tokens.
const (
	// PrivateIntegration tokens are made by hand for a location, and begin with
	// "pit-".
	PrivateIntegration TokenKind = "private"
	// LocationToken is an OAuth access token for a location.
	LocationToken TokenKind = "Location"
	// AgencyToken is an OAuth access token for an agency: it makes tokens for
	// locations, but does not reach their contacts.
	AgencyToken TokenKind = "Company"
)

// Token is a token that the server accepts.
type Token struct {
	Value string
	Kind  TokenKind
	// Scopes are what it may do. Nil: everything.
	Scopes []string
	// Location is the location that it reaches. Empty: the server's own.
	Location string
	// Expires is when it ends. Zero: never.
	Expires time.Time
}

// AddToken accepts another token, or gives one that is known another reach.
func (s *Server) AddToken(token Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token.Value] = token
}

// RevokeToken refuses a token from now on.
func (s *Server) RevokeToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = Token{}
}

// findToken knows tokens that were added, and those that OAuth gave. Of one that
// has expired, it knows nothing.
func (s *Server) findToken(value string) (Token, bool) {
	token, is := s.tokens[value]
	if !is && value == s.token {
		token, is = Token{Value: value, Kind: PrivateIntegration}, true
	}
	if grant := s.state.get(kindGrant, value); !is && grant.text("use") == useAccess {
		token, is = grantedToken(value, grant), true
	}
	if !is || token.Value == "" || !token.Expires.IsZero() && !s.clock().Before(token.Expires) {
		return Token{}, false
	}
	return token, true
}

// unauthorized says what a request lacks.
//
// Quirk: a scope that is missing and the wrong kind of token are 401, as a token
// that isn't known. Only another location is 403.
func (s *Server) unauthorized(c call, found *route) (answer, bool) {
	value, bearer := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	token, known := s.findToken(value)
	switch {
	case (!bearer || !known) && strings.HasPrefix(value, "pit-"):
		return unauthorized("Invalid Private Integration token"), true
	case !bearer || !known:
		return unauthorized("Invalid JWT"), true
	case (token.Kind == AgencyToken) != (found.oauth) && !s.bothKinds(found):
		return unauthorized("This authClass type is not allowed to access this scope. Please reach out to the Marketplace team to resolve this issue."), true
	case found.scope != "" && token.Scopes != nil && !slices.Contains(token.Scopes, found.scope):
		return unauthorized("The token is not authorized for this scope."), true
	case token.Kind != AgencyToken && token.Location != "" && token.Location != s.location:
		return forbidden(), true
	}
	return answer{}, false
}

// bothKinds says that an operation takes the tokens of agencies too.
func (s *Server) bothKinds(found *route) bool { return found.name == "locations.get" }
