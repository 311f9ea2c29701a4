package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// RetryPolicy bounds how a request is repeated.
type RetryPolicy struct {
	// Retries is how often a request is repeated at most; 0 means never.
	Retries int
	// Min and Max bound the wait between attempts, which doubles each time. Up to
	// a quarter is added at random.
	Min, Max time.Duration
	// MaxRetryAfter is the longest wait that a service may ask for and get. Beyond
	// it, or beyond the context's deadline, the error comes at once and carries
	// the wait.
	MaxRetryAfter time.Duration
}

// DefaultRetry is what a client does if it isn't told otherwise.
var DefaultRetry = RetryPolicy{Retries: 3, Min: 250 * time.Millisecond, Max: 8 * time.Second, MaxRetryAfter: 30 * time.Second}

// longestWait stands for all that is longer: adding jitter does not overflow it.
const longestWait = 10 * 365 * 24 * time.Hour

// outcome is how an attempt ended.
type outcome struct {
	attempt int           // 1 is the first
	status  int           // 0: no answer
	asked   time.Duration // the wait that the service asks for
	err     error         // of the transport
}

// decide says whether a request is sent again, and after which wait at least. It
// is a pure function.
func (p RetryPolicy) decide(idempotent bool, o outcome) (repeat bool, wait time.Duration) {
	if o.attempt > p.Retries || o.asked > p.MaxRetryAfter || !repeatable(idempotent, o) {
		return false, 0
	}
	wait = p.Min
	for range o.attempt - 1 {
		if wait > p.Max/2 {
			wait = p.Max
			break
		}
		wait *= 2
	}
	return true, max(wait, o.asked)
}

// repeatable says whether sending a request again can do no harm and may help.
func repeatable(idempotent bool, o outcome) bool {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(o.err, errLocal):
		// The client refused it and would again, unless it could not get a token
		// for want of a connection.
		return dialFailed(o.err)
	case errors.As(o.err, &certificate), errors.Is(o.err, errTooLarge):
		return false // it would be the same again
	case o.err != nil:
		return idempotent || unsent(o.err)
	case o.status == http.StatusTooManyRequests:
		return true // refused before it was looked at
	default:
		return idempotent && o.status >= 500
	}
}

// newRetrier is go-retryablehttp with our rules: its own would repeat creates,
// sleep for as long as a server says, log URLs, and drop the last answer.
func (c *Client) newRetrier(client *http.Client) *retryablehttp.Client {
	policy := c.config.Retry
	return &retryablehttp.Client{
		HTTPClient:   client,
		RetryMax:     policy.Retries + 1, // one after renewed credentials; decide counts the others
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		CheckRetry: func(ctx context.Context, response *http.Response, err error) (bool, error) {
			x := exchangeOf(ctx)
			if ctx.Err() == nil && c.renew(ctx, x, response) { // a 401 has no effect, so any operation may be repeated
				x.waiting, x.wait = true, 0
				c.logRepeat(ctx, x)
				return true, nil
			}
			o := outcome{attempt: x.attempts - x.renewals, err: err}
			if response != nil {
				o.status, o.asked = response.StatusCode, c.asked(response)
			}
			repeat, wait := policy.decide(x.idempotent, o)
			if !repeat || ctx.Err() != nil {
				return false, nil //nolint:nilerr // the error of the attempt says more
			}
			wait += rand.N(wait/4 + 1) //nolint:gosec // jitter, upwards: never earlier than asked
			if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < wait {
				return false, nil
			}
			x.waiting, x.wait = true, wait
			c.logRepeat(ctx, x)
			return true, nil
		},
		// It does not get the context, so CheckRetry has made the wait already.
		Backoff: func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		PrepareRetry: func(request *http.Request) error {
			return pause(request.Context(), exchangeOf(request.Context()).wait)
		},
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// asked is the wait that an answer asks for, 0 if it does not.
func (c *Client) asked(response *http.Response) time.Duration {
	wait := retryAfter(response.Header)
	if wait == 0 && response.StatusCode == http.StatusTooManyRequests && c.config.API.Wait != nil {
		wait = c.config.API.Wait(response.Header)
	}
	return wait
}

// retryAfter reads Retry-After: seconds, or a date. A number beyond all sense is
// the longest wait, not none.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, longestWait.Seconds()) * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
