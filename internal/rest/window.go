package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limits are what a SlidingWindow keeps to.
type Limits struct {
	// Requests are allowed in each Window, wherever it begins. 0: 100.
	Requests int
	// Window is the window's length. 0: 10 seconds.
	Window time.Duration
	// Daily are allowed in each 24 hours.
	Daily int
	// SweepShare is the part of Daily that sweeps may spend, all requests counted:
	// beyond it their calls fail with ErrRateLimited, and the rest of the day is
	// left to real-time work. 0: 0.8.
	SweepShare float64
	// Budget is where processes share the limit. nil: this one has it alone.
	Budget Budget
}

// SlidingWindow is a Limiter that never has more requests counted in a window
// than are allowed, wherever the server's window begins, and whether the server
// counts in fixed windows or in sliding ones: a slot is free again when the
// window has passed since the answer. It holds no goroutine.
//
// Real-time requests take the next slot in the order of their arrival. Sweeps
// are spaced evenly, and take the last free slot only when the next is less than
// two spacings away. If the answers have rate headers that show that others share
// the limit, it leaves them what they take.
type SlidingWindow struct {
	limits Limits

	mu        sync.Mutex
	flying    int                // requests without an answer
	cooling   []time.Time        // when slots are free again, in order
	queues    [2][]chan struct{} // who waits, by priority; the first is told of changes
	nextSweep time.Time
	closed    time.Time // nothing is sent until then, after a 429
	peers     peers
	day       day
	loans     loans
}

// NewSlidingWindow makes a SlidingWindow. It does not limit the day if Daily is
// not positive.
func NewSlidingWindow(limits Limits) (*SlidingWindow, error) {
	limits.Requests = cmp.Or(limits.Requests, 100)
	limits.Window = cmp.Or(limits.Window, 10*time.Second)
	limits.SweepShare = cmp.Or(limits.SweepShare, 0.8)
	switch {
	case limits.Requests < 0 || limits.Window < 0:
		return nil, errors.New("a limit must allow at least one request in a window")
	case limits.SweepShare < 0 || limits.SweepShare > 1:
		return nil, errors.New("the share of sweeps is between 0 and 1")
	}
	return &SlidingWindow{limits: limits}, nil
}

// Acquire implements Limiter. A wait that would pass the context's deadline is
// not begun: the error is ErrRateLimited and says how long it would have been.
func (w *SlidingWindow) Acquire(ctx context.Context) (func(int, http.Header), error) {
	priority := RealTime
	if PriorityOf(ctx) == Sweep {
		priority = Sweep
	}
	turn := make(chan struct{}, 1)
	w.mu.Lock()
	w.queues[priority] = append(w.queues[priority], turn)
	w.mu.Unlock()
	for {
		grant, wait, err := w.try(ctx, priority, turn)
		switch {
		case err != nil:
			return nil, err
		case grant != nil:
			return grant, nil
		}
		if err := await(ctx, turn, wait); err != nil {
			w.leave(priority, turn)
			if errors.Is(err, context.DeadlineExceeded) {
				err = &waitError{w.limits.Window, "the deadline passed before a slot was free"}
			}
			return nil, err
		}
	}
}

// never is a wait that only an answer ends.
const never = time.Duration(-1)

// await waits until it is woken, or the time or the context ends.
func await(ctx context.Context, turn <-chan struct{}, wait time.Duration) error {
	var expired <-chan time.Time
	if wait != never {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-turn:
	case <-expired:
	}
	return nil
}

