package syncer

import (
	"context"
	"slices"
	"time"
)

func (s *memoryStore) Commit(ctx context.Context, results []Result) []error {
	errs := make([]error, len(results))
	if err := s.enter(ctx); err != nil {
		return fill(errs, err)
	}
	defer s.mu.Unlock()
	now := time.Now()
	for i, result := range results {
		errs[i] = s.commit(result, now)
	}
	return errs
}

func (s *memoryStore) commit(result Result, now time.Time) error {
	mark := s.holder(result.Key, result.Fence)
	if mark == nil {
		s.mark(Mark{Key: result.Key, Lane: Retry, Trigger: "fence"}, now)
		return ErrFenced
	}
	if link := result.Link; link != nil && link.State.HasTarget() {
		holder, taken := s.targets[targetKey(*link)]
		if taken && holder != result.ID {
			return ErrTargetTaken
		}
	}
	switch {
	case result.Forget:
		s.setLink(result.Key, nil)
	case result.Link != nil:
		link := *result.Link
		s.setLink(result.Key, &link)
	}
	if link, known := s.links[result.Key]; known {
		link.Touched = s.next()
		s.links[result.Key] = link
	}
	s.settle(mark, result, now)
	s.release(result, now)
	result.Event.Number, result.Event.Time = s.next(), now
	s.events = append(s.events, result.Event)
	return nil
}

func targetKey(link Link) Key {
	return Key{Tenant: link.Tenant, Flow: link.Flow, ID: link.Target.ID}
}

// setLink replaces what is known of a key and keeps the index of targets.
func (s *memoryStore) setLink(key Key, link *Link) {
	if old, known := s.links[key]; known && old.State.HasTarget() {
		delete(s.targets, targetKey(old))
	}
	if link == nil {
		delete(s.links, key)
		return
	}
	link.Key = key
	s.links[key] = *link
	if link.State.HasTarget() {
		s.targets[targetKey(*link)] = key.ID
	}
}

// settle says what becomes of the mark.
func (s *memoryStore) settle(mark *storedMark, result Result, now time.Time) {
	mark.leasedUntil, mark.fence, mark.doubt = time.Time{}, 0, result.Doubt
	if mark.number != result.Number { // marked again meanwhile
		mark.due, mark.attempt = now, 0
		return
	}
	mark.attempt = result.Attempt
	switch result.Next {
	case Done:
		delete(s.marks, mark.Key)
	case Again:
		mark.due, mark.Lane = now.Add(result.After), max(mark.Lane, Retry)
	case Parked:
		parent, known := s.links[result.Park]
		if !known || parent.State == Unlinked || parent.State == Leaving {
			mark.park = result.Park
		}
		mark.due = now
	case Dead:
		mark.dead = true
	}
}

// release lets go what waits for this key, and marks the children that the
// key's new state may concern.
func (s *memoryStore) release(result Result, now time.Time) {
	if len(result.Children) == 0 {
		return
	}
	for _, mark := range s.marks {
		if mark.park == result.Key {
			mark.park, mark.due = Key{}, now
		}
	}
	for _, key := range s.sortedKeys(result.Tenant, result.Children) {
		link := s.links[key]
		if link.Parent != result.ID {
			continue
		}
		if result.Cascade && link.State.HasTarget() {
			link.State, link.Target = Unlinked, Ref{}
			s.setLink(key, &link)
		}
		ended := result.Forget || result.Link != nil && result.Link.State != Linked
		if ended || link.State == Filtered || link.State == Unlinked {
			s.mark(Mark{Key: key, Parent: result.ID, Lane: Sweep, Trigger: "parent"}, now)
		}
	}
}

// sortedKeys are the keys of links of some flows, in order.
func (s *memoryStore) sortedKeys(tenant string, flows []string) []Key {
	var keys []Key
	for key := range s.links {
		if key.Tenant == tenant && slices.Contains(flows, key.Flow) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}
