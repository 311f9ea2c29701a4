package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	parentsAtOnce = 64 // parents whose children share one observation
	readsAtOnce   = 8  // requests of a sweep side by side
	slicesAtOnce  = 4  // slices of a first backfill
	sweepAttempts = 5  // of one page
)

// page requests one page of the source, again if that fails for a while.
func (s *sweep) page(ctx context.Context, query Query, cursor string) (Page[json.RawMessage], error) {
	return s.next(ctx, query, cursor, &trail[json.RawMessage]{side: sourceSide})
}

// next is page, with the pages before.
func (s *sweep) next(ctx context.Context, query Query, cursor string, before *trail[json.RawMessage]) (Page[json.RawMessage], error) {
	var page Page[json.RawMessage]
	err := s.attempt(ctx, sourceSide, func(ctx context.Context) (err error) {
		if page, err = s.flow.sides.scan(ctx, query, cursor); err == nil {
			err = before.leads(cursor, page)
		}
		return err
	})
	return page, err
}

// heldPage requests one page of the target.
func (s *sweep) heldPage(ctx context.Context, cursor string, before *trail[Fields]) (Page[Fields], error) {
	var page Page[Fields]
	err := s.attempt(ctx, targetSide, func(ctx context.Context) (err error) {
		if page, err = s.flow.sides.listHeld(ctx, cursor); err == nil {
			err = before.leads(cursor, page)
		}
		return err
	})
	return page, err
}

// trail is what a walk saw last.
type trail[R any] struct {
	side side
	ids  map[string]bool // of the page before
	way  progress
}

// leads fails if a page makes no progress: it leads back to itself, or has nothing
// that the page before did not have. A cache may do that, so that the page is
// requested again.
func (t *trail[R]) leads(cursor string, page Page[R]) error {
	ids := map[string]bool{}
	news := len(page.Records) == 0
	for _, record := range page.Records {
		ids[record.ID] = true
		news = news || !t.ids[record.ID]
	}
	if !news || page.Next != "" && page.Next == cursor {
		return &Error{Kind: KindTransient, Err: fmt.Errorf("%s repeats what it listed, at the cursor %q: the listing would never end", sideNames[t.side], cursor)}
	}
	if t.way.circles(page.Next) {
		return &Error{Kind: KindRow, Err: fmt.Errorf("%s repeats its cursor %q: the listing would never end", sideNames[t.side], page.Next)}
	}
	t.ids = ids
	return nil
}

// attempt repeats a read that failed for a while.
func (s *sweep) attempt(ctx context.Context, side side, read func(context.Context) error) error {
	s.floored(1)
	ctx = s.flow.in(ctx, Sweep)
	for attempt := 0; ; attempt++ {
		began := time.Now()
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
			defer cancel()
			return read(ctx)
		}()
		s.Engine.observe(s.tenant, side, Key{Tenant: s.tenant.id, Flow: s.flow.name}, began, err)
		kind := kindOf(err)
		if err == nil || kind != KindPace { // what was refused for its pace was not sent
			s.requested(1)
			s.run.asked(side, 1)
		}
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

// children lists the records of several parents, some at once.
func (s *sweep) children(ctx context.Context, parents []Link) ([]Record[json.RawMessage], error) {
	found := make([][]Record[json.RawMessage], len(parents))
	errs := make([]error, len(parents))
	s.sideBySide(len(parents), func(i int) {
		query := Query{Parent: Ref{ID: parents[i].ID}}
		for cursor := ""; ; {
			page, err := s.page(ctx, query, cursor)
			if err != nil && kindOf(err) == KindGone {
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

// markOf marks a record that a scan saw.
func markOf(t *tenant, f *flow, row Record[json.RawMessage], trigger string) Mark {
	mark := Mark{
		Key:    Key{Tenant: t.id, Flow: f.name, ID: row.ID},
		Parent: row.Parent, Lane: Sweep, Trigger: trigger,
	}
	if !row.Partial && len(row.Value) <= MaxRow {
		mark.Row = row.Value
	}
	return mark
}

// serverTime is what a source's clock showed when it answered, as far as known.
func serverTime(page Page[json.RawMessage]) time.Time {
	if page.Date.IsZero() {
		return time.Now()
	}
	return page.Date
}
