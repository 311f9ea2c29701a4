package flows

import (
	"context"
	"sync"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/syncer"
)

// taskFinder looks for tasks of which only the id and the title are known. Those
// who look for the same title at once share a search.
type taskFinder struct {
	client *contacts.Client
	mu     sync.Mutex
	looks  map[string]*taskLook // by title: the search that did not begin yet
	turn   chan struct{}        // holds one search at a time
}

// taskLook is a search that several wait for.
type taskLook struct {
	wanted map[string]bool
	done   chan struct{}
	found  map[string]*contacts.Task
	err    error
}

func newTaskFinder(client *contacts.Client) *taskFinder {
	return &taskFinder{client: client, looks: map[string]*taskLook{}, turn: make(chan struct{}, 1)}
}

// find looks for a task. One search goes on at a time; who comes meanwhile shares
// the next one, because this one may have passed their task. That a task was not
// found is what the search says, which may lag: the engine looks again, and leaves
// the rest to the next sweep.
func (f *taskFinder) find(ctx context.Context, id, title string) (syncer.Record[contacts.Task], error) {
	f.mu.Lock()
	look := f.looks[title]
	first := look == nil
	if first {
		look = &taskLook{wanted: map[string]bool{}, done: make(chan struct{})}
		f.looks[title] = look
	}
	look.wanted[id] = true
	f.mu.Unlock()
	if first {
		f.lead(ctx, look, title)
	}
	select {
	case <-ctx.Done():
		return syncer.Record[contacts.Task]{}, kind(ctx.Err())
	case <-look.done:
	}
	task := look.found[id]
	switch {
	case task != nil:
		return taskRecord(task, task.ContactID), nil
	case look.err != nil:
		return syncer.Record[contacts.Task]{}, kind(look.err)
	default:
		return syncer.Record[contacts.Task]{}, &syncer.Error{Kind: syncer.KindGone, Err: contacts.ErrNotFound}
	}
}

// lead makes a search, when the one before has ended.
func (f *taskFinder) lead(ctx context.Context, look *taskLook, title string) {
	defer close(look.done)
	select {
	case <-ctx.Done():
		look.err = ctx.Err()
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	}
	f.mu.Lock()
	delete(f.looks, title) // nobody joins any more
	f.mu.Unlock()
	if look.err != nil {
		return
	}
	look.found = map[string]*contacts.Task{}
	for task, err := range f.client.Tasks.Search(ctx, contacts.TaskQuery{Query: title}) {
		if err != nil {
			look.err = err
			return
		}
		if look.wanted[task.ID] {
			look.found[task.ID] = task
		}
		if len(look.found) == len(look.wanted) {
			return
		}
	}
}
