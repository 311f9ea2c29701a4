package syncer

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	firstPause = 30 * time.Second
	longPause  = 2 * time.Minute
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
		p.since, p.until = now, now.Add(firstPause)
	}
	p.reason = reason
	return first
}

// outlasts reports whether a call that began at a time says nothing of the pause.
func (p *pausing) outlasts(began time.Time) bool { return p.reason != nil && !began.After(p.since) }

// resumeBy is resume, by the success of a call that began then. One that was on its
// way when the pause began does not end it.
func (p *pausing) resumeBy(began time.Time) error {
	if p.outlasts(began) {
		return nil
	}
	return p.resume()
}

func (p *pausing) resume() error {
	reason := p.reason
	*p = pausing{}
	return reason
}

// pauses are the reasons to do nothing, by side.
type pauses [pauseReasons]pausing

// first is one of the reasons, nil if there is none.
func (p *pauses) first() error {
	for i := range p {
		if p[i].reason != nil {
			return p[i].reason
		}
	}
	return nil
}

// probe reports whether it is time to try again. Then the next time is later, by
// twice as much as the last time.
func (p *pausing) probe(now time.Time) bool {
	if now.Before(p.until) {
		return false
	}
	p.times++
	p.until = now.Add(min(firstPause<<min(p.times, 5), longPause))
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

// resume ends a pause, after a call of that side worked. It returns what its reason
// was.
func (t *tenant) resume(side side, began time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pauses[side].resumeBy(began)
}

// paused returns why the tenant can do nothing before somebody acts.
func (t *tenant) paused() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pauses.first()
}

// rest says whether nothing is claimed for the tenant, and if so whether it
// is time to probe with one claim. The tenant's mutex is held.
func (t *tenant) rest(now time.Time) (resting, probe bool) {
	all := make([]*pausing, 0, len(t.circuits)+len(t.pauses))
	for i := range t.circuits {
		all = append(all, &t.circuits[i].pausing)
	}
	for i := range t.pauses {
		all = append(all, &t.pauses[i])
	}
	return probed(all, now)
}

// restFlow says the same of a flow that lacks a scope. The tenant's mutex is held.
func (t *tenant) restFlow(flow string, now time.Time) (resting, probe bool) {
	if t.lacking[flow] == nil {
		return false, false
	}
	var all []*pausing
	for i := range t.lacking[flow] {
		all = append(all, &t.lacking[flow][i])
	}
	return probed(all, now)
}

// probed says whether any of these pauses, and if so whether it is time to probe
// all that do. Then the next time is later.
func probed(all []*pausing, now time.Time) (resting, probe bool) {
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

// pauseFlow stops work for a flow alone. It reports whether that is news.
func (t *tenant) pauseFlow(flow string, side side, reason error, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lacking[flow] == nil {
		t.lacking[flow] = &pauses{}
	}
	return t.lacking[flow][side].pause(reason, now)
}

// resumeFlow ends a pause of a flow, after a call of that side worked.
func (t *tenant) resumeFlow(flow string, side side, began time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lacking[flow] == nil {
		return nil
	}
	return t.lacking[flow][side].resumeBy(began)
}

// lacks returns why a flow alone can do nothing before somebody acts.
func (t *tenant) lacks(flow string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lacking[flow] == nil {
		return nil
	}
	return t.lacking[flow].first()
}

// longestRest is how long nothing is claimed because a limit is used up, before
// that is tried again.
const longestRest = 10 * time.Minute

// shortWait is how long a wait for the limit is that only its key has.
const shortWait = time.Minute

// slow notes that a limit is used up: for sweeps, or, if that takes long, for
// everything. To claim the marks one by one and put each off would be no use.
func (t *tenant) slow(lane Lane, wait time.Duration, now time.Time) {
	if wait <= 0 || lane != Sweep && wait < shortWait {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	until := now.Add(min(wait, longestRest))
	for ; lane <= Sweep; lane++ {
		t.resting[lane] = until
	}
}

// outdated is why a flow can't be worked on, and when that was found out last.
type outdated struct {
	reason error
	asked  time.Time
}

// outdate notes that another mapping of a flow came into force under a number, nil
// that ours did. It reports whether that is news, or superseded by a later number.
// Other flows go on.
func (t *tenant) outdate(flow string, number int64, reason error) (news, superseded bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number < t.inForce[flow] {
		return false, true
	}
	t.inForce[flow] = number
	news = (t.behind[flow] == nil) != (reason == nil)
	if reason == nil {
		delete(t.behind, flow)
	} else {
		t.behind[flow] = &outdated{reason, time.Now()}
	}
	return news, false
}

// outdated is why the flow can't be worked on, nil if it can.
func (t *tenant) outdated(flow string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.behind[flow] == nil {
		return nil
	}
	return t.behind[flow].reason
}

// askAgain are the flows of which it is time to look whether this process's mapping
// is in force again.
func (t *tenant) askAgain(now time.Time) (flows []*flow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.behind) == 0 {
		return nil
	}
	for _, f := range t.flows {
		if at := t.behind[f.name]; at != nil && now.Sub(at.asked) >= firstPause {
			at.asked = now
			flows = append(flows, f)
		}
	}
	return flows
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
