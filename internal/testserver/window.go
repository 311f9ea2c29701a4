package testserver

import (
	"sync"
	"time"
)

// Window counts requests, as a server does: in windows that begin at multiples
// of Length, or, with Sliding, in the last Length before each request.
type Window struct {
	Limit   int
	Length  time.Duration
	Sliding bool

	mu    sync.Mutex
	began time.Time
	count int
	times []time.Time // of the requests that count, if sliding
}

// Take counts a request. It says how many are left, and, if there is none, how
// long until there is one again. A request that is refused does not count.
func (w *Window) Take(now time.Time) (left int, wait time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Sliding {
		return w.slide(now)
	}
	if now.Sub(w.began) >= w.Length {
		w.began, w.count = now.Truncate(w.Length), 0
	}
	if w.count >= w.Limit {
		return 0, w.Length - now.Sub(w.began), false
	}
	w.count++
	return w.Limit - w.count, 0, true
}

func (w *Window) slide(now time.Time) (left int, wait time.Duration, ok bool) {
	gone := 0
	for gone < len(w.times) && now.Sub(w.times[gone]) >= w.Length {
		gone++
	}
	w.times = append(w.times[:0], w.times[gone:]...)
	if len(w.times) >= w.Limit {
		return 0, w.Length - now.Sub(w.times[len(w.times)-w.Limit]), false
	}
	w.times = append(w.times, now)
	return w.Limit - len(w.times), 0, true
}
