package webhook

import (
	"context"
	"sync"
)

// ReplayStore remembers which webhooks were kept, so that the same one is not
// handed to the callback twice. It must be safe for concurrent use. Several
// processes behind one address need one that they share.
type ReplayStore interface {
	// Seen reports whether Remember was called with this id.
	Seen(ctx context.Context, id string) (bool, error)
	// Remember is called after the callback returned nil, and never before: what
	// failed must get in when it is delivered again. It may forget an id after the
	// handler's tolerance, see WithTolerance.
	Remember(ctx context.Context, id string) error
}

// NewMemoryReplayStore returns a ReplayStore that remembers the last ids, at most
// size of them, until the process ends.
func NewMemoryReplayStore(size int) ReplayStore {
	return &memoryReplays{seen: make(map[string]bool), ring: make([]string, max(size, 1))}
}

// remembered is how many ids are remembered by default.
const remembered = 10_000

type memoryReplays struct {
	mu   sync.Mutex
	seen map[string]bool
	ring []string // the ids in the order that they came, around
	next int
}

// Seen implements ReplayStore.
func (m *memoryReplays) Seen(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[id], nil
}

// Remember implements ReplayStore.
func (m *memoryReplays) Remember(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen[id] {
		return nil
	}
	delete(m.seen, m.ring[m.next])
	m.seen[id], m.ring[m.next] = true, id
	m.next = (m.next + 1) % len(m.ring)
	return nil
}
