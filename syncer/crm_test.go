package syncer_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// crm is a source in memory.
type crm struct {
	mu      sync.Mutex
	records map[string]person
	reads   int
	lists   int
	perPage int
	hide    map[string]bool // not in listings: a broken index
	fail    func() error
	can     syncer.SourceCapabilities
	clock   time.Duration     // how far its clock is off
	circle  bool              // the listing begins anew and anew
	partial bool              // listings lack the town
	onGet   func(id string)   // before the read
	onRead  func(id string)   // after it
	listed  map[string]person // what listings show instead, late as they are
	before  map[string]person // what listings show for as long as their lag
}

func (s *crm) ids() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.records))
}

func (s *crm) put(p person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.At.IsZero() {
		p.At = time.Now().Add(s.clock)
	}
	if before, known := s.records[p.ID]; known && s.before != nil {
		s.before[p.ID] = before
	}
	s.records[p.ID] = p
}

func (s *crm) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, id)
}

func (s *crm) Capabilities(context.Context) (syncer.SourceCapabilities, error) { return s.can, nil }

func (s *crm) Get(_ context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	if s.onGet != nil {
		s.onGet(ref.ID)
	}
	if s.onRead != nil {
		defer s.onRead(ref.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return syncer.Record[person]{}, err
		}
	}
	p, ok := s.records[ref.ID]
	if !ok || s.can.Moves && ref.Parent != "" && ref.Parent != p.Boss {
		return syncer.Record[person]{}, errNotThere
	}
	return syncer.Record[person]{Ref: syncer.Ref{ID: p.ID, Parent: p.Boss}, Value: p}, nil
}

func (s *crm) List(_ context.Context, query syncer.Query, cursor string) (syncer.Page[person], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return syncer.Page[person]{}, err
		}
	}
	// The order is that of the ids, or of the times of change and the ids.
	place := func(p person) string {
		switch {
		case query.LatestFirst:
			return fmt.Sprintf("%020d", math.MaxInt64-p.At.UnixNano()) + p.ID
		case query.Since.IsZero():
			return p.ID
		default:
			return p.At.UTC().Format("2006-01-02T15:04:05.000000000") + p.ID
		}
	}
	places := map[string]person{}
	for id, p := range s.records {
		if before, late := s.before[id]; late && time.Since(p.At) < s.can.Lag {
			p = before
		}
		if place(p) > cursor && !s.hide[id] && !p.At.Before(query.Since) && (query.Parent.ID == "" || query.Parent.ID == p.Boss) {
			places[place(p)] = p
		}
	}
	page := syncer.Page[person]{Total: len(s.records), Date: time.Now().Add(s.clock)}
	for i, at := range slices.Sorted(maps.Keys(places)) {
		if len(page.Records) == s.perPage {
			break
		}
		p := places[at]
		if before, late := s.listed[p.ID]; late {
			p = before
		}
		if s.partial {
			p.City = ""
		}
		page.Records = append(page.Records, syncer.Record[person]{Ref: syncer.Ref{ID: p.ID, Parent: p.Boss}, Value: p, Updated: p.At, Partial: s.partial})
		page.Next = at
		if i+1 == len(places) {
			page.Next = ""
			if s.circle {
				page.Next = " "
			}
		}
	}
	return page, nil
}
