package contacts

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"

	"github.com/contactlink/contactlink/internal/rest"
)

// WithToken uses a private integration token or an access token.
func WithToken(token string) ClientOption {
	return clientOption(func(s *settings) error {
		if err := rest.CheckSecret(token); err != nil {
			return fmt.Errorf("WithToken: the token is of no use: %w", err)
		}
		return s.setCredentials("WithToken", rest.Bearer(rest.Static(token)))
	})
}

// WithTokenFunc reads the token from a function, for each attempt of each
// request: from a file, a vault. A token that rotates needs no new client, and a
// request that was refused with 401 is repeated once if the function gives
// another token then. It must be quick and safe for concurrent use.
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
// service refused. It is asked at most once for each call.
type Refresher = rest.Refresher
