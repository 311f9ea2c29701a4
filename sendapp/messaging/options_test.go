package messaging

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimiterIsModest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, err := NewOfficial(WithAPIKey(key), WithBaseURL("http://localhost"), WithHTTPClient(&http.Client{Transport: answers(200, "{}")}))
		require.NoError(t, err)
		start := time.Now()
		for range 4 {
			_, err := sender.SendText(t.Context(), text)
			require.NoError(t, err)
		}
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]Option{
		"there is no key":        {WithAccountToken(token)},
		"the key: it is empty":   {WithAPIKey("")},
		"the key: it has":        {WithAPIKey(key + "\n")},
		"there is no account":    {WithAPIKey(key)},
		"the token: it is empty": {WithAPIKey(key), WithAccountToken("")},
		"an option is nil":       {nil},
		"the client is nil":      {WithHTTPClient(nil)},
		"the observer is nil":    {WithObserver(nil)},
		"the logger is nil":      {WithLogger(nil)},
		"the function is nil":    {WithAPIKeySource(nil)},
		"WithAPIKey was given":   {WithAPIKey(key), WithAPIKey(key)},
		"must be positive":       {WithTimeout(0)},
		"https://":               {WithAPIKey(key), WithAccountToken(token), WithBaseURL("http://app.example.com")},
	} {
		agent, err := NewAgent(opts...)
		require.ErrorContains(t, err, want)
		assert.Nil(t, agent)
		clean(t, err.Error())
	}
	_, err := NewOfficial(WithAPIKey(key), WithAccountToken(token))
	require.ErrorContains(t, err, "no account tokens")
	_, err = NewOfficial(WithAPIKey(key), WithBaseURL("ftp://x"))
	require.ErrorContains(t, err, "https://")
}

func TestWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	for age, open := range map[time.Duration]bool{
		-time.Minute: true, 0: true, 24*time.Hour - 1: true, 24 * time.Hour: false, 48 * time.Hour: false,
	} {
		w := Window{LastMessage: now.Add(-age)}
		assert.Equal(t, open, w.Open(now), age)
		assert.Equal(t, max(0, 24*time.Hour-age), w.Left(now), age)
		assert.Equal(t, now.Add(24*time.Hour-age), w.Closes())
	}
	assert.False(t, Window{}.Open(time.Time{}), "a customer who never wrote")
	assert.Zero(t, Window{}.Closes())
	assert.Zero(t, Window{}.Left(time.Time{}))
}
