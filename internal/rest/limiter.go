package rest

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Limiter lets requests through. Acquire waits for a slot, of the priority that
// PriorityOf(ctx) tells; an error of it ends the call. release is called once
// with the answer's status and header, or with 0 and nil if there was none. It is
// safe for concurrent use.
type Limiter interface {
	Acquire(ctx context.Context) (release func(status int, header http.Header), err error)
}

// limiter makes each attempt wait for a slot.
func (c *Client) limiter(next step) step {
	if c.config.Limiter == nil {
		return next
	}
	return func(request *http.Request) (*http.Response, error) {
		start := time.Now()
		release, err := c.config.Limiter.Acquire(request.Context())
		exchangeOf(request.Context()).slotWait = time.Since(start)
		if err != nil {
			return nil, &localError{err}
		}
		var status int
		var header http.Header
		defer func() { release(status, header) }()
		response, err := next(request)
		if response != nil {
			status, header = response.StatusCode, response.Header
		}
		return response, err
	}
}

// waitError says that the rate limit leaves no slot in time.
type waitError struct {
	wait   time.Duration
	reason string
}

func (e *waitError) Error() string {
	return fmt.Sprintf("no slot under the rate limit for %s: %s", e.wait.Round(time.Millisecond), e.reason)
}

func (e *waitError) Unwrap() error { return ErrRateLimited }
