package syncer

import (
	"maps"
	"slices"
)

// MaxMarks sets how many marks a paused tenant keeps.
func (c *Config) MaxMarks(n int) { c.maxMarks = n }

// Backup is a memory store as it stands. What it gives out is past what the
// original gave, as when a backup is restored.
func Backup(store Store) Store {
	from, ok := store.(*memoryStore)
	if !ok {
		panic("not a memory store")
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	to, ok := NewMemoryStore().(*memoryStore)
	if !ok {
		panic("not a memory store")
	}
	to.sequence = from.sequence + 1_000_000
	for key, mark := range from.marks {
		copied := *mark
		to.marks[key] = &copied
	}
	for key, link := range from.links {
		copied := *link
		to.links[key] = &copied
	}
	for id, sweep := range from.sweeps {
		copied := *sweep
		copied.seen = maps.Clone(sweep.seen)
		to.sweeps[id] = &copied
	}
	for key, parked := range from.parks {
		to.parks[key] = maps.Clone(parked)
	}
	for key, family := range from.families {
		to.families[key] = maps.Clone(family)
	}
	for key, states := range from.states {
		to.states[key] = maps.Clone(states)
	}
	to.intents, to.targets = maps.Clone(from.intents), maps.Clone(from.targets)
	to.specs, to.rules = maps.Clone(from.specs), maps.Clone(from.rules)
	to.eventIDs, to.events = maps.Clone(from.eventIDs), slices.Clone(from.events)
	return to
}
