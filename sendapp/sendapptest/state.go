package sendapptest

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// state is all that the server holds. It changes only by apply, so that a
// journal of what was applied brings it back.
type state struct {
	kinds       map[string]*kind
	collections map[string]*collection
	keys        map[string]*usedKey
	keysByAge   []*usedKey
	activities  map[string]ordered[activity] // by contact
	// subscriptions are in the order in which they were made.
	subscriptions []*subscription
	// messages are those that wait, by id, and numbered is how many there ever were.
	messages map[string]message
	numbered int
	// orphans says that the children of a deleted contact stay.
	orphans bool
}

func newState() *state {
	s := &state{
		kinds: map[string]*kind{}, collections: map[string]*collection{}, keys: map[string]*usedKey{},
		activities: map[string]ordered[activity]{}, messages: map[string]message{},
	}
	for _, k := range kinds() {
		s.kinds[k.name] = k
		s.collections[k.name] = newCollection()
	}
	return s
}

// apply makes a change. An entry that this package did not write is an error.
func (s *state) apply(e entry) error {
	c := s.collections[e.Kind]
	if c == nil && (e.Op == opPut || e.Op == opDelete) {
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	switch e.Op {
	case opPut:
		c.put(e.record())
		s.remember(e.Activities)
	case opDelete:
		r := c.byID[e.ID]
		if r == nil {
			return fmt.Errorf("delete of %s, which isn't there", e.ID)
		}
		s.delete(s.kinds[e.Kind], r, e.At)
	case opFeed:
		s.remember(e.Activities)
	case opSubscribe:
		if i := slices.IndexFunc(s.subscriptions, func(hook *subscription) bool { return hook.ID == e.ID }); i >= 0 {
			s.subscriptions[i] = e.Subscription
		} else {
			s.subscriptions = append(s.subscriptions, e.Subscription)
		}
	case opUnsubscribe:
		s.subscriptions = slices.DeleteFunc(s.subscriptions, func(hook *subscription) bool { return hook.ID == e.ID })
		maps.DeleteFunc(s.messages, func(_ string, m message) bool { return m.WebhookID == e.ID })
	case opSettle:
		delete(s.messages, e.ID)
	case opMessages: // it has nothing else
	default:
		return fmt.Errorf("unknown operation %q", e.Op)
	}
	s.await(e.Messages)
	if e.Idempotency != nil {
		used := *e.Idempotency
		used.kind, used.record, used.status, used.answer = e.Kind, e.ID, e.Status, e.Answer
		if e.Op == opSubscribe {
			used.kind = webhooks
		}
		s.keys[used.Key] = &used
		s.keysByAge = append(s.keysByAge, &used)
	}
	return nil
}

// delete removes a record, and with a contact its children.
func (s *state) delete(k *kind, r *record, at time.Time) {
	if !k.child {
		delete(s.activities, r.id)
	}
	if !k.child && !s.orphans {
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

// subscription returns a subscription, or nil.
func (s *state) subscription(id string) *subscription {
	for _, hook := range s.subscriptions {
		if hook.ID == id {
			return hook
		}
	}
	return nil
}

// empty reports whether nothing was ever written.
func (s *state) empty() bool {
	for _, c := range s.collections {
		if len(c.everHad) > 0 {
			return false
		}
	}
	return len(s.subscriptions) == 0
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
