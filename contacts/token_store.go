package contacts

import (
	"context"
	"slices"
	"sync"
)

// TokenStore keeps tokens as bytes. Its methods have plain types, so that a
// store of other things satisfies it too. It is safe for concurrent use.
type TokenStore interface {
	// Get returns nil and no error if there is nothing.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put replaces the value. It is durable when it returns.
	Put(ctx context.Context, key string, value []byte) error
	// Lock waits until nobody else has the key's lock, in any process that shares
	// the store. A process that dies gives it up. unlock is called once.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// NewMemoryTokenStore is a TokenStore that ends with the program: for trials and
// tests, and for programs that get their tokens anew.
func NewMemoryTokenStore() TokenStore { return &memoryTokens{values: map[string][]byte{}} }

type memoryTokens struct {
	locks keyLocks

	mu     sync.Mutex
	values map[string][]byte
}

func (m *memoryTokens) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.values[key]), nil
}

func (m *memoryTokens) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = slices.Clone(value)
	return nil
}

func (m *memoryTokens) Lock(ctx context.Context, key string) (func(), error) {
	return m.locks.lock(ctx, key)
}

// keyLocks are locks within a process.
type keyLocks struct {
	mu    sync.Mutex
	slots map[string]chan struct{}
}

func (l *keyLocks) lock(ctx context.Context, key string) (func(), error) {
	l.mu.Lock()
	if l.slots == nil {
		l.slots = map[string]chan struct{}{}
	}
	slot, ok := l.slots[key]
	if !ok {
		slot = make(chan struct{}, 1)
		l.slots[key] = slot
	}
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case slot <- struct{}{}:
		return sync.OnceFunc(func() { <-slot }), nil
	}
}
