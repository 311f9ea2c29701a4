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

// Credentials put a token or key on a request. They are read for each attempt,
// so that what rotates is fresh. They hold functions only, so that no formatting
// verb shows a secret, wherever they are nested. The zero value has none.
type Credentials struct {
	header string
	// read returns the header's value.
	read func(ctx context.Context) (string, error)
	// renew tries to get another value than the one that was refused, if reading
	// again is not all that can be done. It may be nil.
	renew func(ctx context.Context, refused string) error
}

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

// Source reads a secret: from a file, a vault, an environment.
type Source func(ctx context.Context) (string, error)

// Static is a source of one secret.
func Static(secret string) Source {
	return func(context.Context) (string, error) { return secret, nil }
}

// Bearer sends the source's token as "Authorization: Bearer".
func Bearer(source Source) Credentials { return header("Authorization", "Bearer ", source) }

// Header sends the source's key in a header.
func Header(name string, source Source) Credentials { return header(name, "", source) }

func header(name, prefix string, source Source) Credentials {
	return Credentials{header: name, read: func(ctx context.Context) (string, error) {
		secret, err := source(ctx)
		if err != nil {
			return "", err
		}
		if err := CheckSecret(secret); err != nil {
			return "", &secretError{err}
		}
		return prefix + secret, nil
	}}
}

// ContextTokenSource is an oauth2.TokenSource that obeys the context of the
// request that needs the token.
type ContextTokenSource interface {
	TokenContext(ctx context.Context) (*oauth2.Token, error)
}

// Refresher is an oauth2.TokenSource that can be told that the service refused
// an access token that it gave, so that it gets another.
type Refresher interface {
	Refresh(ctx context.Context, refused string) error
}

// TokenSource sends the source's token. It uses what the source can do beyond
// an oauth2.TokenSource.
func TokenSource(source oauth2.TokenSource) Credentials {
	credentials := Credentials{header: "Authorization", read: func(ctx context.Context) (string, error) {
		token, err := tokenOf(ctx, source)
		if err != nil {
			return "", err
		}
		if token == nil {
			return "", &secretError{errors.New("there is none")}
		}
		if err := CheckSecret(token.AccessToken); err != nil {
			return "", &secretError{err}
		}
		return token.Type() + " " + token.AccessToken, nil
	}}
	if refresher, ok := source.(Refresher); ok {
		credentials.renew = func(ctx context.Context, refused string) error {
			_, token, _ := strings.Cut(refused, " ")
			return refresher.Refresh(ctx, token)
		}
	}
	return credentials
}

func tokenOf(ctx context.Context, source oauth2.TokenSource) (*oauth2.Token, error) {
	if source, ok := source.(ContextTokenSource); ok {
		return source.TokenContext(ctx)
	}
	return source.Token()
}

// secretError says what is wrong with the secret that a source gave.
type secretError struct{ cause error }

func (e *secretError) Error() string { return "the token or key is of no use: " + e.cause.Error() }
func (e *secretError) Unwrap() error { return ErrInvalid }

// Shown marks the error of a source of ours: its text holds no secrets.
func Shown(err error) error { return &shownError{err} }

type shownError struct{ cause error }

func (e *shownError) Error() string { return e.cause.Error() }
func (e *shownError) Unwrap() error { return e.cause }

// tokenError is the failure of a source. The source's error stays reachable, its
// text is not shown unless it is one of ours: it may hold the answer of a token
// endpoint.
type tokenError struct{ cause error }

func (e *tokenError) Error() string {
	const failed = "the source of the token or key failed"
	if refused, ok := errors.AsType[*oauth2.RetrieveError](e.cause); ok && refused.ErrorCode != "" {
		return fmt.Sprintf("%s: %s", failed, words(refused.ErrorCode, new(hidden)))
	}
	if own, ok := errors.AsType[*Error](e.cause); ok {
		return fmt.Sprintf("%s: %s", failed, own)
	}
	if own, ok := errors.AsType[*secretError](e.cause); ok {
		return own.Error()
	}
	if own, ok := errors.AsType[*shownError](e.cause); ok {
		return fmt.Sprintf("%s: %s", failed, own)
	}
	return failed
}

// Unwrap tells a refusal from a token endpoint that did not answer.
func (e *tokenError) Unwrap() []error {
	refused, _ := errors.AsType[*oauth2.RetrieveError](e.cause)
	own, _ := errors.AsType[*Error](e.cause)
	switch {
	case own != nil, errors.Is(e.cause, context.Canceled), errors.Is(e.cause, context.DeadlineExceeded),
		errors.Is(e.cause, ErrInvalid), errors.Is(e.cause, ErrUnavailable):
		return []error{e.cause}
	case refused != nil && refused.Response != nil && refused.Response.StatusCode >= 500, dialFailed(e.cause):
		return []error{ErrUnavailable, e.cause}
	default:
		return []error{ErrUnauthorized, e.cause}
	}
}

// credentials puts the credentials on a copy of a request.
func (c *Client) credentials(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		ctx := request.Context()
		x := exchangeOf(ctx)
		if x.operation.Public {
			return next(request)
		}
		if c.config.Credentials.read == nil {
			return nil, &localError{ErrNoCredentials}
		}
		value, err := c.config.Credentials.read(ctx)
		if err != nil {
			return nil, &localError{&tokenError{err}}
		}
		request = request.Clone(ctx)
		request.Header.Set(c.config.Credentials.header, value)
		x.sent = value
		return next(request)
	}
}

// renew gets other credentials after the service refused those that were sent,
// once a call. It reports whether there are others. A token that lacks a scope
// was not refused: another one would lack it too.
func (c *Client) renew(ctx context.Context, x *exchange, response *http.Response) bool {
	if response == nil || response.StatusCode != http.StatusUnauthorized || x.renewals > 0 || x.operation.Public {
		return false
	}
	if !errors.Is(c.refusal(x, response), ErrUnauthorized) {
		return false
	}
	x.renewals++
	if renew := c.config.Credentials.renew; renew != nil {
		if err := renew(ctx, x.sent); err != nil {
			x.renewal = &tokenError{err}
			return false
		}
	}
	value, err := c.config.Credentials.read(ctx)
	if err != nil {
		x.renewal = &tokenError{err}
		return false
	}
	return value != x.sent
}
