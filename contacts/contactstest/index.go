package contactstest

import (
	"time"
)

// index is what searches see. The service's index follows its records with a
// delay: see WithIndexLag.
type index struct {
	contacts map[string]record
	order    ordered
	version  int
	pending  []pending
	// found are results of this version, so that the pages of a search don't each
	// search anew.
	found        map[string][]hit
	foundVersion int
}

// pending is a change that searches don't see yet. at is zero until due asks.
type pending struct {
	id    string
	value record
	at    time.Time
}

func newIndex() index { return index{contacts: map[string]record{}, found: map[string][]hit{}} }

// put queues a change; take makes it visible.
func (i *index) put(id string, value record) {
	i.pending = append(i.pending, pending{id: id, value: value})
}

// take makes changes visible that are as old as lag. A change that is new since
// the last call was made now.
func (i *index) take(now time.Time, lag time.Duration) {
	taken := 0
	for n := range i.pending {
		p := &i.pending[n]
		if p.at.IsZero() {
			p.at = now
		}
		if taken == n && now.Sub(p.at) >= lag {
			i.see(p.id, p.value)
			taken++
		}
	}
	i.pending = append(i.pending[:0], i.pending[taken:]...)
}

func (i *index) see(id string, value record) {
	i.version++
	if value == nil {
		delete(i.contacts, id)
		i.order.remove(id)
		return
	}
	i.contacts[id] = value
	i.order.add(id)
}

// cached are the hits of a search, from the last time if nothing changed.
func (i *index) cached(key string, search func() []hit) []hit {
	if i.foundVersion != i.version || len(i.found) > 16 {
		clear(i.found)
		i.foundVersion = i.version
	}
	hits, is := i.found[key]
	if !is {
		hits = search()
		i.found[key] = hits
	}
	return hits
}
