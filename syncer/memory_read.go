package syncer

import (
	"cmp"
	"context"
	"slices"
	"time"
)

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.ID, b.ID))
}

func (s *memoryStore) Links(ctx context.Context, tenant, flow string, ids []string) (map[string]Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	links := map[string]Link{}
	for _, id := range ids {
		if link, known := s.links[Key{tenant, flow, id}]; known {
			links[id] = link
		}
	}
	return links, nil
}

func (s *memoryStore) LinkOf(ctx context.Context, tenant, flow, targetID string) (*Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	id, known := s.targets[Key{tenant, flow, targetID}]
	if !known {
		return nil, nil
	}
	link := s.links[Key{tenant, flow, id}]
	return &link, nil
}

func (s *memoryStore) Walk(ctx context.Context, tenant, flow string, state State, after string, n int) ([]Link, error) {
	return s.walk(ctx, tenant, flow, after, n, func(link Link) bool { return state == "" || link.State == state })
}

func (s *memoryStore) Unseen(ctx context.Context, tenant, flow string, generation int64, after string, n int) ([]Link, error) {
	return s.walk(ctx, tenant, flow, after, n, func(link Link) bool {
		return link.State == Linked && link.Touched < generation &&
			s.marks[link.Key] == nil && !s.seen[Key{Tenant: tenant, Flow: flow}][link.ID]
	})
}

func (s *memoryStore) walk(ctx context.Context, tenant, flow, after string, n int, wanted func(Link) bool) ([]Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var links []Link
	for _, key := range s.sortedKeys(tenant, []string{flow}) {
		if link := s.links[key]; key.ID > after && len(links) < n && wanted(link) {
			links = append(links, link)
		}
	}
	return links, nil
}

func (s *memoryStore) Draw(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.next(), nil
}

func (s *memoryStore) SweepState(ctx context.Context, tenant, flow string) (SweepState, error) {
	if err := s.enter(ctx); err != nil {
		return SweepState{}, err
	}
	defer s.mu.Unlock()
	return s.sweeps[Key{Tenant: tenant, Flow: flow}], nil
}

func (s *memoryStore) Observe(ctx context.Context, o Observation) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	now := time.Now()
	of := Key{Tenant: o.Tenant, Flow: o.Flow}
	if s.seen[of] == nil || s.sweeps[of].Generation != o.Sweep.Generation {
		s.seen[of] = map[string]bool{}
	}
	for _, id := range o.Seen {
		s.seen[of][id] = true
	}
	for _, mark := range o.Marks {
		fresh := s.marks[mark.Key] == nil && s.links[mark.Key].Touched <= o.Since
		stored := s.mark(mark, now)
		if fresh {
			stored.rowNumber = stored.number
		} else {
			stored.Row, stored.RowGone = nil, false
		}
	}
	s.sweeps[of] = o.Sweep
	return nil
}

func (s *memoryStore) Events(ctx context.Context, query EventQuery) ([]Event, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	limit := cmp.Or(query.Limit, defaultEvents)
	first, _ := slices.BinarySearchFunc(s.events, query.After+1, func(e Event, n int64) int {
		return cmp.Compare(e.Number, n)
	})
	var events []Event
	for _, event := range s.events[first:] {
		if len(events) < limit && query.matches(event) {
			events = append(events, event)
		}
	}
	return events, nil
}

// defaultEvents is how many rows Events returns if the query does not say.
const defaultEvents = 100

func (q EventQuery) matches(e Event) bool {
	return (q.Tenant == "" || q.Tenant == e.Tenant) && (q.Flow == "" || q.Flow == e.Flow) &&
		(q.ID == "" || q.ID == e.ID) && (q.Action == "" || q.Action == e.Action)
}
