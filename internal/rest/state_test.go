package rest

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheStateOfALimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		window, err := NewSlidingWindow(Limits{Requests: 3, Daily: 4, SweepShare: 0.5})
		require.NoError(t, err)
		assert.Equal(t, LimiterState{Limit: 3, Free: 3, Daily: 4, LeftToday: 4, LeftForSweeps: 2}, window.State())

		release, err := window.Acquire(t.Context())
		require.NoError(t, err)
		assert.Equal(t, LimiterState{Limit: 3, Free: 2, Daily: 4, LeftToday: 3, LeftForSweeps: 1}, window.State(), "it flies")
		release(200, nil)
		assert.Equal(t, 2, window.State().Free, "it is counted for a window yet")

		for range 2 {
			release, err := window.Acquire(t.Context())
			require.NoError(t, err)
			release(200, nil)
		}
		go func() {
			release, err := window.Acquire(t.Context())
			if assert.NoError(t, err) {
				release(http.StatusTooManyRequests, nil)
			}
		}()
		synctest.Wait()
		assert.Equal(t, LimiterState{Limit: 3, Waiting: 1, Daily: 4, LeftToday: 1}, window.State())

		require.NoError(t, pause(t.Context(), 10*time.Second))
		synctest.Wait()
		state := window.State()
		assert.Zero(t, state.LeftToday)
		assert.True(t, state.BlockedUntil.After(time.Now()), "the day is spent, and there was a 429")
		require.NoError(t, pause(t.Context(), 25*time.Hour))
		assert.Equal(t, LimiterState{Limit: 3, Free: 3, Daily: 4, LeftToday: 4, LeftForSweeps: 2}, window.State())
	})
	window, err := NewSlidingWindow(Limits{})
	require.NoError(t, err)
	assert.Equal(t, LimiterState{Limit: 100, Free: 100, Daily: -1, LeftToday: -1, LeftForSweeps: -1}, window.State())
}
