package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"
)

// Credentials puts a token or key on a request. It is asked for each attempt,
// so that what rotates is fresh. It is a function, so that no formatting verb
// shows what it holds.
type Credentials func(ctx context.Context, request *http.Request) error

// ErrNoCredentials is what a client without credentials answers.
var ErrNoCredentials = errors.New("the client has no credentials: give it a token or a key")

// Bearer sends a token as "Authorization: Bearer".
func Bearer(token string) Credentials { return Header("Authorization", "Bearer "+token) }

// Header sends a key in a header.
func Header(name, value string) Credentials {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set(name, value)
		return nil
	}
}

// TokenSource sends the source's token. Its error stays reachable, its text is
// not shown: it may hold the answer of a token endpoint.
func TokenSource(source oauth2.TokenSource) Credentials {
	return func(_ context.Context, request *http.Request) error {
		token, err := source.Token()
		if err != nil {
			return &tokenError{err}
		}
		token.SetAuthHeader(request)
		return nil
	}
}

type tokenError struct{ cause error }

func (e *tokenError) Error() string {
	var refused *oauth2.RetrieveError
	if errors.As(e.cause, &refused) {
		return fmt.Sprintf("the token source failed: %s", refused.ErrorCode)
	}
	return "the token source failed"
}

func (e *tokenError) Unwrap() []error { return []error{ErrUnauthorized, e.cause} }
