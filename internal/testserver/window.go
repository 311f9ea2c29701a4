package testserver

import (
	"sync"
	"time"
)

// Window counts requests in fixed windows, as a server does.
type Window struct {
	Limit  int
	Length time.Duration

	mu    sync.Mutex
	began time.Time
	count int
}

// Take counts a request. It says how many are left, and, if there is none, how
// long the window still lasts.
func (w *Window) Take(now time.Time) (left int, wait time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.began) >= w.Length {
		w.began, w.count = now.Truncate(w.Length), 0
	}
	if w.count >= w.Limit {
		return 0, w.Length - now.Sub(w.began), false
	}
	w.count++
	return w.Limit - w.count, 0, true
}
