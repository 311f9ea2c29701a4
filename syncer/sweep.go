package syncer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/contactlink/contactlink/mapping"
)

const (
	parentsAtOnce   = 64  // parents whose children share one observation
	readsAtOnce     = 8   // requests of a sweep side by side
	candidateBatch  = 100 // deletion candidates that are confirmed together
	probes          = 20  // confirming reads that can show a sweep to be wrong
	sweepAttempts   = 5   // of one page
	triggerOfSweeps = "sweep"
)

// sweep is one walk over everything that a source has.
type sweep struct {
	*Engine
	tenant *tenant
	flow   *flow
	run    *run
	id     SweepID
	state  SweepState
}

// sweep lists the source, marks what changed, and then what is gone. It goes on
// where the last one was cut short.
func (e *Engine) sweep(ctx context.Context, t *tenant, f *flow, r *run) error {
	s := &sweep{Engine: e, tenant: t, flow: f, run: r}
	capabilities, err := f.sides.sourceCapabilities(ctx)
	if err != nil {
		return err
	}
	s.id = SweepID{Tenant: t.id, Flow: f.name, Name: SweepFull}
	if s.state, err = e.store.BeginSweep(ctx, s.id, e.config.Lease); err != nil {
		return err
	}
	if capabilities.ListsByParent {
		err = s.byParent(ctx)
	} else {
		err = s.all(ctx)
	}
	if err != nil {
		return err
	}
	return s.deletions(ctx)
}

// all walks a listing of everything.
func (s *sweep) all(ctx context.Context) error {
	for {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		page, err := s.page(ctx, Query{}, s.state.Cursor)
		if err != nil {
			return err
		}
		if page.Next != "" && page.Next == s.state.Cursor {
			return fmt.Errorf("the source repeats its cursor %q: the listing would never end", page.Next)
		}
		s.state.Cursor, s.state.Complete = page.Next, page.Next == ""
		if err := s.observe(ctx, since, page.Records, page.Total); err != nil {
			return err
		}
		if s.state.Complete {
			return nil
		}
	}
}

// byParent lists the records of each parent that has a counterpart. The cursor
// is the id of the last parent.
func (s *sweep) byParent(ctx context.Context) error {
	for {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		parents, err := s.store.Walk(ctx, s.tenant.id, s.flow.parent, Linked, s.state.Cursor, parentsAtOnce)
		if err != nil {
			return err
		}
		records, err := s.children(ctx, parents)
		if err != nil {
			return err
		}
		if len(parents) > 0 {
			s.state.Cursor = parents[len(parents)-1].ID
		}
		s.state.Complete = len(parents) < parentsAtOnce
		if err := s.observe(ctx, since, records, 0); err != nil {
			return err
		}
		if s.state.Complete {
			return nil
		}
	}
}

// children lists the records of several parents, some at once.
func (s *sweep) children(ctx context.Context, parents []Link) ([]Record[json.RawMessage], error) {
	found := make([][]Record[json.RawMessage], len(parents))
	errs := make([]error, len(parents))
	s.sideBySide(len(parents), func(i int) {
		query := Query{Parent: Ref{ID: parents[i].ID}}
		for cursor := ""; ; {
			page, err := s.page(ctx, query, cursor)
			if kindOf(err) == KindGone && err != nil {
				return // the parent is gone: its own sweep says so
			}
			if err != nil {
				errs[i] = err
				return
			}
			found[i] = append(found[i], page.Records...)
			if page.Next == "" || page.Next == cursor {
				return
			}
			cursor = page.Next
		}
	})
	var records []Record[json.RawMessage]
	for _, some := range found {
		records = append(records, some...)
	}
	return records, errors.Join(errs...)
}

// sideBySide calls f for 0 to n-1, some at once.
func (s *sweep) sideBySide(n int, f func(int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, readsAtOnce)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	group.Wait()
}

// page requests one page, again if that fails for a while.
func (s *sweep) page(ctx context.Context, query Query, cursor string) (Page[json.RawMessage], error) {
	var page Page[json.RawMessage]
	err := s.attempt(ctx, func(ctx context.Context) (err error) {
		page, err = s.flow.sides.scan(ctx, query, cursor)
		return err
	})
	return page, err
}

