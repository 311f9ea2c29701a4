package syncer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// sweep is one walk over everything that a side has, or over what changed.
type sweep struct {
	*Engine
	tenant *tenant
	flow   *flow
	run    *run
	id     SweepID
	can    capabilities
	// pace is waited between the parents of a crawl.
	pace time.Duration

	begun SweepState // as it was when this walk began
	mu    lock       // guards state, held while it is stored
	state SweepState
}

// sweep makes one sweep of a flow. It goes on where the last one was cut short.
// If another process is at it, it waits, or fails with ErrSweeping.
func (e *Engine) sweep(ctx context.Context, t *tenant, f *flow, r *run, name string, wait bool) error {
	s := &sweep{
		Engine: e, tenant: t, flow: f, run: r, mu: newLock(),
		id: SweepID{Tenant: t.id, Flow: f.name, Name: name},
	}
	var err error
	if s.can, err = e.capable(ctx, t, f); err != nil {
		if f.skippable && kindOf(err) == KindLacks { // it could not be asked at the start
			t.skip(f.name)
			r.skipped(f)
			return nil
		}
		return err
	}
	spec, err := e.inForce(ctx, t, f, false)
	if err != nil {
		return err
	}
	if err := e.follows(t, f, spec); err != nil {
		return err
	}
	for {
		if s.state, err = e.store.BeginSweep(ctx, s.id, s.config.Lease); err == nil {
			break
		}
		if !wait || !errors.Is(err, ErrSweeping) {
			return err
		}
		if err := pause(ctx, maxIdle); err != nil {
			return err
		}
	}
	s.begun = s.state
	if name == SweepCrawl {
		s.pace = time.Duration(float64(day) / (float64(e.config.DailyBudget) * e.config.CrawlShare))
	}
	err = s.keep(ctx)
	if !s.state.Complete {
		s.giveBack(ctx)
	}
	return err
}

// keep walks, and renews the reservation meanwhile. If it is lost, the walk ends.
func (s *sweep) keep(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop(nil)
	group.Go(func() {
		for pause(ctx, s.config.Lease/3) == nil {
			if err := s.advance(ctx, Observation{}, func(*SweepState) {}); err != nil {
				stop(err)
				return
			}
		}
	})
	err := s.walk(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

func (s *sweep) walk(ctx context.Context) error {
	switch s.id.Name {
	case SweepChanges:
		return s.changes(ctx)
	case SweepTarget:
		return s.target(ctx)
	case SweepCrawl:
		return s.crawl(ctx)
	default:
		return s.full(ctx)
	}
}

// giveBack ends the reservation of a sweep that was cut short, so that another
// process goes on at once.
func (s *sweep) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.RequestTimeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store.Observe(ctx, Observation{SweepID: s.id, State: s.state}); err != nil && !errors.Is(err, ErrFenced) {
		s.log.WarnContext(ctx, "a sweep's reservation stays until it runs out", "flow", s.flow.name, "error", err)
	}
}

// advance stores marks, what was seen, and the sweep's new state together. P10:
// the state is changed only once it is durable.
func (s *sweep) advance(ctx context.Context, o Observation, change func(*SweepState)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Complete {
		return nil
	}
	o.SweepID, o.State, o.Lease = s.id, s.state, s.config.Lease
	change(&o.State)
	if o.State.Complete {
		o.Lease = 0
	}
	if err := s.store.Observe(ctx, o); err != nil {
		return err
	}
	s.state = o.State
	if len(o.Marks) > 0 {
		s.pool.wake()
	}
	return nil
}

// observe marks what changed on a page and stores how far the sweep has come.
func (s *sweep) observe(ctx context.Context, since int64, records []Record[json.RawMessage], total int, change func(*SweepState)) error {
	seen := make([]string, 0, len(records))
	rows := make(map[string]Record[json.RawMessage], len(records))
	for _, record := range records {
		if _, twice := rows[record.ID]; !twice {
			seen = append(seen, record.ID)
		}
		rows[record.ID] = record
	}
	links, err := s.store.Links(ctx, s.tenant.id, s.flow.name, seen)
	if err != nil {
		return err
	}
	var marks []Mark
	var standing []State
	for _, id := range seen {
		link, known := links[id]
		same := false
		if known {
			if same, err = s.unchanged(ctx, s.tenant, s.flow, rows[id], link); err != nil {
				return err
			}
		}
		if same {
			if link.Refused != nil {
				link.State = Unlinked // it failed, and still does
			}
			standing = append(standing, link.State)
			continue
		}
		row := rows[id]
		if s.can.source.Lag > 0 && (known || !s.state.Completed.IsZero()) {
			row.Partial = true // P6: it may be older than what a webhook brought
		}
		if row, err = s.whole(ctx, row, link); err != nil {
			return err
		}
		marks = append(marks, markOf(s.tenant, s.flow, row, "sweep"))
	}
	if err := s.advance(ctx, Observation{Since: since, Marks: marks, Seen: seen}, change); err != nil {
		return err
	}
	s.run.saw(s.tenant, s.flow, len(seen), total, standing)
	return nil
}

// whole makes a whole record of a partial row that proves that the record is as it
// was read last, and only the mapping is another one, which reads nothing more.
func (s *sweep) whole(ctx context.Context, row Record[json.RawMessage], link Link) (Record[json.RawMessage], error) {
	source := link.Base.Source
	if !row.Partial || link.State != Linked || link.Base.Mapping == s.flow.version || source == nil || !s.flow.sides.unchanged(row.Value, source) {
		return row, nil
	}
	c, err := s.changed(ctx, s.tenant, s.flow, link.Base.Mapping)
	if err == nil && !c.lacks(source) {
		row.Value, row.Partial = source, false
	}
	return row, err
}

// unchanged reports whether a row proves that its key is as the link says: it
// costs nothing then (P7).
func (e *Engine) unchanged(ctx context.Context, t *tenant, f *flow, row Record[json.RawMessage], link Link) (bool, error) {
	switch link.State {
	case Leaving, Held, Detached:
		return false, nil // it is back
	case Unlinked, Linked, Filtered, GoneAtTarget:
	}
	source := link.Base.Source
	if link.Refused != nil {
		source = link.Refused // it is left alone until it changes
	}
	if source == nil || f.parent != "" && link.Parent != row.Parent {
		return false, nil
	}
	if stands, err := e.stands(ctx, t, f, link); err != nil || !stands {
		return false, err
	}
	if row.Partial {
		return f.sides.unchanged(row.Value, source), nil
	}
	if bytes.Equal(row.Value, source) {
		return true, nil
	}
	if link.Refused != nil {
		return false, nil
	}
	return f.agreed(ctx, row.Value, link), nil
}

// agreed reports whether the mapping makes of a record what was agreed on last.
func (f *flow) agreed(ctx context.Context, source json.RawMessage, link Link) bool {
	desired, _, err := f.sides.mapped(ctx, source)
	if errors.Is(err, mapping.Skip) {
		return link.State == Filtered
	}
	return err == nil && link.State == Linked && sameFields(desired, link.Base.Sent)
}
