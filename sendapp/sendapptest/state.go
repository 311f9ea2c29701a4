package sendapptest

import (
	"fmt"
	"time"
)

// state is all that the server holds. It changes only by apply, so that a
// journal of what was applied brings it back.
type state struct {
	kinds       map[string]*kind
	collections map[string]*collection
	keys        map[string]*usedKey
	keysByAge   []*usedKey
}

func newState() *state {
	s := &state{kinds: map[string]*kind{}, collections: map[string]*collection{}, keys: map[string]*usedKey{}}
	for _, k := range kinds() {
		s.kinds[k.name] = k
		s.collections[k.name] = newCollection()
	}
	return s
}

// apply makes a change. An entry that this package did not write is an error.
func (s *state) apply(e entry) error {
	c := s.collections[e.Kind]
	if c == nil {
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	switch e.Op {
	case opPut:
		c.put(e.record())
	case opDelete:
		r := c.byID[e.ID]
		if r == nil {
			return fmt.Errorf("delete of %s, which isn't there", e.ID)
		}
		s.delete(s.kinds[e.Kind], r, e.At)
	default:
		return fmt.Errorf("unknown operation %q", e.Op)
	}
	if e.Idempotency != nil {
		used := *e.Idempotency
		used.kind, used.record, used.status, used.answer = e.Kind, e.ID, e.Status, e.Answer
		s.keys[used.Key] = &used
		s.keysByAge = append(s.keysByAge, &used)
	}
	return nil
}

// delete removes a record, and with a contact its children.
func (s *state) delete(k *kind, r *record, at time.Time) {
	if !k.child {
		for name, children := range s.collections {
			if name == k.name {
				continue
			}
			for _, child := range append(ordered[*record](nil), children.of(r.id)...) {
				children.delete(child, at)
			}
		}
	}
	s.collections[k.name].delete(r, at)
}

// newest is when the state changed last.
func (s *state) newest() time.Time {
	var newest time.Time
	for _, c := range s.collections {
		if n := len(c.all); n > 0 && c.all[n-1].updatedAt.After(newest) {
			newest = c.all[n-1].updatedAt
		}
		if n := len(c.deleted); n > 0 && c.deleted[n-1].deletedAt.After(newest) {
			newest = c.deleted[n-1].deletedAt
		}
	}
	return newest
}
