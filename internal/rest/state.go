package rest

import "time"

// LimiterState is what a SlidingWindow has left at a moment, for metrics.
type LimiterState struct {
	// Limit is how many requests the window has now: fewer than were allowed, where
	// others share them.
	Limit int
	// Free is how many more could be sent at once. With a Budget, that is of this
	// process's own window: the store may lend less.
	Free int
	// Waiting is how many requests wait for a slot.
	Waiting int
	// Daily is the day's budget, and LeftToday how much is left of it; -1 if the day has
	// no limit. LeftForSweeps is how much of it sweeps may spend.
	Daily, LeftToday, LeftForSweeps int
	// BlockedUntil is when requests are sent again after a 429, or when the day has
	// a budget again; zero if nothing is blocked.
	BlockedUntil time.Time
}

// LimiterState is the State of the client's limiter; false if it has none, or one
// that does not tell.
func (c *Client) LimiterState() (state LimiterState, told bool) {
	limiter, tells := c.config.Limiter.(interface{ State() LimiterState })
	if !tells {
		return LimiterState{}, false
	}
	return limiter.State(), true
}

// State tells what is left. It waits for nothing.
func (w *SlidingWindow) State() LimiterState {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	state := LimiterState{
		Limit: w.limit(now), Free: max(0, w.free(now)),
		Waiting: len(w.queues[RealTime]) + len(w.queues[Sweep]), Daily: -1, LeftToday: -1, LeftForSweeps: -1,
	}
	if w.closed.After(now) {
		state.BlockedUntil = w.closed
	}
	if day, limited := w.day.budget(RealTime, w.limits); limited {
		used, until := w.day.spent(now)
		share, _ := w.day.budget(Sweep, w.limits)
		state.Daily = day
		state.LeftToday, state.LeftForSweeps = max(0, day-used), max(0, share-used)
		if state.LeftToday == 0 {
			state.BlockedUntil = latest(state.BlockedUntil, until)
		}
	}
	return state
}
