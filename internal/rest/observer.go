package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Attempt is one sending of a request, as an Observer sees it. It has nothing of
// the request and no words of the service, so that all of it may be kept.
type Attempt struct {
	// Operation is the operation's name: "contacts.get".
	Operation string
	// Number is 1 for the first attempt of a call.
	Number int
	// Priority is the call's.
	Priority Priority

	// What follows is known at the end.

	// Wait is how long the attempt waited for the limiter.
	Wait time.Duration
	// Duration is from the slot to the end of the answer's body, without Wait.
	Duration time.Duration
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// TraceID is the service's id of the request.
	TraceID string
	// Err is nil for a status of success. Otherwise it is what the failure means:
	// one of the package's Err values, context.Canceled,
	// context.DeadlineExceeded, or an error that tells the status and no more. That
	// an answer of success could not be decoded is a failure of the call, not of
	// an attempt.
	Err error
}

// Observer is told of each attempt of each request: for spans, metrics, logs.
// Several calls run at once, so it must be safe for concurrent use; the request
// waits for it, so it must be quick.
type Observer interface {
	// StartAttempt is called before the attempt waits for the limiter. The request
	// is sent under the context that it returns, which must be ctx or come from it,
	// as one with a span does.
	StartAttempt(ctx context.Context, attempt Attempt) context.Context
	// EndAttempt gets the context that StartAttempt returned.
	EndAttempt(ctx context.Context, attempt Attempt)
}

// observe counts the attempts, logs them, and tells the observers.
func (c *Client) observe(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		x := exchangeOf(request.Context())
		x.attempts++
		x.waiting, x.slotWait = false, 0
		attempt := Attempt{Operation: x.operation.Name, Number: x.attempts, Priority: PriorityOf(request.Context())}
		ctx, end := c.start(request.Context(), attempt)

		start := time.Now()
		response, err := x.unlessDone(next)(request.WithContext(ctx))
		attempt.Wait = x.slotWait
		attempt.Duration = time.Since(start) - x.slotWait
		if response != nil {
			attempt.Status = response.StatusCode
			attempt.TraceID = c.traceID(x, response)
		}
		attempt.Err = c.meaning(request.Context(), x, response, err)
		c.logAttempt(ctx, attempt)
		end(attempt)
		return response, err
	}
}

// start tells the observers in their order; end in the opposite one, as defers
// run.
func (c *Client) start(ctx context.Context, attempt Attempt) (context.Context, func(Attempt)) {
	contexts := make([]context.Context, len(c.config.Observers))
	for i, observer := range c.config.Observers {
		// One that is not a child of ctx would lose the call.
		if inner := observer.StartAttempt(ctx, attempt); inner != nil && exchangeOf(inner) == exchangeOf(ctx) {
			ctx = inner //nolint:fatcontext // one context an observer
		}
		contexts[i] = ctx
	}
	return ctx, func(attempt Attempt) {
		for i, inner := range slices.Backward(contexts) {
			c.config.Observers[i].EndAttempt(inner, attempt)
		}
	}
}

// unlessDone sends nothing under a context that has ended.
func (x *exchange) unlessDone(next step) step {
	return func(request *http.Request) (*http.Response, error) {
		if err := request.Context().Err(); err != nil {
			return nil, &localError{err}
		}
		return next(request)
	}
}

// meanings are what an attempt's error may be, beside what says the status.
var meanings = []error{
	context.Canceled, context.DeadlineExceeded, ErrNoCredentials, ErrRateLimited, ErrInvalid, ErrUnavailable, ErrUnauthorized,
}

// meaning is what the end of an attempt means, without anybody's words.
func (c *Client) meaning(ctx context.Context, x *exchange, response *http.Response, err error) error {
	if response != nil {
		switch refused := c.refusal(x, response); {
		case refused == nil:
			return nil
		case refused.meaning != nil:
			return refused.meaning
		default:
			return fmt.Errorf("HTTP %d", response.StatusCode)
		}
	}
	failed := c.transportError(ctx, x, err)
	if failed.meaning != nil {
		return failed.meaning
	}
	for _, meaning := range meanings {
		if errors.Is(err, meaning) {
			return meaning
		}
	}
	return errLocal
}
