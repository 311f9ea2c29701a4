package syncer

import (
	"context"
	"maps"
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
	if err := s.makeWay(result, now); err != nil {
		return err
	}
	switch {
	case result.Forget:
		s.setLink(result.Key, nil, now)
	case result.Link != nil:
		link := *result.Link
		s.setLink(result.Key, &link, now)
	default:
		if stored := s.links[result.Key]; stored != nil {
			stored.Touched, stored.at = s.next(), now
		}
	}
	if !result.Doubt {
		delete(s.intents, result.Key)
	}
	s.settle(mark, result, now)
	s.release(result, now)
	s.notify(result.Marks, now)
	result.Event.Number, result.Event.Time = s.next(), now
	s.events = append(s.events, result.Event)
	return nil
}

// makeWay drops the link that holds the record of the target that the result
// wants, if that one yields. P2: two keys never share a target record.
func (s *memoryStore) makeWay(result Result, now time.Time) error {
	link := result.Link
	if link == nil || !link.State.HasTarget() || link.Target.ID == "" {
		return nil
	}
	id, taken := s.targets[targetKey(Link{Key: result.Key, Target: link.Target})]
	if !taken || id == result.ID {
		return nil
	}
	key := Key{result.Tenant, result.Flow, id}
	holder := s.links[key]
	if holder.State != Detached {
		mark := s.marks[key]
		leased := mark != nil && !mark.leasedUntil.IsZero() && mark.leasedUntil.After(now)
		if id != result.Inherits || leased || holder.State == Leaving {
			return ErrTargetTaken
		}
		s.markFamily(key, result.Children, now, func(State) bool { return true })
	}
	s.setLink(key, nil, now)
	return nil
}

func targetKey(link Link) Key {
	return Key{Tenant: link.Tenant, Flow: link.Flow, ID: link.Target.ID}
}

// setLink replaces what is known of a key, keeps the indexes, and releases what
// is parked under the records of the target that this concerns.
func (s *memoryStore) setLink(key Key, link *Link, now time.Time) {
	of := Key{Tenant: key.Tenant, Flow: key.Flow}
	old := s.links[key]
	if s.states[of] == nil {
		s.states[of] = map[State]int{}
	}
	if old != nil {
		s.states[of][old.State]--
		if old.State.HasTarget() && old.Target.ID != "" {
			delete(s.targets, targetKey(old.Link))
			s.letGo(old.Link, link, now)
		}
		family := Key{key.Tenant, key.Flow, old.Parent}
		delete(s.families[family], key.ID)
	}
	if link == nil {
		delete(s.links, key)
		delete(s.order, of)
		return
	}
	if old == nil {
		delete(s.order, of)
	}
	s.states[of][link.State]++
	link.Key, link.Touched = key, s.next()
	if !link.State.HasTarget() {
		link.Target = Ref{}
	}
	s.links[key] = &memoryLink{Link: *link, at: now}
	if link.Target.ID != "" {
		s.targets[targetKey(*link)] = key.ID
		if old == nil || old.Target.ID != link.Target.ID {
			s.unpark(parkKey{targetKey(*link), true}, "", now)
		}
	}
	if link.Parent != "" {
		family := Key{key.Tenant, key.Flow, link.Parent}
		if s.families[family] == nil {
			s.families[family] = map[string]bool{}
		}
		s.families[family][key.ID] = true
	}
}

// letGo releases what waits for the old link's record, or for a field of it.
func (s *memoryStore) letGo(old Link, now *Link, at time.Time) {
	under := parkKey{targetKey(old), true}
	if now == nil || !now.State.HasTarget() || now.Target.ID != old.Target.ID || now.State == Detached {
		s.unpark(under, "", at)
		return
	}
	for name, value := range old.Base.Answered {
		if !equal(value, now.Base.Answered.value(name)) {
			s.unpark(under, name, at)
		}
	}
}

