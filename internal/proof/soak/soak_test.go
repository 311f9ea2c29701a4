package soak_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/internal/testenv"
)

//nolint:paralleltest // it counts the process's goroutines and file descriptors
func TestSoak(t *testing.T) { soak(t, 2) }

//nolint:paralleltest // see TestSoak
func TestLongSoak(t *testing.T) {
	testenv.Long(t)
	soak(t, 30)
}

func soak(t *testing.T, days int) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := start(t)
		defer stop()
		life := newTrickle(w)
		var had []size
		for day := range days {
			life.day()
			synctest.Wait()
			w.equal()
			has := w.measure()
			had = append(had, has)
			t.Logf("day %2d: %s", day+1, has)
		}
		w.asked.mu.Lock()
		defer w.asked.mu.Unlock()
		t.Logf("%d changes, %d of them failed for those who made them; %d requests, %d of them broken, at most %d of %d to the source in a day; %d times a token; %d answers 429",
			life.n, life.failed, w.asked.all, w.asked.broken, w.asked.most, budget, w.asked.tokens, w.asked.tooMany)
		assert.LessOrEqual(t, w.asked.most, budget)
		assert.Zero(t, w.asked.tooMany)
		assert.GreaterOrEqual(t, w.asked.tokens, days, "tokens end each day")
		bounded(t, had)
	})
}