// attempt repeats a read that failed for a while.
func (s *sweep) attempt(ctx context.Context, read func(context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
			defer cancel()
			return read(ctx)
		}()
		kind := kindOf(err)
		switch {
		case err == nil, ctx.Err() != nil, kind != KindTransient && kind != KindPace:
			return err
		case kind == KindTransient && attempt+1 >= sweepAttempts:
			return err
		}
		wait := s.backoff(attempt)
		if detail, ok := errors.AsType[*Error](err); ok {
			wait = max(wait, detail.Wait)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// observe marks what changed on a page and stores how far the sweep has come.
func (s *sweep) observe(ctx context.Context, since int64, records []Record[json.RawMessage], total int) error {
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
		if known && s.unchanged(ctx, rows[id], link) {
			standing = append(standing, link.State)
			continue
		}
		marks = append(marks, s.mark(rows[id]))
	}
	err = s.store.Observe(ctx, Observation{
		SweepID: s.id, Since: since, Marks: marks, Seen: seen, State: s.state,
	})
	if err != nil {
		return err
	}
	s.run.saw(s.tenant, s.flow, len(seen), total, standing)
	s.pool.wake()
	return nil
}

func (s *sweep) mark(row Record[json.RawMessage]) Mark {
	mark := Mark{
		Key:    Key{Tenant: s.tenant.id, Flow: s.flow.name, ID: row.ID},
		Parent: row.Parent, Lane: Sweep, Trigger: triggerOfSweeps,
	}
	if !row.Partial && len(row.Value) <= MaxRow {
		mark.Row = row.Value
	}
	return mark
}

// unchanged reports whether a row proves that its key is as the link says: it
// costs nothing then (P7).
func (s *sweep) unchanged(ctx context.Context, row Record[json.RawMessage], link Link) bool {
	switch link.State {
	case Leaving, Held, Detached:
		return false // it is back
	case Unlinked, Linked, Filtered, GoneAtTarget:
	}
	if link.Base.Source == nil || link.Base.Mapping != s.flow.version || s.flow.parent != "" && link.Parent != row.Parent {
		return false
	}
	if row.Partial {
		return s.flow.sides.unchanged(row.Value, link.Base.Source)
	}
	if bytes.Equal(row.Value, link.Base.Source) {
		return true
	}
	desired, _, err := s.flow.sides.mapped(ctx, row.Value)
	if errors.Is(err, mapping.Skip) {
		return link.State == Filtered
	}
	return err == nil && link.State == Linked && sameFields(desired, link.Base.Sent)
}

// deletions marks what a complete sweep did not see, once a read by id has
// confirmed that it is gone (P10). If most of the first reads find the record,
// the listing was wrong, and the sweep proves nothing.
func (s *sweep) deletions(ctx context.Context) error {
	checked, found := 0, 0
	for after := ""; ; {
		links, err := s.store.Unseen(ctx, UnseenRequest{
			SweepID: s.id, Generation: s.state.Generation, After: after, N: candidateBatch,
		})
		if err != nil || len(links) == 0 {
			return err
		}
		after = links[len(links)-1].ID
		for len(links) > 0 {
			some := links[:min(len(links), probes)]
			links = links[len(some):]
			there, err := s.confirm(ctx, some)
			if err != nil {
				return err
			}
			checked, found = checked+len(some), found+there
			if checked <= probes && found > 0 && found*2 > checked {
				s.log.WarnContext(ctx, "the source's listing lacks records that exist: nothing is deleted by this sweep",
					"tenant", s.tenant.id, "flow", s.flow.name, "checked", checked, "found", found)
				return nil
			}
		}
	}
}

// confirm reads candidates by id and marks them, with what the read said. It
// returns how many are still there.
func (s *sweep) confirm(ctx context.Context, links []Link) (there int, err error) {
	since, err := s.store.Draw(ctx)
	if err != nil {
		return 0, err
	}
	rows := make([]Record[json.RawMessage], len(links))
	errs := make([]error, len(links))
	s.sideBySide(len(links), func(i int) {
		errs[i] = s.attempt(ctx, func(ctx context.Context) (err error) {
			rows[i], err = s.flow.sides.read(ctx, Ref{ID: links[i].ID, Parent: links[i].Parent})
			return err
		})
	})
	var marks []Mark
	for i, link := range links {
		switch {
		case errs[i] == nil:
			there++
			marks = append(marks, s.mark(rows[i]))
		case kindOf(errs[i]) == KindGone:
			mark := s.mark(Record[json.RawMessage]{Ref: Ref{ID: link.ID, Parent: link.Parent}, Partial: true})
			mark.Gone, mark.RowGone = true, true
			marks = append(marks, mark)
		default:
			return 0, errs[i]
		}
	}
	err = s.store.Observe(ctx, Observation{
		SweepID: s.id, Since: since, Marks: marks, State: s.state,
	})
	s.pool.wake()
	return there, err
}
