package crash_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// world is both sides, as the process that survives sees them. Its methods are
// called by the engine's process.
type world struct {
	mu     sync.Mutex
	next   int
	people map[string]string // the source: names by id
	cards  map[string]*Card  // the target
	told   map[string]bool   // ids whose change was not acknowledged yet
	twice  []string          // ids that had two cards at a time
	counts counts
	swept  bool // the first sweeps are complete
}

// counts are how often something happened.
type counts struct{ acks, writes int }

func (w *world) counted() counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

func (w *world) wasSwept() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.swept
}

type Card struct {
	ID, Origin, Name string
	Made             time.Time
}

func newWorld() *world {
	return &world{people: map[string]string{}, cards: map[string]*Card{}, told: map[string]bool{}}
}

// change makes one random change at the source.
func (w *world) change(r *rand.Rand) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := slices.Sorted(maps.Keys(w.people))
	switch n := r.IntN(10); {
	case len(ids) < 20 || n < 4:
		w.next++
		id := fmt.Sprintf("p%05d", w.next)
		w.people[id], w.told[id] = "Person "+id, true
	case n < 9:
		id := ids[r.IntN(len(ids))]
		w.people[id], w.told[id] = fmt.Sprintf("Person %s %d", id, r.IntN(1000)), true
	default:
		id := ids[r.IntN(len(ids))]
		delete(w.people, id)
		w.told[id] = true
	}
}

// differ says in what both sides differ; "" if they are equal.
func (w *world) differ() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.told) > 0 {
		return fmt.Sprintf("%d changes are not acknowledged", len(w.told))
	}
	names := map[string]string{}
	for _, c := range w.cards {
		names[c.Origin] = c.Name
	}
	for id, name := range w.people {
		if names[id] != name {
			return fmt.Sprintf("%s is %q, and at the target %q", id, name, names[id])
		}
	}
	if len(w.cards) != len(w.people) {
		return fmt.Sprintf("the source has %d records, the target %d", len(w.people), len(w.cards))
	}
	return ""
}

// The types of the calls.
type (
	None   struct{}
	Answer struct {
		Cards []Card
		Gone  bool
	}
)

var errAnswer = errors.New("the world answers with an error")

// calls are the world's methods that the engine's process calls.
type calls struct{ w *world }

// Changes returns the ids that are not acknowledged.
func (c calls) Changes(_ None, ids *[]string) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	*ids = slices.Sorted(maps.Keys(c.w.told))
	return nil
}

// Change is what an acknowledgement is for: the name that was told.
type Change struct{ ID, Name string }

// Read reads a person.
func (c calls) Read(id string, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	name, there := c.w.people[id]
	*a = Answer{Gone: !there, Cards: []Card{{ID: id, Name: name}}}
	return nil
}

// Acknowledge says that a change of an id is marked, if it is still the latest.
func (c calls) Acknowledge(change Change, _ *None) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.w.people[change.ID] == change.Name {
		delete(c.w.told, change.ID)
		c.w.counts.acks++
	}
	return nil
}

// Swept says that the engine's first sweeps are complete.
func (c calls) Swept(None, *None) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.swept = true
	return nil
}

// People lists the source.
func (c calls) People(_ None, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(c.w.people)) {
		a.Cards = append(a.Cards, Card{ID: id, Name: c.w.people[id]})
	}
	return nil
}

// Cards lists the target, or one record of it.
func (c calls) Cards(id string, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, other := range slices.Sorted(maps.Keys(c.w.cards)) {
		if id == "" || id == other {
			a.Cards = append(a.Cards, *c.w.cards[other])
		}
	}
	a.Gone = len(a.Cards) == 0
	return nil
}

// Create makes a card.
func (c calls) Create(draft Card, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, other := range c.w.cards {
		if other.Origin == draft.Origin {
			c.w.twice = append(c.w.twice, draft.Origin)
		}
	}
	c.w.next++
	c.w.counts.writes++
	draft.ID, draft.Made = fmt.Sprintf("c%05d", c.w.next), time.Now()
	c.w.cards[draft.ID] = &draft
	a.Cards = []Card{draft}
	return nil
}

// Update names a card anew.
func (c calls) Update(patch Card, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	held := c.w.cards[patch.ID]
	if held == nil {
		a.Gone = true
		return nil
	}
	held.Name = patch.Name
	c.w.counts.writes++
	a.Cards = []Card{*held}
	return nil
}

// Delete deletes a card.
func (c calls) Delete(id string, a *Answer) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	a.Gone = c.w.cards[id] == nil
	c.w.counts.writes++
	delete(c.w.cards, id)
	return nil
}
