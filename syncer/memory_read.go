package syncer

import (
	"cmp"
	"context"
	"slices"
)

func (s *memoryStore) Links(ctx context.Context, tenant, flow string, ids []string) (map[string]Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	links := map[string]Link{}
	for _, id := range ids {
		if stored := s.links[Key{tenant, flow, id}]; stored != nil {
			links[id] = stored.Link
		}
	}
	return links, nil
}

func (s *memoryStore) LinksOf(ctx context.Context, tenant, flow string, targetIDs []string) (map[string]Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	links := map[string]Link{}
	for _, target := range targetIDs {
		if id, held := s.targets[Key{tenant, flow, target}]; held {
			links[target] = s.links[Key{tenant, flow, id}].Link
		}
	}
	return links, nil
}

func (s *memoryStore) Walk(ctx context.Context, tenant, flow string, state State, after string, n int) ([]Link, error) {
	return s.walk(ctx, tenant, flow, after, n, func(link *memoryLink) bool { return state == "" || link.State == state })
}

func (s *memoryStore) Recent(ctx context.Context, tenant, flow string, above, below int64, n int) ([]Link, error) {
	links, err := s.walk(ctx, tenant, flow, "", -1, func(link *memoryLink) bool {
		return link.State == Linked && link.Touched > above && link.Touched < below
	})
	slices.SortFunc(links, func(a, b Link) int { return cmp.Compare(b.Touched, a.Touched) })
	links = links[:min(len(links), n)]
	for i := range links {
		links[i].Base, links[i].Refused, links[i].RefusedBy = Base{}, nil, ""
	}
	return links, err
}

func (s *memoryStore) CountLinks(ctx context.Context, tenant, flow string) (map[State]int, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.countLinks(tenant, flow), nil
}

func (s *memoryStore) countLinks(tenant, flow string) map[State]int {
	counts := map[State]int{}
	for state, n := range s.states[Key{Tenant: tenant, Flow: flow}] {
		if n > 0 {
			counts[state] = n
		}
	}
	return counts
}

// ids are the ids of a flow's links in order.
func (s *memoryStore) ids(tenant, flow string) []string {
	of := Key{Tenant: tenant, Flow: flow}
	ids, known := s.order[of]
	if !known {
		for key := range s.links {
			if key.Tenant == tenant && key.Flow == flow {
				ids = append(ids, key.ID)
			}
		}
		slices.Sort(ids)
		s.order[of] = ids
	}
	return ids
}

// walk returns links in order; n < 0 means all.
func (s *memoryStore) walk(ctx context.Context, tenant, flow, after string, n int, wanted func(*memoryLink) bool) ([]Link, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	ids := s.ids(tenant, flow)
	first, found := slices.BinarySearch(ids, after)
	if found {
		first++
	}
	var links []Link
	for _, id := range ids[first:] {
		if len(links) == n {
			break
		}
		if link := s.links[Key{tenant, flow, id}]; wanted(link) {
			links = append(links, link.Link)
		}
	}
	return links, nil
}
