package sendapp

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/contactlink/contactlink/internal/rest"
)

// WithAPIKey sends a key as X-API-Key.
func WithAPIKey(key string) ClientOption {
	return clientOption(func(s *settings) error {
		if err := rest.CheckSecret(key); err != nil {
			return fmt.Errorf("WithAPIKey: the key is of no use: %w", err)
		}
		return s.setCredentials("WithAPIKey", rest.Header("X-API-Key", rest.Static(key)))
	})
}

// WithAPIKeySource reads the key from a function, for each attempt of each
// request: from a file, a vault. A key that rotates needs no new client, and a
// request that was refused with 401 is repeated once if the function gives
// another key then. It must be quick and safe for concurrent use.
func WithAPIKeySource(read func(ctx context.Context) (string, error)) ClientOption {
	return clientOption(func(s *settings) error {
		if read == nil {
			return errors.New("WithAPIKeySource: the function is nil")
		}
		return s.setCredentials("WithAPIKeySource", rest.Header("X-API-Key", read))
	})
}

// WithToken sends an OAuth access token as Authorization: Bearer.
func WithToken(token string) ClientOption {
	return clientOption(func(s *settings) error {
		if err := rest.CheckSecret(token); err != nil {
			return fmt.Errorf("WithToken: the token is of no use: %w", err)
		}
		return s.setCredentials("WithToken", rest.Bearer(rest.Static(token)))
	})
}

// WithTokenFunc is WithAPIKeySource for OAuth access tokens.
func WithTokenFunc(read func(ctx context.Context) (string, error)) ClientOption {
	return clientOption(func(s *settings) error {
		if read == nil {
			return errors.New("WithTokenFunc: the function is nil")
		}
		return s.setCredentials("WithTokenFunc", rest.Bearer(read))
	})
}

// WithTokenSource is WithTokenFunc for an oauth2.TokenSource. A source that is
// also a ContextTokenSource obeys the request's context, and one that is a
// Refresher gets another token after a 401.
func WithTokenSource(source oauth2.TokenSource) ClientOption {
	return clientOption(func(s *settings) error {
		if source == nil {
			return errors.New("WithTokenSource: the source is nil")
		}
		return s.setCredentials("WithTokenSource", rest.TokenSource(source))
	})
}

// ContextTokenSource is an oauth2.TokenSource that obeys the context of the
// request that needs the token.
type ContextTokenSource = rest.ContextTokenSource

// Refresher is an oauth2.TokenSource that can be told which access token the
// server refused. It is asked at most once for each call.
type Refresher = rest.Refresher
