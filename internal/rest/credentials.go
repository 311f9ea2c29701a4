package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Credentials puts a token or key on a request. It is asked for each attempt,
// so that what rotates is fresh. It is a function, so that no formatting verb
// shows what it holds, wherever it is nested.
type Credentials func(ctx context.Context, request *http.Request) error

const redacted = "[redacted]"

// String shows nothing of them.
func (Credentials) String() string { return redacted }

// GoString shows nothing of them.
func (Credentials) GoString() string { return redacted }

// LogValue shows nothing of them.
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText shows nothing of them.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

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

// CheckSecret refuses a token or key that no header can carry. Its error does
// not show it.
func CheckSecret(secret string) error {
	switch {
	case secret == "":
		return errors.New("it is empty")
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("it has a space, a line break or another character that does not belong there")
	default:
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

// tokenError is the failure of a token source.
type tokenError struct{ cause error }

func (e *tokenError) Error() string {
	var refused *oauth2.RetrieveError
	if errors.As(e.cause, &refused) && refused.ErrorCode != "" {
		return fmt.Sprintf("the token source failed: %s", refused.ErrorCode)
	}
	return "the token source failed"
}

// Unwrap tells a refusal from a token endpoint that did not answer.
func (e *tokenError) Unwrap() []error {
	var refused *oauth2.RetrieveError
	if errors.As(e.cause, &refused) && refused.Response != nil && refused.Response.StatusCode >= 500 || dialFailed(e.cause) {
		return []error{ErrUnavailable, e.cause}
	}
	return []error{ErrUnauthorized, e.cause}
}

// credentials puts the credentials on a copy of a request.
func (c *Client) credentials(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		ctx := request.Context()
		if c.config.Credentials == nil {
			return nil, &localError{ErrNoCredentials}
		}
		request = request.Clone(ctx)
		if err := c.config.Credentials(ctx, request); err != nil {
			return nil, &localError{err}
		}
		return next(request)
	}
}
