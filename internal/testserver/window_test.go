package testserver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/internal/testserver"
)

func TestAWindowIsFixedOrSlides(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sliding bool
		wait    time.Duration // after three requests at 8 s, at 9 s
		again   bool          // whether there is room at 11 s
	}{{false, time.Second, true}, {true, 9 * time.Second, false}} {
		w := &testserver.Window{Limit: 3, Length: 10 * time.Second, Sliding: c.sliding}
		for want := 2; want >= 0; want-- {
			left, _, ok := w.Take(start.Add(8 * time.Second))
			assert.True(t, ok)
			assert.Equal(t, want, left)
		}
		_, wait, ok := w.Take(start.Add(9 * time.Second))
		assert.False(t, ok)
		assert.Equal(t, c.wait, wait)
		_, _, ok = w.Take(start.Add(11 * time.Second))
		assert.Equal(t, c.again, ok)
		_, _, ok = w.Take(start.Add(18 * time.Second))
		assert.True(t, ok)
	}
}
