package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sharedBudget is a Budget in memory: blocks of at most limit/(4 × processes).
type sharedBudget struct {
	mu                sync.Mutex
	limit, block      int
	window            time.Duration
	loans             map[string]int
	cooling           []time.Time
	borrowed, unspent int
	err               error
}

func (b *sharedBudget) Borrow(ctx context.Context, n int) (string, int, time.Duration, error) {
	if err := pause(ctx, 5*time.Millisecond); err != nil {
		return "", 0, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	used := 0
	for _, lent := range b.loans {
		used += lent
	}
	now := time.Now()
	for len(b.cooling) > 0 && !b.cooling[0].After(now) {
		b.cooling = b.cooling[1:]
	}
	lend := min(n, b.block, b.limit-used-len(b.cooling))
	if lend <= 0 || b.err != nil {
		return "", 0, 50 * time.Millisecond, b.err
	}
	b.borrowed++
	id := fmt.Sprint(b.borrowed)
	b.loans[id] = lend
	return id, lend, 0, nil
}

func (b *sharedBudget) Return(_ context.Context, id string, unspent int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.loans[id] - unspent {
		b.cooling = append(b.cooling, time.Now().Add(b.window))
	}
	delete(b.loans, id)
	b.unspent += unspent
	return nil
}

func TestProcessesShareABudget(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, w *world) {
		budget := &sharedBudget{limit: testLimit, block: testLimit / 8, window: testWindow, loans: map[string]int{}}
		ctx, cancel := context.WithTimeout(t.Context(), 20*testWindow)
		defer cancel()
		var wait sync.WaitGroup
		limits := Limits{Requests: testLimit, Window: testWindow, Budget: budget}
		worlds := make([]*world, 2)
		for i := range worlds {
			limiter, err := NewSlidingWindow(limits)
			require.NoError(t, err)
			// One server for both, with one mutex.
			worlds[i] = &world{random: rand.New(rand.NewPCG(w.random.Uint64(), 1)), limiter: limiter, latest: w.latest, server: &locked{of: w}}
		}
		for i := range worlds {
			worlds[i].flood(ContextWithPriority(ctx, Priority(i)), &wait, 30)
		}
		wait.Wait()
		assert.Empty(t, append(worlds[0].refused, worlds[1].refused...))
		assert.NotEmpty(t, worlds[0].counted)
		assert.NotEmpty(t, worlds[1].counted)
		<-time.After(2 * time.Second)
		synctest.Wait()
		assert.Empty(t, budget.loans, "all was returned")
	})
}

// locked is a server of several worlds.
type locked struct{ of *world }

func (l *locked) take(now time.Time) (int, bool) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	return l.of.server.take(now)
}

func TestWhatIsNotSpentGoesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := &sharedBudget{limit: 100, block: 10, window: testWindow, loans: map[string]int{}}
		limiter, err := NewSlidingWindow(Limits{Budget: budget})
		require.NoError(t, err)
		release, err := limiter.Acquire(t.Context())
		require.NoError(t, err)
		<-time.After(2 * time.Second)
		synctest.Wait()
		assert.Len(t, budget.loans, 1, "one is on its way")
		release(0, nil)
		assert.Empty(t, budget.loans)
		assert.Equal(t, 9, budget.unspent)
		assert.Len(t, budget.cooling, 1)

		budget.err = errors.New("the store is down")
		_, err = limiter.Acquire(t.Context())
		require.ErrorIs(t, err, budget.err)
		budget.err = nil
		release, err = limiter.Acquire(t.Context())
		require.NoError(t, err)
		release(0, nil)
		<-time.After(2 * time.Second)
	})
}

func TestOnlyA429ShowsStrangersBesideABudget(t *testing.T) {
	t.Parallel()
	limits := Limits{Requests: 100, Window: testWindow, Budget: &sharedBudget{}}
	header := http.Header{}
	header.Set(headerMax, "100")
	header.Set(headerRemaining, "40")
	var seen peers
	now := time.Now()
	seen.see(now, ticket{at: now, held: 10}, header, false, 1, limits)
	assert.Equal(t, 100, seen.leave(now, limits), "the others may be those that share the budget")
	seen.see(now, ticket{at: now, held: 10}, header, true, 1, limits)
	assert.Equal(t, 49, seen.leave(now, limits), "together they never cause a 429")
	assert.Equal(t, 100, seen.leave(now.Add(strangers*testWindow), limits))
}
