package syncer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// owedCheck is how often Run looks after a tenant that pauses, or owes a sweep, and
// owedIdle after others.
const (
	owedCheck = 10 * time.Second
	owedIdle  = 30 * time.Second
)

// day is what a daily budget is for.
const day = 24 * time.Hour

// schedule starts the sweeps of Run, each sort of them in a goroutine of its
// own, so that one that takes long delays no other.
func (e *Engine) schedule(ctx context.Context) *sync.WaitGroup {
	var group sync.WaitGroup
	group.Go(func() {
		e.onSchedule(ctx, SweepFull, e.config.Sweep, func(can capabilities) bool { return !can.source.ListsByParent })
	})
	group.Go(func() {
		e.onSchedule(ctx, SweepChanges, e.config.Changes, func(can capabilities) bool { return can.source.Since })
	})
	group.Go(func() {
		e.onSchedule(ctx, SweepTarget, e.config.TargetSweep, func(capabilities) bool { return true })
	})
	group.Go(func() {
		e.onSchedule(ctx, SweepCrawl, e.config.Sweep, func(can capabilities) bool { return can.source.ListsByParent })
	})
	group.Go(func() { e.payOwed(ctx) })
	group.Go(func() { e.upkeep(ctx) })
	return &group
}

// onSchedule makes a sort of sweep, of the flows that it suits, whenever it is
// due. How long ago it was is in the store: a restart changes nothing.
func (e *Engine) onSchedule(ctx context.Context, name string, schedule Schedule, suits func(capabilities) bool) {
	e.apart(ctx, func(t *tenant) time.Time {
		next := time.Now().Add(day)
		for _, f := range t.flows {
			at, err := e.sweepIfDue(ctx, t, f, name, schedule, suits)
			e.sweepEnded(ctx, t, f.name, name, err)
			if !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		return next
	})
}

// sweepIfDue makes a sweep if it is due, and says when it is due next; zero if
// never.
func (e *Engine) sweepIfDue(ctx context.Context, t *tenant, f *flow, name string, schedule Schedule, suits func(capabilities) bool) (time.Time, error) {
	retry := time.Now().Add(firstPause)
	if t.skips(f.name) {
		return time.Time{}, nil
	}
	if e.rests(t, f) != nil {
		return retry, nil
	}
	can, err := e.capable(ctx, t, f)
	if err != nil && f.skippable && kindOf(err) == KindLacks { // it could not be asked at the start
		if t.skip(f.name) {
			e.log.WarnContext(ctx, "a flow is skipped", "tenant", t.id, "flow", f.name, "reason", err)
		}
		return time.Time{}, nil
	}
	if err != nil {
		return retry, err
	}
	if !suits(can) {
		return time.Time{}, nil
	}
	state, err := e.store.Sweep(ctx, SweepID{Tenant: t.id, Flow: f.name, Name: name})
	if err != nil {
		return retry, err
	}
	if name == SweepCrawl || name == SweepChanges {
		// A full sweep, such as a backfill's, has seen the same.
		full, err := e.store.Sweep(ctx, SweepID{Tenant: t.id, Flow: f.name, Name: SweepFull})
		if err != nil {
			return retry, err
		}
		if full.Completed.After(state.Completed) {
			state.Completed = full.Completed
		}
	}
	due := time.Now()
	if !state.Completed.IsZero() {
		due = schedule.Next(state.Completed)
	}
	if due.After(time.Now()) {
		return due, nil
	}
	r := e.begin("sweep: "+name, Scope{Tenant: t.id, Flow: f.name})
	defer r.end()
	if err := e.sweep(ctx, t, f, r, name, false); err != nil {
		return retry, err
	}
	return schedule.Next(time.Now()), nil
}

// sweepEnded tells of a sweep that failed. What fails many sweeps of a tenant, such
// as a service that is away, is one error; the rest is for who debugs.
func (e *Engine) sweepEnded(ctx context.Context, t *tenant, flow, name string, err error) {
	id := SweepID{Flow: flow, Name: name}
	switch kind := kindOf(err); {
	case err == nil:
		t.sweepWorks(id)
		return
	case ctx.Err() != nil || errors.Is(err, ErrSweeping) || errors.Is(err, ErrNotInForce):
		return // it is not this process's turn
	case kind == KindAccount || kind == KindScope:
		return // it pauses, which was told
	}
	level := slog.LevelDebug
	if t.sweepFails(id, err) {
		level = slog.LevelError
	}
	e.log.Log(ctx, level, "a sweep failed, and is tried again", "sweep", name, "tenant", t.id, "flow", flow, "error", err)
}

// sweepFails notes why a sweep fails. It reports whether that is news: no sweep of
// the tenant has failed last for the same cause.
func (t *tenant) sweepFails(id SweepID, err error) bool {
	if detail, ok := errors.AsType[*Error](err); ok {
		err = detail // without the flow whose sweep it was
	}
	cause := likeness(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	news := true
	for _, known := range t.causes {
		news = news && known != cause
	}
	t.causes[id] = cause
	return news
}

func (t *tenant) sweepWorks(id SweepID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.causes, id)
}

// payOwed makes the full sweeps of every kind that tenants owe whose marks were
// folded while they were paused.
func (e *Engine) payOwed(ctx context.Context) {
	e.apart(ctx, func(t *tenant) time.Time {
		next := time.Now().Add(owedIdle)
		err := func() error {
			var resting []*flow
			for _, f := range t.flows {
				if e.rests(t, f) != nil {
					resting = append(resting, f)
				}
			}
			if len(resting) > 0 {
				next = time.Now().Add(owedCheck)
				return errors.Join(e.fold(ctx, t, resting), e.probe(ctx, t, resting))
			}
			return e.pay(ctx, t)
		}()
		e.sweepEnded(ctx, t, "", SweepOwed, err)
		if err != nil {
			next = time.Now().Add(owedCheck)
		}
		return next
	})
}

// maxMarks is how many marks a paused tenant keeps.
const maxMarks = 100_000

// fold bounds what is stored of flows that pause: beyond that many marks, one sweep
// of everything is cheaper.
func (e *Engine) fold(ctx context.Context, t *tenant, resting []*flow) error {
	if len(resting) < len(t.flows) {
		counts, err := e.store.Counts(ctx, t.id, "")
		if err != nil {
			return err
		}
		theirs := 0
		for _, f := range resting {
			theirs += counts[f.name].Waiting
		}
		if theirs <= e.config.maxMarks {
			return nil // what waits in flows that work is their own affair
		}
	}
	var flows []string
	var probes []Mark
	for _, f := range resting {
		if can, err := e.capable(ctx, t, f); err != nil || can.source.ListsByParent {
			continue
		}
		flows = append(flows, f.name)
		marks, err := e.store.Marks(ctx, MarkQuery{Tenant: t.id, Flow: f.name, Status: MarkWaiting, N: 1})
		if err != nil {
			return err
		}
		for _, mark := range marks {
			probes = append(probes, mark.Mark)
		}
	}
	n, err := e.store.Fold(ctx, FoldRequest{Tenant: t.id, Most: e.config.maxMarks, Flows: flows})
	if n > 0 {
		// One of each flow stays, to show when the tenant works again.
		err = errors.Join(err, e.store.Notify(ctx, probes))
		e.alert(Alert{Kind: AlertFolded, Tenant: t.id, Text: fmt.Sprintf(
			"%d marks of the paused tenant were folded into one sweep of everything, which starts when it resumes", n)})
	}
	return err
}

// probe asks both sides of what pauses for something, now and then, if no mark is
// left whose work would show that they answer again.
func (e *Engine) probe(ctx context.Context, t *tenant, resting []*flow) error {
	counts, err := e.store.Counts(ctx, t.id, "")
	if err != nil {
		return err
	}
	waiting := 0
	for _, c := range counts {
		waiting += c.Waiting + c.Claimed
	}
	for _, f := range resting {
		if e.pausedBy(t.id, f.name) != nil || t.skips(f.name) {
			continue // a person's pause ends by a person
		}
		all := t.paused() != nil
		if all && waiting > 0 || counts[f.name].Waiting+counts[f.name].Claimed > 0 || time.Since(t.probed[f.name]) < firstPause {
			continue
		}
		t.probed[f.name] = time.Now()
		asked, err := e.ask(ctx, t, f)
		if err != nil || asked && all {
			return err // the others pause for the same reason
		}
	}
	return nil
}

// ask asks both sides of a flow for a page. If there is nothing to ask for, it
// does not. If both answer, a pause of writes ends as well: nothing waits to be
// written, so that nothing else would end it, and the next write tells.
func (e *Engine) ask(ctx context.Context, t *tenant, f *flow) (asked bool, err error) {
	can, err := e.capable(ctx, t, f)
	if err != nil {
		return true, nil //nolint:nilerr // it pauses still
	}
	var query Query
	if can.source.ListsByParent {
		parents, err := e.store.Walk(ctx, t.id, f.parent, Linked, "", 1)
		if err != nil || len(parents) == 0 {
			return false, err
		}
		query.Parent.ID = parents[0].ID
	}
	key := Key{Tenant: t.id, Flow: f.name}
	call := func(side side, call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, e.config.RequestTimeout)
		defer cancel()
		began := time.Now()
		err := call(ctx)
		e.observe(t, side, key, began, err)
		return err
	}
	source := call(sourceSide, func(ctx context.Context) error { _, err := f.sides.scan(ctx, query, ""); return err })
	target := call(targetSide, func(ctx context.Context) error { _, err := f.sides.listHeld(ctx, ""); return err })
	if source == nil && target == nil {
		e.observe(t, targetWrites, key, time.Now(), nil)
	}
	return true, nil
}

func (e *Engine) pay(ctx context.Context, t *tenant) error {
	id := SweepID{Tenant: t.id, Name: SweepOwed}
	state, err := e.store.Sweep(ctx, id)
	if err != nil || state.Generation == 0 || state.Complete {
		return err
	}
	if state, err = e.store.BeginSweep(ctx, id, e.config.Lease); err != nil {
		return err
	}
	for _, f := range t.flows {
		if t.skips(f.name) {
			continue
		}
		for _, name := range []string{SweepFull, SweepTarget} {
			r := e.begin("sweep: "+name, Scope{Tenant: t.id, Flow: f.name})
			err := e.sweep(ctx, t, f, r, name, true)
			r.end()
			if err != nil {
				return errors.Join(err, e.store.Observe(context.WithoutCancel(ctx), Observation{SweepID: id, State: state}))
			}
		}
	}
	state.Complete = true
	err = e.store.Observe(ctx, Observation{SweepID: id, State: state})
	if errors.Is(err, ErrFenced) {
		return nil // more was folded meanwhile: it is owed still
	}
	if err == nil {
		e.alert(Alert{Kind: AlertFolded, Tenant: t.id, Text: "the sweep of everything that folded marks left to do is done", Ended: true})
	}
	return err
}