// try takes a slot, or says how long to wait before the next try.
func (w *SlidingWindow) try(ctx context.Context, p Priority, turn chan struct{}) (func(int, http.Header), time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	fail := func(err error) (func(int, http.Header), time.Duration, error) {
		w.leaveLocked(p, turn)
		return nil, 0, err
	}
	if err := w.day.refuse(now, p, w.limits); err != nil {
		return fail(err)
	}
	ahead := slices.Index(w.queues[p], turn)
	if p == Sweep {
		ahead += len(w.queues[RealTime])
	}
	at, known := w.ready(now, p, ahead)
	if deadline, ok := ctx.Deadline(); ok && at.After(deadline) {
		return fail(&waitError{at.Sub(now), "it would be past the deadline"})
	}
	switch {
	case ahead > 0, !known:
		return nil, never, nil
	case at.After(now):
		return nil, at.Sub(now), nil
	}
	loan, wait, err := w.borrow(ctx, now)
	if err != nil {
		return fail(err)
	}
	if loan == nil && w.limits.Budget != nil {
		return nil, wait, nil
	}
	w.flying++
	w.day.count(now)
	ticket := w.peers.send(now, w.flying+len(w.cooling))
	if p == Sweep {
		spacing := w.spacing(now)
		w.nextSweep = latest(w.nextSweep, now.Add(-spacing)).Add(spacing)
	}
	w.leaveLocked(p, turn)
	var once sync.Once
	return func(status int, header http.Header) {
		once.Do(func() { w.release(loan, ticket, status, header) })
	}, 0, nil
}

// ready says when the request with so many others ahead can have a slot at the
// earliest; not known: that depends on answers.
func (w *SlidingWindow) ready(now time.Time, p Priority, ahead int) (at time.Time, known bool) {
	free := w.free(now)
	at = latest(latest(now, w.closed), w.peers.closed(now, w.limits))
	if p == Sweep {
		at = latest(at, w.nextSweep.Add(time.Duration(ahead)*w.spacing(now)))
	}
	missing := max(0, ahead+1-free) // how many slots must be free again before
	if missing > len(w.cooling) {
		return at, false
	}
	if missing > 0 {
		at = latest(at, w.cooling[missing-1])
	}
	if last := free+missing == ahead+1; p == Sweep && last {
		if missing < len(w.cooling) {
			spacing := w.spacing(now)
			return latest(at, w.cooling[missing].Add(spacing/10-2*spacing)), true
		}
		return at, w.flying == 0
	}
	return at, true
}

// free is how many slots are free. It is negative after the limit was lowered.
func (w *SlidingWindow) free(now time.Time) int {
	w.cooling = slices.DeleteFunc(w.cooling, func(free time.Time) bool { return !free.After(now) })
	return w.limit(now) - w.flying - len(w.cooling)
}

// spacing is the time between sweeps.
func (w *SlidingWindow) spacing(now time.Time) time.Duration {
	return w.limits.Window / time.Duration(w.limit(now))
}

// limit is how many requests the window has for this limiter.
func (w *SlidingWindow) limit(now time.Time) int {
	return max(1, w.peers.leave(now, w.limits))
}

// release frees the slot of a request when the window has passed.
func (w *SlidingWindow) release(loan *loan, ticket ticket, status int, header http.Header) {
	w.mu.Lock()
	now := time.Now()
	refused := status == http.StatusTooManyRequests
	w.peers.see(now, ticket, header, refused, w.flying, w.limits)
	w.day.see(now, header)
	if refused {
		w.closed = latest(w.closed, w.peers.reopens(now, w.limits))
	}
	w.flying--
	w.cooling = append(w.cooling, now.Add(w.limits.Window))
	settled := w.loans.spent(loan)
	w.wake()
	w.mu.Unlock()
	w.giveBack(settled)
}

// leave takes a waiter out of its queue.
func (w *SlidingWindow) leave(p Priority, turn chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaveLocked(p, turn)
}

func (w *SlidingWindow) leaveLocked(p Priority, turn chan struct{}) {
	w.queues[p] = slices.DeleteFunc(w.queues[p], func(other chan struct{}) bool { return other == turn })
	w.wake()
}

// wake tells the first of each queue that something changed.
func (w *SlidingWindow) wake() {
	for _, queue := range w.queues {
		if len(queue) > 0 {
			select {
			case queue[0] <- struct{}{}:
			default: // it has been told
			}
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
