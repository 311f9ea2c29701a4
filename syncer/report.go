package syncer

import (
	"maps"
	"time"
)

// Report says what an operation did.
type Report struct {
	Started  time.Time
	Duration time.Duration
	// Flows has a report for each flow in the operation's scope.
	Flows map[string]FlowReport
}

// FlowReport counts keys by how their work ended. A key that was worked on
// twice counts twice.
type FlowReport struct {
	Seen      int // records that the source listed
	Created   int
	Adopted   int // existing records of the target that were linked
	Updated   int
	Deleted   int
	Unchanged int
	Filtered  int // left out by the mapping, or with their parent
	Detached  int
	Gone      int // deleted at the target by others, which is respected
	Parked    int // waiting for their parent
	Held      int // removals that the guard holds
	Failed    int // dead letters, and records in conflict
	Retries   int // attempts that failed and were tried again
	Warnings  int // records with at least one warning of the mapping
	Skipped   int // 1 if the flow was left out: a side lacks what it needs
	// Looked says that all records which the source has were looked at then or later;
	// see Engine.Ages. Zero if that never happened.
	Looked time.Time
	// Requests is how often either side was asked for something, Floor how often it
	// would have been at least: the pages of the listing, the reads of records whose
	// listing does not show all, and the writes.
	Requests, Floor int
}

// floor is how many requests a result needs at least.
func (j *job) floor(result Result) int {
	floor := j.pages
	if j.claim.Row == nil && !j.claim.RowGone && !j.spared {
		floor++
	}
	switch result.Event.Action {
	case Created, Updated, Deleted:
		floor++
	case Adopted:
		if !linksFirst(result) {
			floor += 2
		}
	default:
	}
	return floor
}

// linksFirst reports whether a result is the first half of an adoption: the link,
// which is committed before the record is written. The second half is counted.
func linksFirst(result Result) bool { return result.Event.Action == Adopted && result.Next == Again }

func (r *FlowReport) count(event Event) {
	if len(event.Warnings) > 0 {
		r.Warnings++
	}
	switch event.Action {
	case Created:
		r.Created++
	case Adopted:
		r.Adopted++
	case Updated:
		r.Updated++
	case Deleted:
		r.Deleted++
	case Unchanged:
		r.Unchanged++
	case LeftOut:
		r.Filtered++
	case DetachedOnly:
		r.Detached++
	case GoneRespected:
		r.Gone++
	case ParkedAction:
		r.Parked++
	case HeldAction:
		r.Held++
	case DeadLetter, Conflict:
		r.Failed++
	case Retried:
		r.Retries++
	case Snoozed, Superseded, ListedAction:
	}
}

// standing counts a record that a sweep found as it was. What was wrong with it
// before still is: that is not "unchanged".
func (r *FlowReport) standing(state State) {
	switch state {
	case Unlinked:
		r.Failed++
	case Filtered:
		r.Filtered++
	case Detached:
		r.Detached++
	case GoneAtTarget:
		r.Gone++
	case Held:
		r.Held++
	case Linked, Leaving:
		r.Unchanged++
	}
}

// Progress says how far an operation has come with a flow.
type Progress struct {
	Tenant string `json:"tenant"`
	Flow   string `json:"flow"`
	// Seen is how many records the source listed so far, Total how many there are,
	// 0 if unknown.
	Seen  int `json:"seen"`
	Total int `json:"total,omitempty"`
	// Done is how many of them are finished: written, unchanged, or failed.
	Done int `json:"done"`
	// Left is how long the rest takes as things go: by the pace so far, and not
	// faster than Config.SourceLimit and TargetLimit permit. 0 if unknown.
	Left time.Duration `json:"left,omitempty"`
	// Complete says that the flow is through.
	Complete bool `json:"complete,omitempty"`
}

// run is one operation's view of the work: it counts what is committed while it
// goes on.
type run struct {
	engine  *Engine
	name    string
	scope   Scope
	started time.Time
	flows   map[string]*FlowReport
	totals  map[string]int
	begun   map[string]time.Time // by flow: when its first page was seen
	// apart: it looks at both sides itself, and the work of others is not its.
	apart bool
	sides [targetSide + 1]int // requests, of an operation apart
}

