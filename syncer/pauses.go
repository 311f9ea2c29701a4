package syncer

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	firstPause = 30 * time.Second
	longPause  = 10 * time.Minute
	// circuitKeys is how many keys have to fail, with no success in between, to
	// show that it is the side that fails.
	circuitKeys = 10
	// groupSize is how many records have to fail in the same way to be one alert.
	groupSize = 20
)

// pausing is one reason to do nothing for a while, longer each time in a row.
type pausing struct {
	reason error
	since  time.Time
	until  time.Time
	times  int
}

func (p *pausing) pause(reason error, now time.Time) (first bool) {
	if first = p.reason == nil; first {
		p.since = now
	}
	if first || !now.Before(p.until) {
		p.until = now.Add(min(firstPause<<min(p.times, 5), longPause))
		p.times++
	}
	p.reason = reason
	return first
}

// outlasts reports whether a call that began at a time says nothing of the pause.
func (p *pausing) outlasts(began time.Time) bool { return p.reason != nil && !began.After(p.since) }

func (p *pausing) resume() error {
	reason := p.reason
	*p = pausing{}
	return reason
}

// probe reports whether it is time to try again. Then the next time is later.
func (p *pausing) probe(now time.Time) bool {
	if now.Before(p.until) {
		return false
	}
	p.until = now.Add(firstPause)
	return true
}

// circuit watches whether one side works.
type circuit struct {
	pausing
	failing map[Key]bool
}

var errCircuit = &Error{Kind: KindTransient, Err: errSideFails}

type sideFails string

func (s sideFails) Error() string { return string(s) }

const errSideFails = sideFails("one side fails for many records; it is tried again from time to time")

func (c *circuit) failed(mu *sync.Mutex, key Key, now time.Time) (opened bool) {
	mu.Lock()
	defer mu.Unlock()
	if c.failing == nil {
		c.failing = map[Key]bool{}
	}
	if len(c.failing) < circuitKeys {
		c.failing[key] = true
	}
	return len(c.failing) >= circuitKeys && c.pause(errCircuit, now)
}

func (c *circuit) worked(mu *sync.Mutex, began time.Time) (closed bool) {
	mu.Lock()
	defer mu.Unlock()
	if c.outlasts(began) {
		return false
	}
	clear(c.failing)
	return c.resume() != nil
}

// pause stops work for the tenant, because of one side. It reports whether that
// is news.
func (t *tenant) pause(side side, reason error, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pauses[side].pause(reason, now)
}

// resume ends a pause, after a call of that side worked which began at a time. It
// returns what its reason was.
func (t *tenant) resume(side side, began time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pauses[side].outlasts(began) {
		return nil
	}
	return t.pauses[side].resume()
}

// paused returns why the tenant can do nothing before somebody acts.
func (t *tenant) paused() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.pauses {
		if t.pauses[i].reason != nil {
			return t.pauses[i].reason
		}
	}
	return nil
}

// resting says whether nothing is claimed for the tenant, and if so whether it
// is time to probe with one claim.
func (t *tenant) resting(now time.Time) (resting, probe bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*pausing
	for i := range t.circuits {
		all = append(all, &t.circuits[i].pausing)
	}
	for i := range t.pauses {
		all = append(all, &t.pauses[i])
	}
	probe = true
	for _, p := range all {
		if p.reason != nil {
			resting = true
			probe = probe && !now.Before(p.until)
		}
	}
	if !resting || !probe {
		return resting, false
	}
	for _, p := range all {
		if p.reason != nil {
			p.probe(now)
		}
	}
	return true, true
}

// outdate notes that another mapping of a flow is in force, nil that ours is. It
// reports whether that is news. Other flows go on.
func (t *tenant) outdate(flow string, reason error) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	news = (t.behind[flow] == nil) != (reason == nil)
	t.behind[flow] = reason
	return news
}

// outdated is why the flow can't be worked on, nil if it can.
func (t *tenant) outdated(flow string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.behind[flow]
}

// failing reports whether a side's circuit is open.
func (t *tenant) failing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.circuits[:], func(c circuit) bool { return c.reason != nil })
}

// doubtsAccount reports whether too many records were gone at the target. It ends
// when one of ours is found there.
func (t *tenant) doubtsAccount() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pauses[wrongAccount].reason != nil
}

// pauseCreates stops creates: the target's plan is full.
func (t *tenant) pauseCreates(reason error, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.creates.pause(reason, now)
}

// createsPaused says how long no create is to be tried, and why.
func (t *tenant) createsPaused(now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.creates.reason == nil || t.creates.probe(now) {
		return 0
	}
	return t.creates.until.Sub(now)
}

// full is why creates pause, nil if they do not.
func (t *tenant) full() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.creates.reason
}

func (t *tenant) resumeCreates() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.creates.resume()
}

// gone counts a record that is gone at the target, and returns how many were
// within the window.
func (t *tenant) gone(flow, id string, now time.Time) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.goneAt[flow] == nil {
		t.goneAt[flow] = map[string]time.Time{}
	}
	maps.DeleteFunc(t.goneAt[flow], func(_ string, at time.Time) bool { return now.Sub(at) > manyGoneWindow })
	t.goneAt[flow][id] = now
	return len(t.goneAt[flow])
}

// hold notes whether a flow has held removals. It reports whether that is news.
func (t *tenant) hold(flow string, holding bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	news := t.holding[flow] != holding
	t.holding[flow] = holding
	return news
}
