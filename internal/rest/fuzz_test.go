package rest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever a service says in its headers of waits and of what is left, no wait is
// negative or beyond all sense, and the limiter lets a request through in the end.
func FuzzHeaders(f *testing.F) {
	f.Add("7", "100", "99", "200000", "199999", "trace")
	f.Add("-1", "0", "-5", "9223372036854775808", "x", "")
	f.Add("NaN", "1e3", "+5", " 7", "0x10", "a b")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "9223372036854775807", "0", "1", "1", "\n")
	f.Add("Mon, 02 Jan 0001 00:00:00 GMT", "1", "1", "1", "0", strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, after, most, remaining, daily, dailyRemaining, id string) {
		header := http.Header{
			"Retry-After": {after}, headerMax: {most}, headerRemaining: {remaining}, headerDaily: {daily}, headerDailyRemaining: {dailyRemaining},
			"X-Trace": {id},
		}
		canonical := http.Header{}
		for name, values := range header {
			canonical.Set(name, values[0])
		}
		wait := retryAfter(canonical)
		assert.GreaterOrEqual(t, wait, time.Duration(0))
		assert.LessOrEqual(t, wait, max(longestWait, time.Until(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))))
		limiter, err := NewSlidingWindow(Limits{Daily: 1000})
		require.NoError(t, err)
		for _, status := range []int{200, 429, 200} {
			state := limiter.State()
			assert.GreaterOrEqual(t, state.Limit, 1)
			assert.LessOrEqual(t, state.Limit, 100)
			if state.Free == 0 || !state.BlockedUntil.IsZero() || state.LeftToday <= 0 {
				// Refused, or as long as a window at most: who asks is told.
				assert.LessOrEqual(t, time.Until(state.BlockedUntil), 25*time.Hour)
				return
			}
			release, err := limiter.Acquire(t.Context())
			require.NoError(t, err)
			release(status, canonical)
		}
		client := newTest(t, func(*http.Request) (*http.Response, error) {
			answer := reply(429, `{}`)
			answer.Header = canonical
			return answer, nil
		}, func(c *Config) { c.Retry = RetryPolicy{} })
		assert.ErrorIs(t, client.get(t.Context()), ErrRateLimited)
	})
}

// No id that is let through changes the path: it is one segment, and comes back.
func FuzzID(f *testing.F) {
	for _, id := range []string{"ve9EPM428h8vShlRW1KT", "..", "a/b", "%2e%2e", "a b", "é;x=1", "\x00", "~", "a:b@c"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		var got *url.URL
		client := newTest(t, func(r *http.Request) (*http.Response, error) {
			got = r.URL
			return reply(200, `{}`), nil
		})
		if err := client.Do(t.Context(), Call{Operation: get, IDs: []string{id}}, nil); err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			assert.Nil(t, got, "it was not sent")
			return
		}
		parsed, err := url.Parse(got.String())
		require.NoError(t, err)
		assert.Equal(t, "api.example.com", parsed.Host)
		segments := strings.Split(parsed.EscapedPath(), "/")
		require.Len(t, segments, 4)
		last, err := url.PathUnescape(segments[3])
		require.NoError(t, err)
		assert.Equal(t, id, last)
	})
}

// A base URL that is taken is HTTPS, or of this machine.
func FuzzBaseURL(f *testing.F) {
	for _, base := range []string{"https://a.example", "http://127.0.0.1:1/x", "http://[::1]", "http://localhost.evil", "https://u:p@a", "HTTPS://A", "http://127.1"} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, text string) {
		base, err := parseBase(text)
		if err != nil {
			return
		}
		assert.Nil(t, base.User)
		assert.NotEmpty(t, base.Host)
		assert.True(t, base.Scheme == "https" || loopback(base.Hostname()), text)
	})
}