// begin starts counting. The engine's mutex guards every run.
func (e *Engine) begin(name string, scope Scope) *run {
	r := &run{
		engine: e, name: name, scope: scope, started: time.Now(),
		flows: map[string]*FlowReport{}, totals: map[string]int{}, begun: map[string]time.Time{},
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.runs[r] = struct{}{}
	return r
}

// beginApart starts counting what an operation itself does.
func (e *Engine) beginApart(name string, scope Scope) *run {
	r := e.begin(name, scope)
	e.mu.Lock()
	defer e.mu.Unlock()
	r.apart = true
	return r
}

// asked counts requests of one side.
func (r *run) asked(side side, n int) {
	if r == nil || !r.apart {
		return
	}
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	r.sides[side] += n
}

func (r *run) spentOn(side side) int {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	return r.sides[side]
}

// did counts what an operation itself did with a record.
func (r *run) did(t *tenant, f *flow, event Event) {
	r.engine.mu.Lock()
	r.flow(f.name).count(event)
	progress := r.progress(t.id, f.name)
	r.engine.mu.Unlock()
	r.tell(progress)
}

// compared counts records that were looked at.
func (r *run) compared(t *tenant, f *flow, n, total int) {
	r.engine.mu.Lock()
	r.flow(f.name).Unchanged += n
	r.engine.mu.Unlock()
	r.saw(t, f, n, total, nil)
}

func (r *run) end() *Report {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	delete(r.engine.runs, r)
	report := &Report{Started: r.started, Duration: time.Since(r.started), Flows: map[string]FlowReport{}}
	for name, flow := range maps.All(r.flows) {
		report.Flows[name] = *flow
	}
	return report
}

// flow is a flow's report; the engine's mutex is held.
func (r *run) flow(name string) *FlowReport {
	if r.flows[name] == nil {
		r.flows[name] = &FlowReport{}
	}
	return r.flows[name]
}

// saw counts a page of a listing.
func (r *run) saw(t *tenant, f *flow, seen, total int, standing []State) {
	r.engine.mu.Lock()
	report := r.flow(f.name)
	report.Seen += seen
	if r.begun[f.name].IsZero() {
		r.begun[f.name] = time.Now()
	}
	r.totals[f.name] = max(r.totals[f.name], total)
	for _, state := range standing {
		report.standing(state)
	}
	progress := r.progress(t.id, f.name)
	r.engine.mu.Unlock()
	r.tell(progress)
}

func (r *run) progress(tenant, flow string) Progress {
	report := r.flow(flow)
	done := report.Created + report.Adopted + report.Updated + report.Deleted + report.Unchanged + report.Filtered +
		report.Detached + report.Gone + report.Held + report.Failed
	return Progress{
		Tenant: tenant, Flow: flow, Seen: report.Seen, Total: r.totals[flow], Done: done,
		Left: r.left(flow, done, report.Requests),
	}
}

// left is how long the rest of a flow takes.
func (r *run) left(flow string, done, requests int) time.Duration {
	rest := max(r.totals[flow], r.flows[flow].Seen) - done
	if done == 0 || rest <= 0 || r.totals[flow] == 0 {
		return 0
	}
	share := float64(rest) / float64(done)
	// Which side a request is of is not counted: the slower one decides.
	slower := max(r.engine.config.SourceLimit.each(), r.engine.config.TargetLimit.each())
	limited := time.Duration(share * float64(requests) / 2 * float64(slower))
	return max(limited, time.Duration(share*float64(time.Since(r.begun[flow]))))
}

func (r *run) tell(progress Progress) {
	if r.engine.config.OnProgress == nil {
		return
	}
	r.engine.telling.Lock()
	defer r.engine.telling.Unlock()
	r.engine.config.OnProgress(progress)
}

// skipped counts a flow that is left out.
func (r *run) skipped(f *flow) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	r.flow(f.name).Skipped = 1
}

// looked says since when all records were looked at: of several tenants, the
// oldest counts.
func (r *run) looked(f *flow, at time.Time) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if report := r.flow(f.name); report.Looked.IsZero() || at.Before(report.Looked) {
		report.Looked = at
	}
}

// complete says that a flow is through.
func (r *run) complete(t *tenant, f *flow) {
	r.engine.mu.Lock()
	progress := r.progress(t.id, f.name)
	r.engine.mu.Unlock()
	progress.Complete = true
	r.tell(progress)
}

// report counts a committed result in every operation that goes on.
func (e *Engine) report(result Result, j *job) {
	type told struct {
		run      *run
		progress Progress
	}
	var tell []told
	floor := j.floor(result)
	e.counted(result.Event, j.requests, floor)
	e.mu.Lock()
	for r := range e.runs {
		if !r.apart && r.scope.holds(result.Tenant, result.Flow) {
			if !linksFirst(result) {
				r.flow(result.Flow).count(result.Event)
			}
			r.flow(result.Flow).Requests += j.requests
			r.flow(result.Flow).Floor += floor
			tell = append(tell, told{r, r.progress(result.Tenant, result.Flow)})
		}
	}
	e.mu.Unlock()
	for _, t := range tell {
		t.run.tell(t.progress)
	}
}

// requested counts requests of a sweep, floored those of its floor.
func (s *sweep) requested(n int) {
	s.spent(s.tenant.id, s.flow.name, n, 0)
	s.counts(func(r *FlowReport) { r.Requests += n })
}

func (s *sweep) floored(n int) {
	s.spent(s.tenant.id, s.flow.name, 0, n)
	s.counts(func(r *FlowReport) { r.Floor += n })
}

func (s *sweep) counts(count func(*FlowReport)) {
	if s.run == nil {
		return // a verification has its own report
	}
	s.run.engine.mu.Lock()
	defer s.run.engine.mu.Unlock()
	count(s.run.flow(s.flow.name))
}
