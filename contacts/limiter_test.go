package contacts

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The API counts each location of an app by itself.
func TestEachLocationHasALimiter(t *testing.T) {
	t.Parallel()
	derive := func(from *Client, opts ...ClientOption) *Client {
		derived, err := from.With(opts...)
		require.NoError(t, err)
		return derived
	}
	base := stubbed(t, always(200, `{"contact":{"id":"c"}}`))
	own := base.settings
	own.limiters = newLimiters()
	base, err := newClient(own, []ClientOption{WithToken("base")})
	require.NoError(t, err)

	same := derive(base, WithToken("another"))
	other := derive(base, WithLocation("other"))
	back := derive(other, WithLocation(base.Location()))
	sibling := derive(derive(base, WithToken("another")), WithLocation("other"))
	assert.Same(t, base.settings.config.Limiter, same.settings.config.Limiter)
	assert.Same(t, base.settings.config.Limiter, back.settings.config.Limiter)
	assert.NotSame(t, base.settings.config.Limiter, other.settings.config.Limiter)
	assert.Same(t, other.settings.config.Limiter, sibling.settings.config.Limiter, "whichever way it was derived")

	for range 3 {
		_, err := other.Contacts.Get(t.Context(), "c")
		require.NoError(t, err)
	}
	free := func(c *Client) int {
		window, ok := c.settings.config.Limiter.(*SlidingWindow)
		require.True(t, ok)
		return window.State().Free
	}
	assert.Equal(t, 100, free(base))
	assert.Equal(t, 97, free(sibling))

	given, err := NewLimiter(RateLimits{Requests: 5})
	require.NoError(t, err)
	with := derive(base, WithLimiter(given))
	assert.Same(t, given, with.settings.config.Limiter)
	assert.Same(t, given, derive(with, WithLocation("other")).settings.config.Limiter, "what was given stays")
	assert.Nil(t, derive(base, WithLimiter(nil), WithLocation("other")).settings.config.Limiter)
	alone, err := NewClient(WithLocation("other"))
	require.NoError(t, err)
	assert.NotSame(t, other.settings.config.Limiter, alone.settings.config.Limiter, "another family knows nothing of this one")
}
