package testserver

import (
	"math/rand/v2"
	"sync"
)

// IDs makes ids: 20 letters and digits. The same seed makes the same ids.
type IDs struct {
	mu     sync.Mutex
	random *rand.Rand
}

// NewIDs returns a source of ids.
func NewIDs(seed uint64) *IDs {
	return &IDs{random: rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // deterministic on purpose
}

// Next returns an id that taken does not know.
func (i *IDs) Next(taken func(string) bool) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for {
		id := make([]byte, 20)
		for n := range id {
			id[n] = letters[i.random.IntN(len(letters))]
		}
		if !taken(string(id)) {
			return string(id)
		}
	}
}
