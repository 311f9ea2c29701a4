package contactstest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

func TestLimitsHaveTheServicesHeaders(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		limits contactstest.Limits
		after  time.Duration // 8 s after the start of a fixed window, three were sent
		want   int
		retry  string
	}{
		"fixed, same window":         {contactstest.Limits{Requests: 3}, time.Second, 429, ""},
		"fixed, next window":         {contactstest.Limits{Requests: 3}, 2 * time.Second, 400, ""},
		"sliding, still":             {contactstest.Limits{Requests: 3, Sliding: true}, 2 * time.Second, 429, ""},
		"sliding, over":              {contactstest.Limits{Requests: 3, Sliding: true}, 10 * time.Second, 400, ""},
		"Retry-After":                {contactstest.Limits{Requests: 3, RetryAfter: true}, 500 * time.Millisecond, 429, "2"},
		"the day":                    {contactstest.Limits{Daily: 3}, time.Minute, 429, ""},
		"the next day":               {contactstest.Limits{Daily: 3}, 24 * time.Hour, 400, ""},
		"another window's length":    {contactstest.Limits{Requests: 3, Window: time.Minute}, 40 * time.Second, 429, ""},
		"another window, the second": {contactstest.Limits{Requests: 3, Window: time.Minute}, 52 * time.Second, 400, ""},
	} {
		now := start.Add(8 * time.Second)
		r := startRaw(t, contactstest.WithRateLimits(c.limits), contactstest.WithClock(func() time.Time { return now }))
		for left := 2; left >= 0; left-- {
			response := r.send("GET", "/contacts/x", "")
			assert.Equal(t, 400, response.StatusCode, name)
			if c.limits.Requests > 0 {
				assert.Equal(t, string(rune('0'+left)), response.Header.Get("X-RateLimit-Remaining"), name)
				assert.Equal(t, "3", response.Header.Get("X-RateLimit-Max"))
				assert.Equal(t, "200000", response.Header.Get("X-RateLimit-Limit-Daily"))
			}
		}
		now = now.Add(c.after)
		response := r.send("GET", "/contacts/x", "")
		assert.Equal(t, c.want, response.StatusCode, name)
		assert.Equal(t, c.retry, response.Header.Get("Retry-After"), name)
	}
}
