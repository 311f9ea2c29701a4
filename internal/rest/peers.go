package rest

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// The Contacts API's headers of the window. The names of headers are compared
// without case.
const (
	headerMax       = "X-RateLimit-Max"
	headerRemaining = "X-RateLimit-Remaining"
)

// peers estimates how much of a window others take: programs that use the same
// app and location without this limiter. Each estimate is a lower bound, and 0
// when there are none, so that a limiter that is alone never slows itself down.
type peers struct {
	sent    int       // by us, ever
	ceiling int       // the service's limit of a window, 0: not told
	refused time.Time // when a 429 came last

	// What the service counted, beyond all that we hold a slot for: exact for a
	// sliding window. The largest of a window's time counts.
	beyond   float64
	beyondAt time.Time

	// A fixed window forgets what we still hold slots for. What it counted since
	// it began, beyond what we sent since, makes a rate.
	began         time.Time
	full          int // what remained then
	sentBefore    int
	remaining     int
	rate, oldRate float64 // requests a window, in this one and in the one before
}

// strangers is how many windows long others are believed in after a 429, where
// processes share a budget. Together they never cause one. But the headers alone
// don't tell strangers from those processes, who would hold each other back.
const strangers = 6

// leave is how many requests of a window others leave.
func (e *peers) leave(now time.Time, limits Limits) int {
	limit := limits.Requests
	if e.ceiling > 0 {
		limit = min(limit, e.ceiling)
	}
	if limits.Budget != nil && now.Sub(e.refused) >= strangers*limits.Window {
		return limit
	}
	taken := 0.0
	if now.Sub(e.beyondAt) < limits.Window*5/4 {
		taken = e.beyond
	}
	if now.Sub(e.began) < 2*limits.Window {
		taken = max(taken, e.rate, e.oldRate)
	}
	if taken > 0 {
		limit -= int(math.Ceil(taken)) + 1 // a request that it has not counted yet
	}
	return limit
}

// see learns from an answer, which may be that of a 429. held is how many slots are taken, flying how many
// of them have no answer yet, that of this answer included.
func (e *peers) see(now time.Time, header http.Header, refused bool, held, flying int, limits Limits) {
	if refused {
		e.refused = now
	}
	ceiling, err1 := strconv.Atoi(header.Get(headerMax))
	remaining, err2 := strconv.Atoi(header.Get(headerRemaining))
	if err1 != nil || err2 != nil || ceiling <= 0 || remaining < 0 || remaining > ceiling {
		return
	}
	e.ceiling = ceiling
	if beyond := float64(ceiling - remaining - held); beyond >= e.beyond || now.Sub(e.beyondAt) >= limits.Window*5/4 {
		e.beyond, e.beyondAt = max(0, beyond), now
	}
	if refused {
		e.sentBefore++ // it is not counted
	}
	switch {
	case e.began.IsZero(), remaining-e.remaining > max(flying, ceiling/10), now.Sub(e.began) >= limits.Window+limits.Window/10:
		// So much at once is free again when a fixed window begins.
		e.began, e.full, e.sentBefore = now, remaining, e.sent-(flying-1)
		e.rate, e.oldRate = 0, e.rate
	case e.remaining > 0 && now.Sub(e.began) >= limits.Window/2:
		others := float64(e.full - remaining - (e.sent - e.sentBefore))
		e.rate = max(0, others*limits.Window.Seconds()/now.Sub(e.began).Seconds())
	}
	e.remaining = remaining
}

// reopens is when to send again after a 429.
func (e *peers) reopens(now time.Time, limits Limits) time.Time {
	if next := e.began.Add(limits.Window); e.began.Before(now) && next.After(now) {
		return next
	}
	return now.Add(limits.Window / time.Duration(limits.Requests))
}
