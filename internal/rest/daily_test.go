package rest

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSweepsLeaveAShareOfTheDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, err := NewSlidingWindow(Limits{Daily: 10})
		require.NoError(t, err)
		sweep := ContextWithPriority(t.Context(), Sweep)
		for range 8 {
			release, err := limiter.Acquire(sweep)
			require.NoError(t, err)
			release(0, nil)
		}
		_, err = limiter.Acquire(sweep)
		require.ErrorIs(t, err, ErrRateLimited)
		failed, ok := errors.AsType[*waitError](err)
		require.True(t, ok)
		assert.Positive(t, failed.wait)
		assert.LessOrEqual(t, failed.wait, time.Hour)
		for range 2 {
			_, err = limiter.Acquire(t.Context())
			require.NoError(t, err, "the rest is for real-time work")
		}
		_, err = limiter.Acquire(t.Context())
		require.ErrorIs(t, err, ErrRateLimited)
		<-time.After(24 * time.Hour)
		_, err = limiter.Acquire(t.Context())
		require.ErrorIs(t, err, ErrRateLimited, "an hour counts until it is over")
		<-time.After(time.Hour)
		_, err = limiter.Acquire(sweep)
		require.NoError(t, err)
	})
}

func TestTheServiceKnowsMoreOfTheDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, err := NewSlidingWindow(Limits{Daily: 200_000})
		require.NoError(t, err)
		sweep := ContextWithPriority(t.Context(), Sweep)
		answer := func(remaining string) {
			release, err := limiter.Acquire(t.Context())
			require.NoError(t, err)
			release(http.StatusOK, http.Header{
				http.CanonicalHeaderKey(headerDaily): {"200000"}, http.CanonicalHeaderKey(headerDailyRemaining): {remaining},
			})
		}
		answer("40001")
		_, err = limiter.Acquire(sweep)
		require.NoError(t, err)
		_, err = limiter.Acquire(sweep)
		require.ErrorIs(t, err, ErrRateLimited)
		answer("200000")
		_, err = limiter.Acquire(sweep)
		require.NoError(t, err, "its day has begun")
		answer("1")
		<-time.After(time.Hour)
		_, err = limiter.Acquire(sweep)
		require.NoError(t, err, "one asks again")
		answer("nonsense")
		answer("-5")
	})
}
