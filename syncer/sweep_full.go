package syncer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	candidateBatch = 100 // deletion candidates that are confirmed together
	probes         = 20  // confirming reads that can show a sweep to be wrong
)

// position is the cursor of a full sweep: its slices, then the candidates for
// deletion.
type position struct {
	Slices []slicePosition `json:"slices,omitempty"`
	Listed bool            `json:"listed,omitempty"`
	After  string          `json:"after,omitempty"`
	// Watermark is that of the sweep. Until it is complete, that of the one before
	// holds, if there was one.
	Watermark string `json:"watermark,omitempty"`
}

type slicePosition struct {
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Cursor string    `json:"cursor,omitempty"`
	Done   bool      `json:"done,omitempty"`
}

func (p position) String() string {
	data, err := json.Marshal(p)
	if err != nil {
		return "" // it always marshals
	}
	return string(data)
}

// full lists the source, marks what changed, and then what is gone. P1: what no
// trigger told, or was lost, is found here.
func (s *sweep) full(ctx context.Context) error {
	var at position
	if s.begun.Cursor != "" {
		if err := json.Unmarshal([]byte(s.begun.Cursor), &at); err != nil {
			return fmt.Errorf("the sweep's cursor %q: %w", s.begun.Cursor, err)
		}
	}
	if len(at.Slices) == 0 {
		if err := s.cut(ctx, &at); err != nil {
			return err
		}
	}
	if !at.Listed {
		if err := s.slices(ctx, &at); err != nil {
			return err
		}
	}
	err := s.deletions(ctx, at.After, func(after string) string { at.After = after; return at.String() })
	if err != nil {
		return err
	}
	// What waits for a record of the target is tried again.
	if err := s.store.Unpark(ctx, UnparkRequest{Tenant: s.tenant.id, Flow: s.flow.name}); err != nil {
		return err
	}
	return s.advance(ctx, Observation{}, func(state *SweepState) {
		state.Complete, state.Watermark = true, cmp.Or(at.Watermark, state.Watermark)
		if s.can.source.ListsByParent {
			state.Watermark = sweepTime(s.begun.Started) // no sweep of changes needs it
		}
	})
}

// cut decides on the slices: several for a first backfill, one later on.
func (s *sweep) cut(ctx context.Context, at *position) error {
	cut := []Slice{{}}
	if s.begun.Completed.IsZero() {
		if err := s.existing(ctx); err != nil {
			return err
		}
		if !s.can.source.ListsByParent && s.flow.sides.sliced() {
			err := s.attempt(ctx, sourceSide, func(ctx context.Context) (err error) {
				cut, err = s.flow.sides.slices(ctx, slicesAtOnce)
				return err
			})
			if err != nil {
				return err
			}
			s.floored(-1)
		}
	}
	for _, slice := range cut {
		at.Slices = append(at.Slices, slicePosition{From: slice.From, To: slice.To})
	}
	return nil
}

// existing stops a first backfill into a target that holds records of others,
// until a person has said what to do with them.
func (s *sweep) existing(ctx context.Context) error {
	if s.flow.existing != ExistingAsk || !s.flow.sides.hasKeys() {
		return nil
	}
	before := &trail[Fields]{side: targetSide}
	for cursor := ""; ; {
		page, err := s.heldPage(ctx, cursor, before)
		if err != nil {
			return err
		}
		s.floored(-1)
		ids := make([]string, len(page.Records))
		for i, record := range page.Records {
			ids[i] = record.ID
		}
		links, err := s.store.LinksOf(ctx, s.tenant.id, s.flow.name, ids)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if _, linked := links[record.ID]; !linked && record.ExternalID == "" {
				return fmt.Errorf("%w: the flow %s found %s, for one; say what to do with them, by FlowConfig.Existing or "+
					"flows.WithExisting: ExistingMatch adopts those that a record of the source identifies (contacts: by "+
					"phone number or e-mail address), ExistingLeave leaves all alone", ErrExisting, s.flow.name, record.ID)
			}
		}
		if page.Next == "" || page.Next == cursor {
			return nil
		}
		cursor = page.Next
	}
}

