package soak_test

import (
	"context"
	"sync"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// quiet is a store that one process has for itself: it knows when there is nothing
// to claim, without asking. A month of virtual time has millions of such
// questions.
type quiet struct {
	syncer.Store

	mu    sync.Mutex
	until time.Time
}

// longest is how long it does not ask at most.
const longest = 10 * time.Minute

func (q *quiet) Claim(ctx context.Context, request syncer.ClaimRequest) ([]syncer.Claim, time.Duration, error) {
	q.mu.Lock()
	until := q.until
	q.mu.Unlock()
	if idle := time.Until(until); idle > 0 {
		return nil, idle, nil
	}
	claims, idle, err := q.Store.Claim(ctx, request)
	if idle < 0 || idle > longest {
		idle = longest
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil && len(claims) == 0 && q.until.Equal(until) {
		q.until = time.Now().Add(idle)
	}
	return claims, idle, err
}

// ask makes the next Claim ask.
func (q *quiet) ask() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.until = time.Time{}
}

func (q *quiet) Notify(ctx context.Context, marks []syncer.Mark) error {
	defer q.ask()
	return q.Store.Notify(ctx, marks)
}

func (q *quiet) Commit(ctx context.Context, results []syncer.Result) []error {
	defer q.ask()
	return q.Store.Commit(ctx, results)
}

func (q *quiet) Observe(ctx context.Context, observation syncer.Observation) error {
	if len(observation.Marks) > 0 {
		defer q.ask()
	}
	return q.Store.Observe(ctx, observation)
}

func (q *quiet) Unpark(ctx context.Context, request syncer.UnparkRequest) error {
	defer q.ask()
	return q.Store.Unpark(ctx, request)
}
