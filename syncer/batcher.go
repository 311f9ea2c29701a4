package syncer

import (
	"context"
	"sync"
)

// maxBatch is how many results or marks share one transaction at most.
const maxBatch = 128

// batcher lets concurrent callers share one transaction. It has no goroutine
// and no timer: the first caller flushes, whoever comes meanwhile waits for the
// next batch, which one of them flushes.
type batcher[T any] struct {
	most  int
	flush func(context.Context, []T) []error

	mu      sync.Mutex
	waiting []*batched[T]
	leading bool
}

type batched[T any] struct {
	item T
	err  error
	// done gets true when the item was flushed, false when its caller is to lead.
	done chan bool
}

func newBatcher[T any](most int, flush func(context.Context, []T) []error) *batcher[T] {
	return &batcher[T]{most: most, flush: flush}
}

// do returns when all items were flushed, with their errors. What was handed in
// is flushed even if ctx ends meanwhile: whether it happened must be known.
func (b *batcher[T]) do(ctx context.Context, items ...T) []error {
	ctx = context.WithoutCancel(ctx)
	entries := make([]*batched[T], len(items))
	b.mu.Lock()
	for i, item := range items {
		entries[i] = &batched[T]{item: item, done: make(chan bool, 1)}
	}
	b.waiting = append(b.waiting, entries...)
	lead := !b.leading && len(entries) > 0
	if lead {
		b.leading = true
	}
	b.mu.Unlock()
	errs := make([]error, len(items))
	for i, entry := range entries {
		for flushed := false; !flushed; {
			if lead {
				b.lead(ctx)
			}
			flushed = <-entry.done
			lead = !flushed
		}
		errs[i] = entry.err
	}
	return errs
}

// lead flushes one batch and hands the lead to the first who waits.
func (b *batcher[T]) lead(ctx context.Context) {
	b.mu.Lock()
	n := min(len(b.waiting), b.most)
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	b.mu.Unlock()
	items := make([]T, n)
	for i, entry := range batch {
		items[i] = entry.item
	}
	errs := b.flush(ctx, items)
	b.mu.Lock()
	b.leading = len(b.waiting) > 0
	if b.leading {
		b.waiting[0].done <- false
	}
	b.mu.Unlock()
	for i, entry := range batch {
		entry.err = errs[i]
		entry.done <- true
	}
}