// slices walks all slices, side by side.
func (s *sweep) slices(ctx context.Context, at *position) error {
	errs := make([]error, len(at.Slices))
	var group sync.WaitGroup
	for i := range at.Slices {
		group.Go(func() {
			if s.can.source.ListsByParent {
				errs[i] = s.byParent(ctx, at)
			} else {
				errs[i] = s.slice(ctx, at, i)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	at.Listed = true
	return s.advance(ctx, Observation{}, func(state *SweepState) { state.Cursor = at.String() })
}

// slice walks one slice of the listing.
func (s *sweep) slice(ctx context.Context, at *position, i int) error {
	mine := &at.Slices[i]
	before := &trail[json.RawMessage]{side: sourceSide}
	for !mine.Done {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		cursor := mine.Cursor
		page, err := s.next(ctx, Query{Slice: Slice{From: mine.From, To: mine.To}}, cursor, before)
		if err != nil {
			return err
		}
		err = s.observe(ctx, since, page.Records, page.Total, func(state *SweepState) {
			mine.Cursor, mine.Done = page.Next, page.Next == ""
			if at.Watermark == "" {
				// P10: the first page's time, of any slice, is where the sweeps of changes
				// begin: what was changed since is in no page for certain.
				at.Watermark = sweepTime(serverTime(page).Add(-s.overlap()))
				if state.Watermark == "" {
					state.Watermark = at.Watermark
				}
			}
			state.Cursor = at.String()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// byParent lists the records of each parent that has a counterpart. The cursor
// is the id of the last parent.
func (s *sweep) byParent(ctx context.Context, at *position) error {
	mine := &at.Slices[0]
	for !mine.Done {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		parents, err := s.store.Walk(ctx, s.tenant.id, s.flow.parent, Linked, mine.Cursor, parentsAtOnce)
		if err != nil {
			return err
		}
		records, err := s.children(ctx, parents)
		if err != nil {
			return err
		}
		err = s.observe(ctx, since, records, 0, func(state *SweepState) {
			if len(parents) > 0 {
				mine.Cursor = parents[len(parents)-1].ID
			}
			mine.Done = len(parents) < parentsAtOnce
			state.Cursor = at.String()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deletions marks what a complete sweep did not see, once a read by id has
// confirmed that it is gone (P10). What is parked, or a dead letter, is among it. If
// most of the first reads find the record, the listing was wrong, and the sweep
// proves nothing.
func (s *sweep) deletions(ctx context.Context, after string, cursor func(after string) string) error {
	checked, found := 0, 0
	for {
		links, err := s.store.Unseen(ctx, UnseenRequest{
			SweepID: s.id, Generation: s.begun.Generation, Lag: s.can.source.Lag, After: after, N: candidateBatch,
		})
		if err != nil || len(links) == 0 {
			return err
		}
		after = links[len(links)-1].ID
		links = slices.DeleteFunc(links, func(link Link) bool { return !s.flow.sides.lists(link.Base.Source) })
		for len(links) > 0 {
			some := links[:min(len(links), probes)]
			links = links[len(some):]
			there, err := s.confirm(ctx, some, cursor)
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
func (s *sweep) confirm(ctx context.Context, links []Link, cursor func(after string) string) (there int, err error) {
	since, err := s.store.Draw(ctx)
	if err != nil {
		return 0, err
	}
	rows := make([]Record[json.RawMessage], len(links))
	errs := make([]error, len(links))
	s.sideBySide(len(links), func(i int) {
		errs[i] = s.attempt(ctx, sourceSide, func(ctx context.Context) (err error) {
			rows[i], err = s.flow.sides.read(ctx, Ref{ID: links[i].ID, Parent: links[i].Parent})
			return err
		})
	})
	var marks []Mark
	for i, link := range links {
		switch {
		case errs[i] == nil:
			there++
			marks = append(marks, markOf(s.tenant, s.flow, rows[i], "sweep"))
		case kindOf(errs[i]) == KindGone:
			mark := markOf(s.tenant, s.flow, Record[json.RawMessage]{Ref: Ref{ID: link.ID, Parent: link.Parent}, Partial: true}, "sweep")
			mark.Gone, mark.RowGone = true, true
			marks = append(marks, mark)
		default:
			return 0, errs[i]
		}
	}
	return there, s.advance(ctx, Observation{Since: since, Marks: marks}, func(state *SweepState) {
		state.Cursor = cursor(links[len(links)-1].ID)
	})
}
