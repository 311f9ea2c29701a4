package rest

import (
	"net/http"
	"strconv"
	"time"
)

// The Contacts API's headers of the day.
const (
	headerDaily          = "X-RateLimit-Limit-Daily"
	headerDailyRemaining = "X-RateLimit-Daily-Remaining"
)

// day counts the requests of the last 24 hours, in hours. When the service's day
// begins is not known, so that what it says counts for an hour only: after that
// one request may ask again.
type day struct {
	hours  [25]int
	last   int64 // the hour that was counted last, since 1970
	total  int
	limit  int // the service's, 0: not told
	used   int // as the service told
	told   time.Time
	toldAt bool
}

// advance forgets the hours that are over.
func (d *day) advance(now time.Time) {
	hour := now.Unix() / 3600
	for gone := max(d.last+1, hour-int64(len(d.hours))+1); gone <= hour; gone++ {
		d.total -= d.hours[gone%int64(len(d.hours))]
		d.hours[gone%int64(len(d.hours))] = 0
	}
	d.last = max(d.last, hour)
}

// count counts a request that is sent.
func (d *day) count(now time.Time) {
	d.advance(now)
	d.hours[d.last%int64(len(d.hours))]++
	d.total++
	d.used++
}

// see learns from an answer.
func (d *day) see(now time.Time, header http.Header) {
	limit, err1 := strconv.Atoi(header.Get(headerDaily))
	remaining, err2 := strconv.Atoi(header.Get(headerDailyRemaining))
	if err1 != nil || err2 != nil || limit <= 0 || remaining < 0 || remaining > limit {
		return
	}
	d.limit, d.used, d.told, d.toldAt = limit, limit-remaining, now, true
}

// spent is how much of the day's budget is gone, and when that may be less.
func (d *day) spent(now time.Time) (used int, until time.Time) {
	d.advance(now)
	if d.toldAt && now.Sub(d.told) < time.Hour {
		return d.used, d.told.Add(time.Hour)
	}
	return d.total, now.Truncate(time.Hour).Add(time.Hour)
}

// refuse is the error of a request that the day's budget has no room for.
func (d *day) refuse(now time.Time, p Priority, limits Limits) error {
	limit, limited := d.budget(p, limits)
	if !limited {
		return nil
	}
	used, until := d.spent(now)
	if used < limit {
		return nil
	}
	reason := "the day's budget is spent"
	if p == Sweep {
		reason = "sweeps have spent their share of the day's budget"
	}
	return &waitError{until.Sub(now), reason}
}

// budget is how much of the day requests of a priority may spend, all requests
// counted.
func (d *day) budget(p Priority, limits Limits) (budget int, limited bool) {
	budget = limits.Daily
	if budget <= 0 {
		return 0, false
	}
	if d.limit > 0 {
		budget = min(budget, d.limit)
	}
	if p == Sweep {
		budget = int(float64(budget) * limits.SweepShare)
	}
	return budget, true
}
