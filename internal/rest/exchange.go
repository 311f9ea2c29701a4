package rest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// exchange is a call on its way: what its steps have to know of one another. Its
// attempts follow each other, so it needs no lock.
type exchange struct {
	call       Call
	operation  *Operation
	idempotent bool
	attempts   int
	// waiting says that the last attempt is to be repeated after wait.
	waiting bool
	wait    time.Duration
	// slotWait is how long the last attempt waited for the limiter.
	slotWait time.Duration
	// sent is the credentials' value of the last attempt, secrets are those of the
	// body, hidden is what else no error shows: see hide.
	sent    string
	secrets []string
	hidden  *hidden
	// renewals is how often the credentials were renewed, renewal why it failed.
	renewals int
	renewal  error
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// minSecret is how many bytes a secret has at least: shorter ones are parts of
// words.
const minSecret = 6

// allSecrets are what no error may show, should the service repeat it.
func (x *exchange) allSecrets() []string {
	all := slices.Clone(x.secrets)
	if fields := strings.Fields(x.sent); len(fields) > 0 {
		all = append(all, fields[len(fields)-1]) // without "Bearer"
	}
	return slices.DeleteFunc(all, func(secret string) bool { return len(secret) < minSecret })
}

// fail is the error of a call that was not sent.
func (x *exchange) fail(err error) error { return &Error{Operation: x.operation.Name, cause: err} }

// transportError is the error of a request that got no answer. The URL that
// net/http puts into its text stays out.
func (c *Client) transportError(ctx context.Context, x *exchange, err error) *Error {
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		err = withURL.Err
	}
	e := &Error{Operation: x.operation.Name, cause: err}
	if !errors.Is(err, errLocal) {
		e.cause = &outsideError{outside(err.Error(), x.hide(c.config.API).with(x.allSecrets(), nil)), err}
	}
	if wait, ok := errors.AsType[*waitError](err); ok {
		e.RetryAfter = wait.wait
	}
	switch {
	case errors.Is(err, errLocal), x.waiting: // not sent, or surely without effect
	case ctx.Err() != nil && (x.idempotent || unsent(err)): // the caller's wish
	case x.idempotent, unsent(err):
		e.meaning = ErrUnavailable
	default:
		e.meaning = ErrUnknownOutcome
	}
	return e
}
