package syncer

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
)

// crawlPosition is the cursor of a crawl: first the parents that were active
// since the last round, the latest first, then the others by their ids.
type crawlPosition struct {
	Below  int64  `json:"below,omitempty"`
	Rest   bool   `json:"rest,omitempty"`
	After  string `json:"after,omitempty"`
	Listed bool   `json:"listed,omitempty"`
	Gone   string `json:"gone,omitempty"`
}

func (p crawlPosition) String() string {
	data, err := json.Marshal(p)
	if err != nil {
		return "" // it always marshals
	}
	return string(data)
}

// crawl goes round the children of all parents, a few at a time, with a wait
// after each parent, so that it stays inside its share of the daily budget. What
// a round did not see is a candidate for deletion, as in a full sweep.
func (s *sweep) crawl(ctx context.Context) error {
	at := crawlPosition{Below: math.MaxInt64}
	if s.begun.Cursor != "" {
		if err := json.Unmarshal([]byte(s.begun.Cursor), &at); err != nil {
			return fmt.Errorf("the crawl's cursor %q: %w", s.begun.Cursor, err)
		}
	}
	for !at.Listed {
		if err := s.crawlSome(ctx, &at); err != nil {
			return err
		}
	}
	err := s.deletions(ctx, at.Gone, func(after string) string { at.Gone = after; return at.String() })
	if err != nil {
		return err
	}
	return s.advance(ctx, Observation{}, func(state *SweepState) { state.Complete = true })
}

// crawlSome lists the children of the next parents. No parent that is linked
// through the whole round is left out: one that is touched while the round goes
// on, and so was not among the active ones, is among the others.
func (s *sweep) crawlSome(ctx context.Context, at *crawlPosition) error {
	const some = 8
	since, err := s.store.Draw(ctx)
	if err != nil {
		return err
	}
	var parents []Link
	next := *at
	if at.Rest {
		parents, err = s.store.Walk(ctx, s.tenant.id, s.flow.parent, Linked, at.After, some)
		next.Listed = len(parents) < some
		if len(parents) > 0 {
			next.After = parents[len(parents)-1].ID
		}
		var others []Link
		for _, parent := range parents {
			if parent.Touched <= s.begun.Previous || parent.Touched > s.begun.Generation {
				others = append(others, parent)
			}
		}
		parents = others
	} else {
		below := min(at.Below, s.begun.Generation+1)
		parents, err = s.store.Recent(ctx, s.tenant.id, s.flow.parent, s.begun.Previous, below, some)
		next.Rest = len(parents) < some
		if len(parents) > 0 {
			next.Below = parents[len(parents)-1].Touched
		}
	}
	if err != nil {
		return err
	}
	records, err := s.children(ctx, parents)
	if err != nil {
		return err
	}
	if err := s.observe(ctx, since, records, 0, func(state *SweepState) { state.Cursor = next.String() }); err != nil {
		return err
	}
	*at = next
	for range parents {
		if err := pause(ctx, s.pace); err != nil {
			return err
		}
	}
	return nil
}
