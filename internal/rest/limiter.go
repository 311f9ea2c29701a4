package rest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limiter lets requests through. Acquire waits for a slot, of the priority that
// PriorityOf(ctx) tells; an error of it ends the call. release is called once,
// when the answer arrived, or with nil when the attempt failed. It is safe for
// concurrent use.
type Limiter interface {
	Acquire(ctx context.Context) (release func(answer http.Header), err error)
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
		var answer http.Header
		defer func() { release(answer) }()
		response, err := next(request)
		if response != nil {
			answer = response.Header
		}
		return response, err
	}
}

// NewWindow returns a Limiter that never has more than n requests counted in
// any window of the given length, wherever the server's window begins: a slot
// is free again when the window has passed since the answer. n and length are
// positive.
func NewWindow(n int, length time.Duration) Limiter {
	return &window{n: n, length: length, changed: make(chan struct{})}
}

type window struct {
	n      int
	length time.Duration

	mu      sync.Mutex
	flying  int           // requests without an answer
	cooling []time.Time   // when slots are free again, in order
	changed chan struct{} // closed when cooling has grown
}

// Acquire implements Limiter. A wait that would pass the context's deadline is
// not begun: the error is ErrRateLimited and says how long it would have been.
func (w *window) Acquire(ctx context.Context) (func(http.Header), error) {
	for {
		ready, changed, wait := w.try()
		if ready {
			once := sync.OnceFunc(w.release)
			return func(http.Header) { once() }, nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return nil, &waitError{wait}
		}
		timer := time.NewTimer(cmp.Or(wait, w.length))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// try takes a slot, or says how long it takes at least until one is free; 0 if
// that depends on answers.
func (w *window) try() (ready bool, changed <-chan struct{}, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.cooling = slices.DeleteFunc(w.cooling, func(free time.Time) bool { return !free.After(now) })
	if w.flying+len(w.cooling) < w.n {
		w.flying++
		return true, nil, 0
	}
	if len(w.cooling) > 0 {
		wait = w.cooling[0].Sub(now)
	}
	return false, w.changed, wait
}

func (w *window) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flying--
	w.cooling = append(w.cooling, time.Now().Add(w.length))
	close(w.changed)
	w.changed = make(chan struct{})
}

// waitError says that the rate limit leaves no slot before the deadline.
type waitError struct{ wait time.Duration }

func (e *waitError) Error() string {
	return fmt.Sprintf("no slot under the rate limit for %s, which is past the deadline", e.wait.Round(time.Millisecond))
}

func (e *waitError) Unwrap() error { return ErrRateLimited }
