package rest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Budget is a rate limit that several processes share, in a store of theirs. A
// process borrows blocks of requests and returns them. It is safe for concurrent
// use. Its methods have plain types, so that a store needs not know this package.
type Budget interface {
	// Borrow lends up to n requests, fewer if that would leave too little to other
	// processes, and none if there are none: then wait says when to ask again. What
	// is lent and never returned is free again after the lease, the longest time of
	// a request, and the window.
	Borrow(ctx context.Context, n int) (id string, lent int, wait time.Duration, err error)
	// Return ends a loan. The requests that were not spent are free at once, the
	// others when the window has passed.
	Return(ctx context.Context, id string, unspent int) error
}

const (
	loanTime   = time.Second     // what is not spent by then goes back
	returnTime = 5 * time.Second // that a store may take for it
)

// loan is a block of requests.
type loan struct {
	id     string
	left   int
	flying int
	ended  bool // no more is taken of it
}

// loans are the blocks that are in use.
type loans struct {
	open      []*loan
	borrowing bool
	retry     time.Time // when to ask again
}

// borrow takes a request out of a loan, and gets a new one if need be. The mutex
// is held, but for the time of the store. Without a budget there is no loan.
func (w *SlidingWindow) borrow(ctx context.Context, now time.Time) (*loan, time.Duration, error) {
	budget := w.limits.Budget
	if budget == nil {
		return nil, 0, nil
	}
	for _, open := range w.loans.open {
		if open.left > 0 && !open.ended {
			open.left--
			open.flying++
			return open, 0, nil
		}
	}
	if w.loans.borrowing {
		return nil, never, nil // whoever borrows wakes us
	}
	if wait := w.loans.retry.Sub(now); wait > 0 {
		return nil, wait, nil
	}
	ask := max(1, w.limits.Requests/4)
	w.loans.borrowing = true
	w.mu.Unlock()
	id, lent, wait, err := budget.Borrow(ctx, ask)
	w.mu.Lock()
	w.loans.borrowing = false
	defer w.wake()
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("borrow from the shared rate budget: %w", err)
	case lent <= 0:
		wait = max(wait, w.limits.Window/time.Duration(w.limits.Requests))
		w.loans.retry = time.Now().Add(wait)
		return nil, wait, nil
	}
	fresh := &loan{id: id, left: lent}
	w.loans.open = append(w.loans.open, fresh)
	// A timer, not a goroutine: a limiter has no end of its own.
	time.AfterFunc(loanTime, func() { w.expire(fresh) })
	return nil, 0, nil // try again: a real-time request may have come meanwhile
}

// expire returns what was not spent in time.
func (w *SlidingWindow) expire(old *loan) {
	w.mu.Lock()
	old.ended = true
	settled := w.loans.settle(old)
	w.mu.Unlock()
	w.giveBack(settled)
}

// spent says that a request of a loan is done. It returns the loan if that was
// its last.
func (l *loans) spent(of *loan) *loan {
	if of == nil {
		return nil
	}
	of.flying--
	return l.settle(of)
}

func (l *loans) settle(of *loan) *loan {
	at := slices.Index(l.open, of)
	if of.flying > 0 || of.left > 0 && !of.ended || at < 0 {
		return nil
	}
	l.open = slices.Delete(l.open, at, at+1)
	return of
}

// giveBack returns a loan. If the store fails, the loan ends with its lease.
func (w *SlidingWindow) giveBack(settled *loan) {
	if settled == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), returnTime)
	defer cancel()
	_ = w.limits.Budget.Return(ctx, settled.id, settled.left) // see above
}
