package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
)

// people is about how many contacts there are.
const people = 40

// trickle is what people do in the course of a day.
type trickle struct {
	*world
	random *rand.Rand
	n      int
	ids    []string            // of contacts
	tasks  map[string][]string // their tasks, and notes
	notes  map[string][]string
	failed int
}

func newTrickle(w *world) *trickle {
	return &trickle{world: w, random: rand.New(rand.NewPCG(1, 2)), tasks: map[string][]string{}, notes: map[string][]string{}}
}

// day is one day: changes until noon, some every hour, then quiet, so that what no
// webhook told is found.
func (t *trickle) day() {
	end := time.Now().Add(24 * time.Hour)
	for range 12 * 8 {
		pass(time.Hour / 8)
		t.change()
	}
	t.edit()
	pass(time.Until(end))
}

func pass(d time.Duration) { <-time.After(d) }

func (t *trickle) pick(ids []string) string { return ids[t.random.IntN(len(ids))] }

// try counts what did not work, because of a fault: a person sees that, and does
// not know whether it happened. note is called with what was made.
func try[T any](t *trickle, note func(T), made T, err error) {
	if err != nil {
		t.failed++
		return
	}
	note(made)
}

// change is one change in the source.
func (t *trickle) change() {
	ctx := context.Background()
	t.n++
	name := fmt.Sprintf("Name %d", t.n)
	if len(t.ids) < people {
		c, err := t.person.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set(name), Phone: opt.Set(fmt.Sprintf("+1202%07d", 2_000_000+t.n))})
		try(t, func(c *contacts.Contact) { t.ids = append(t.ids, c.ID) }, c, err)
		return
	}
	id := t.pick(t.ids)
	switch n := t.random.IntN(20); {
	case n < 10:
		_, err := t.person.Contacts.Update(ctx, id, contacts.ContactUpdate{FirstName: opt.Set(name), City: opt.Set("Rome")})
		try(t, func(any) {}, nil, err)
	case n < 12:
		t.delete(id)
	case n < 14:
		task, err := t.person.Tasks.Create(ctx, id, contacts.TaskCreate{Title: name, DueDate: contacts.At(time.Now())})
		try(t, func(task *contacts.Task) { t.tasks[id] = append(t.tasks[id], task.ID) }, task, err)
	case n < 16 && len(t.tasks[id]) > 0:
		_, err := t.person.Tasks.Complete(ctx, id, t.pick(t.tasks[id]), true)
		try(t, func(any) {}, nil, err)
	case n < 18:
		note, err := t.person.Notes.Create(ctx, id, contacts.NoteCreate{Body: name})
		try(t, func(note *contacts.Note) { t.notes[id] = append(t.notes[id], note.ID) }, note, err)
	case len(t.notes[id]) > 0:
		_, err := t.person.Notes.Update(ctx, id, t.pick(t.notes[id]), contacts.NoteUpdate{Body: opt.Set(name)})
		try(t, func(any) {}, nil, err)
	}
}

// delete deletes a contact with all that belongs to it, so that there are never
// more.
func (t *trickle) delete(id string) {
	err := t.person.Contacts.Delete(context.Background(), id)
	try(t, func(any) {}, nil, err)
	if err != nil {
		return
	}
	delete(t.tasks, id)
	delete(t.notes, id)
	for i, other := range t.ids {
		if other == id {
			t.ids = append(t.ids[:i], t.ids[i+1:]...)
			return
		}
	}
}

// edit is what a stranger does in the target: a contact is renamed, otherwise each
// time. (A value that comes back after it was restored is left, and reported.)
func (t *trickle) edit() {
	page, err := t.colleague.Contacts.ListPage(context.Background(), sendapp.ContactQuery{}, "")
	if err != nil || len(page.Items) == 0 {
		return
	}
	held := page.Items[t.random.IntN(len(page.Items))]
	_, err = t.colleague.Contacts.Update(context.Background(), held.ContactID, sendapp.ContactUpdate{LastName: opt.Set(fmt.Sprintf("Stranger %d", t.n))})
	assert.NoError(t, err)
}
