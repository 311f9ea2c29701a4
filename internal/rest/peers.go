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
	sent, answered int       // by us, ever
	sentAt         time.Time // when we sent last
	ceiling        int       // the service's limit of a window, 0: not told
	refused        time.Time // when a 429 came last

	// What the service counted, beyond all that we hold a slot for: exact for a
	// sliding window. The largest of a window's time counts.
	beyond   float64
	beyondAt time.Time

	// A fixed window forgets what we still hold slots for, all at once: fixed says
	// that what remains has jumped so. What it counted since, beyond what we sent,
	// makes a rate.
	fixed         bool
	began, seen   time.Time // when it began, and when an answer showed it
	full          int       // what remained then
	sentBefore    int
	remaining     int
	lastSent      time.Time // of the requests that were counted in it
	quiet         time.Time // nothing of others had been seen by then
	rate, oldRate float64   // requests a window, in this one and in the one before

	// What is left of a fixed window, if all are counted that we sent since.
	left   int
	leftAt time.Time
}

// ticket is what is known of a request when it is sent.
type ticket struct {
	at       time.Time
	answered int // others of ours: they were counted before it
	// number is its own, held how many slots were taken then, its own included.
	number, held int
}

func (e *peers) send(now time.Time, held int) ticket {
	e.sentAt = now
	e.sent++
	e.left--
	return ticket{now, e.answered, e.sent, held}
}

// strangers is how many windows long others are believed in after a 429, where
// processes share a budget. Together they never cause one. But the headers alone
// don't tell strangers from those processes, who would hold each other back.
const strangers = 6

// probes is how much of a window must be left to ask for what is left.
const probes = 5

// leave is how many requests of a window others leave.
func (e *peers) leave(now time.Time, limits Limits) int {
	limit := limits.Requests
	if e.ceiling > 0 {
		limit = min(limit, e.ceiling)
	}
	if e.ours(now, limits) {
		return limit
	}
	// Without answers, what was seen of others would be believed for ever.
	taken := min(e.pace(now, limits), float64(limit)*9/10)
	if now.Sub(e.beyondAt) < limits.Window*5/4 {
		taken = max(taken, e.beyond)
	}
	if taken > 0 {
		limit -= int(math.Ceil(taken)) + 1 // a request that it has not counted yet
	}
	return limit
}

// ours reports whether what the headers tell of others is taken to be that of
// processes that share our budget.
func (e *peers) ours(now time.Time, limits Limits) bool {
	return limits.Budget != nil && now.Sub(e.refused) >= strangers*limits.Window
}

// pace is how many requests others send in a window, as a fixed one shows.
func (e *peers) pace(now time.Time, limits Limits) float64 {
	if now.Sub(e.began) >= 2*limits.Window {
		return 0
	}
	if e.rate == 0 {
		return e.oldRate
	}
	return e.rate
}

// closed is until when a fixed window has no room for us, beside what others will
// take of it until it ends.
func (e *peers) closed(now time.Time, limits Limits) time.Time {
	end := e.began.Add(limits.Window)
	pace := e.pace(now, limits)
	if !e.fixed || pace == 0 || !now.Before(end) || e.ours(now, limits) {
		return time.Time{}
	}
	theirs := pace * end.Sub(e.leftAt).Seconds() / limits.Window.Seconds()
	if float64(e.left) >= theirs+2 { // one that it has not counted yet, and ours
		return time.Time{}
	}
	// The pace may be taken for higher than it is, as of what comes in bursts. Without
	// an answer now and then it would be so for ever.
	if probe := e.sentAt.Add(limits.Window * 3 / 10); e.left >= probes && probe.Before(end) {
		return probe
	}
	return end
}

// see learns from the answer to a request, which may be a 429. flying is how many
// have no answer yet, this one included.
func (e *peers) see(now time.Time, t ticket, header http.Header, refused bool, flying int, limits Limits) {
	e.answered++
	if refused {
		e.refused = now
	}
	ceiling, err1 := strconv.Atoi(header.Get(headerMax))
	remaining, err2 := strconv.Atoi(header.Get(headerRemaining))
	if err1 != nil || err2 != nil || ceiling <= 0 || remaining < 0 || remaining > ceiling {
		return
	}
	e.ceiling = ceiling
	// When it was counted, no more of ours were: slots that are free since may have been
	// counted, too.
	ours := t.held + e.sent - t.number
	if beyond := float64(ceiling - remaining - ours); beyond >= e.beyond || now.Sub(e.beyondAt) >= limits.Window*5/4 {
		e.beyond, e.beyondAt = max(0, beyond), now
	}
	if refused {
		e.sentBefore++ // it is not counted
	}
	// So much at once is free again when a fixed window begins.
	jump := !e.began.IsZero() && remaining-e.remaining > max(flying, ceiling/10)
	elapsed := now.Sub(e.began)
	switch {
	case e.began.IsZero(), elapsed >= limits.Window+limits.Window/10, jump && (!e.fixed || elapsed >= limits.Window/2):
		e.turn(now, t, remaining, jump, limits)
	case t.at.Before(e.seen):
		return // it may have been counted in the window before
	default:
		// All that we sent since may have been counted since.
		others := float64(e.full - remaining - (e.sent - e.sentBefore))
		switch ahead := 1 - now.Sub(e.seen).Seconds()/limits.Window.Seconds(); {
		case e.oldRate > 0:
			e.rate = max(0, others) + e.oldRate*max(0, ahead)
		case others > 0:
			e.rate = others * limits.Window.Seconds() / max(now.Sub(e.quiet), limits.Window/10).Seconds()
		default:
			e.quiet = now
		}
	}
	e.remaining, e.lastSent = remaining, latest(e.lastSent, t.at)
	e.left, e.leftAt = remaining-(e.sent-t.answered-1), t.at
}

// turn begins a window. That it began was seen now; if the one before began at a
// known time, it did so a window later, and after what that one counted.
func (e *peers) turn(now time.Time, t ticket, remaining int, jump bool, limits Limits) {
	next := e.began.Add(limits.Window)
	if !jump || !e.fixed || next.After(now) || now.Sub(next) > limits.Window/2 {
		next = now
	}
	e.began, e.seen, e.quiet, e.fixed = latest(next, e.lastSent), now, now, jump
	e.full, e.sentBefore = remaining, t.answered+1
	e.rate, e.oldRate = 0, e.rate
}

// reopens is when to send again after a 429.
func (e *peers) reopens(now time.Time, limits Limits) time.Time {
	if next := e.began.Add(limits.Window); e.began.Before(now) && next.After(now) {
		return next
	}
	return now.Add(limits.Window / time.Duration(limits.Requests))
}