// settle says what becomes of the mark.
func (s *memoryStore) settle(mark *storedMark, result Result, now time.Time) {
	mark.leasedUntil, mark.fence, mark.doubt = time.Time{}, 0, result.Doubt
	mark.kind, mark.err = result.Event.Kind, result.Event.Error
	if mark.number != result.Number { // marked again meanwhile
		mark.due, mark.attempt, mark.snoozes = now, 0, 0
		return
	}
	if result.Next == Done && result.Park.Parent.ID != "" && s.touched(result.Park.Parent) != result.Park.Seen {
		mark.due, mark.attempt, mark.snoozes = now, 0, 0
		return
	}
	mark.attempt, mark.snoozes = result.Attempt, result.Snoozes
	switch result.Next {
	case Done:
		delete(s.marks, mark.Key)
	case Again:
		mark.due, mark.Lane = now.Add(result.After), max(mark.Lane, Retry)
	case Parked:
		mark.due = now
		if under, waits := s.waitsFor(mark.Key, result.Park); waits {
			mark.park = result.Park
			if s.parks[under] == nil {
				s.parks[under] = map[Key]bool{}
			}
			s.parks[under][mark.Key] = true
		}
	case Dead:
		mark.dead = true
	}
}

// touched is the link's Touched, 0 if there is none.
func (s *memoryStore) touched(key Key) int64 {
	if link := s.links[key]; link != nil {
		return link.Touched
	}
	return 0
}

// waitsFor says whether what a mark is to be parked under is still in the way.
func (s *memoryStore) waitsFor(key Key, park Park) (parkKey, bool) {
	if park.Target == "" {
		parent := s.links[park.Parent]
		return parkKey{Key: park.Parent}, parent == nil || parent.State == Unlinked || parent.State == Leaving
	}
	target := Key{key.Tenant, key.Flow, park.Target}
	touched := int64(0)
	if id, held := s.targets[target]; held {
		touched = s.touched(Key{key.Tenant, key.Flow, id})
	}
	return parkKey{target, true}, touched == park.Seen
}

// unpark releases what is parked, for this field if one is named.
func (s *memoryStore) unpark(under parkKey, field string, now time.Time) {
	for key := range s.parks[under] {
		mark := s.marks[key]
		if mark != nil && field != "" && mark.park.Field != field {
			continue
		}
		if mark != nil {
			mark.park, mark.due = Park{}, now
		}
		delete(s.parks[under], key)
	}
	if len(s.parks[under]) == 0 {
		delete(s.parks, under)
	}
}

func (s *memoryStore) Unpark(ctx context.Context, request UnparkRequest) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	all := len(request.IDs)+len(request.Targets) == 0
	now := time.Now()
	for key, mark := range s.marks {
		if key.Tenant != request.Tenant || key.Flow != request.Flow || mark.park.Target == "" ||
			!all && !slices.Contains(request.IDs, key.ID) && !slices.Contains(request.Targets, mark.park.Target) {
			continue
		}
		delete(s.parks[parkKey{Key{key.Tenant, key.Flow, mark.park.Target}, true}], key)
		mark.park, mark.due = Park{}, now
	}
	return nil
}

// release lets go what waits for this key, and marks the children that the
// key's new state may concern.
func (s *memoryStore) release(result Result, now time.Time) {
	if len(result.Children) == 0 {
		return
	}
	s.unpark(parkKey{Key: result.Key}, "", now)
	if result.Cascade {
		for _, flow := range result.Children {
			for _, id := range slices.Sorted(maps.Keys(s.families[Key{result.Tenant, flow, result.ID}])) {
				key := Key{result.Tenant, flow, id}
				link, mark := s.links[key].Link, s.marks[key]
				unsure := mark != nil && (mark.fence != 0 || mark.doubt)
				if link.State.HasTarget() && !unsure {
					link.State, link.Target = Unlinked, Ref{}
					s.setLink(key, &link, now)
				}
			}
		}
	}
	ended := result.Forget || result.Replaced || result.Link != nil && result.Link.State != Linked
	s.markFamily(result.Key, result.Children, now, func(state State) bool {
		return ended || state != Linked && state != Held && state != Leaving
	})
}

// markFamily marks the children of a key, of those flows and in those states.
func (s *memoryStore) markFamily(parent Key, flows []string, now time.Time, wanted func(State) bool) {
	for _, flow := range flows {
		for _, id := range slices.Sorted(maps.Keys(s.families[Key{parent.Tenant, flow, parent.ID}])) {
			key := Key{parent.Tenant, flow, id}
			if wanted(s.links[key].State) {
				s.mark(Mark{Key: key, Parent: parent.ID, Lane: Sweep, Trigger: "parent"}, now)
			}
		}
	}
}
