package rest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// RetryPolicy bounds how a request is repeated.
type RetryPolicy struct {
	// Retries is how often a request is repeated at most; 0 means never.
	Retries int
	// Min and Max bound the wait between attempts, which doubles each time.
	Min, Max time.Duration
	// MaxRetryAfter is the longest wait that a service may ask for and get. Beyond
	// it the error carries the wait.
	MaxRetryAfter time.Duration
}

// DefaultRetry is what a client does if it isn't told otherwise.
var DefaultRetry = RetryPolicy{Retries: 3, Min: 250 * time.Millisecond, Max: 8 * time.Second, MaxRetryAfter: 30 * time.Second}

// verdict is what becomes of a request after an attempt.
type verdict uint8

const (
	final   verdict = iota // its answer or error stands
	repeat                 // it may be sent again
	unknown                // it may have happened, and must not be sent again
)

// judge decides whether a request may be sent again. It is a pure function.
func judge(idempotent bool, status int, err error) verdict {
	switch {
	case err != nil && unsent(err):
		if errors.As(err, new(*net.OpError)) {
			return repeat
		}
		return final
	case err != nil && errors.Is(err, errOrigin):
		return final
	case err != nil, status >= 500:
		if idempotent {
			return repeat
		}
		return unknown
	case status == http.StatusTooManyRequests: // refused before it was looked at
		return repeat
	default:
		return final
	}
}

// unsent reports whether a request certainly never left.
func unsent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.Is(err, errLocal)
}

// errLocal marks errors of the client's own, before anything was sent.
var errLocal = errors.New("not sent")

type localError struct{ cause error }

func (e *localError) Error() string   { return e.cause.Error() }
func (e *localError) Unwrap() []error { return []error{errLocal, e.cause} }

// newRetrier is go-retryablehttp with our rules: its own would repeat creates,
// sleep for as long as a server says, log URLs, and drop the last answer.
func newRetrier(client *http.Client, policy RetryPolicy) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   client,
		RetryMax:     policy.Retries,
		RetryWaitMin: policy.Min,
		RetryWaitMax: policy.Max,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		CheckRetry: func(ctx context.Context, response *http.Response, err error) (bool, error) {
			status, asked := 0, time.Duration(0)
			if response != nil {
				status, asked = response.StatusCode, retryAfter(response.Header)
			}
			deadline, bounded := ctx.Deadline()
			late := asked > policy.MaxRetryAfter || bounded && time.Until(deadline) < asked
			idempotent, _ := ctx.Value(idempotentKey{}).(bool)
			return ctx.Err() == nil && !late && judge(idempotent, status, err) == repeat, nil
		},
		Backoff: func(least, most time.Duration, attempt int, response *http.Response) time.Duration {
			wait := min(most, least<<min(attempt, 16))
			if response != nil {
				wait = max(wait, retryAfter(response.Header))
			}
			return wait + rand.N(wait/4+1) //nolint:gosec // jitter, upwards: never earlier than asked
		},
	}
}

// idempotentKey is the context's key for whether a request is idempotent.
type idempotentKey struct{}

// retryAfter reads Retry-After: seconds, or a date.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
