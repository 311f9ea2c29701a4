package syncer

import (
	"context"
	"fmt"
	"time"
)

// minOverlap is how far a sweep of changes looks back at least.
const minOverlap = 2 * time.Minute

// overlap is how far a sweep of changes looks back: what a lagging index shows
// late is still seen.
func (s *sweep) overlap() time.Duration { return max(2*s.can.source.Lag, minOverlap) }

// changes walks what changed since the watermark. It comes from the source's own
// values, and never goes past the time of an answer, less the overlap: one
// record with a date in the future must not end all syncing. The pages are in
// the order of (time, id), so each page's end is a watermark (P10).
func (s *sweep) changes(ctx context.Context) error {
	mark := s.begun.Watermark
	if mark == "" {
		full, err := s.store.Sweep(ctx, SweepID{Tenant: s.id.Tenant, Flow: s.id.Flow, Name: SweepFull})
		if err != nil {
			return err
		}
		if full.Watermark == "" {
			return s.advance(ctx, Observation{}, func(state *SweepState) { state.Complete = true }) // a full sweep has to come first
		}
		mark = full.Watermark
	}
	watermark, err := time.Parse(time.RFC3339Nano, mark)
	if err != nil {
		return fmt.Errorf("the sweep's watermark: %w", err)
	}
	query := Query{Since: watermark.Add(-s.overlap())}
	for cursor := ""; ; {
		since, err := s.store.Draw(ctx)
		if err != nil {
			return err
		}
		page, err := s.page(ctx, query, cursor)
		if err != nil {
			return err
		}
		if page.Next != "" && page.Next == cursor {
			return fmt.Errorf("the source repeats its cursor %q: the listing would never end", page.Next)
		}
		latest := serverTime(page).Add(-s.overlap())
		for _, record := range page.Records {
			if record.Updated.After(watermark) && !record.Updated.After(latest) {
				watermark = record.Updated
			}
		}
		err = s.observe(ctx, since, page.Records, page.Total, func(state *SweepState) {
			state.Watermark = watermark.UTC().Format(time.RFC3339Nano)
			state.Complete = page.Next == ""
		})
		if err != nil || page.Next == "" {
			return err
		}
		cursor = page.Next
	}
}
