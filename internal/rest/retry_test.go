package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, test := range map[string]struct {
		outcome           outcome
		idempotent, other bool // whether it is repeated, by the kind of operation
	}{
		"429":                     {outcome{status: 429}, true, true},
		"500":                     {outcome{status: 500}, true, false},
		"503":                     {outcome{status: 503}, true, false},
		"200":                     {outcome{status: 200}, false, false},
		"400":                     {outcome{status: 400}, false, false},
		"401":                     {outcome{status: 401}, false, false},
		"404":                     {outcome{status: 404}, false, false},
		"422":                     {outcome{status: 422}, false, false},
		"302":                     {outcome{status: 302}, false, false},
		"a broken connection":     {outcome{err: io.ErrUnexpectedEOF}, true, false},
		"a time-out":              {outcome{err: context.DeadlineExceeded}, true, false},
		"no connection":           {outcome{err: &connectError{io.EOF}}, true, true},
		"nobody listens":          {outcome{err: dial}, true, true},
		"a bad certificate":       {outcome{err: &tls.CertificateVerificationError{Err: errors.New("x")}}, false, false},
		"too large":               {outcome{err: errTooLarge}, false, false},
		"our own refusal":         {outcome{err: &localError{ErrNoCredentials}}, false, false},
		"no token for want of it": {outcome{err: &localError{dial}}, true, true},
		"too long a wait":         {outcome{status: 429, asked: time.Minute}, false, false},
		"the last attempt":        {outcome{status: 429, attempt: 4}, false, false},
	} {
		if test.outcome.attempt == 0 {
			test.outcome.attempt = 1
		}
		repeat, _ := DefaultRetry.decide(true, test.outcome)
		assert.Equal(t, test.idempotent, repeat, "idempotent: "+name)
		repeat, _ = DefaultRetry.decide(false, test.outcome)
		assert.Equal(t, test.other, repeat, "not idempotent: "+name)
	}
}

func TestWaitsGrowAndAreNeverShorterThanAsked(t *testing.T) {
	t.Parallel()
	policy := RetryPolicy{Retries: 9, Min: time.Second, Max: 5 * time.Second, MaxRetryAfter: time.Minute}
	var waits []time.Duration
	for attempt := range 5 {
		_, wait := policy.decide(true, outcome{attempt: attempt + 1, status: 503})
		waits = append(waits, wait)
	}
	assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}, waits)
	_, wait := policy.decide(true, outcome{attempt: 1, status: 429, asked: 30 * time.Second})
	assert.Equal(t, 30*time.Second, wait)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"": 0, "7": 7 * time.Second, "1.5": 1500 * time.Millisecond, "-1": 0, "soon": 0, "NaN": 0,
			"1e300": longestWait, "Inf": longestWait,
			time.Now().Add(time.Minute).UTC().Format(http.TimeFormat):  time.Minute,
			time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat): 0,
		} {
			header := http.Header{}
			header.Set("Retry-After", value)
			assert.Equal(t, want, retryAfter(header), value)
		}
	})
}

func TestAWaitBeyondTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newTest(t, func(*http.Request) (*http.Response, error) {
			return reply(429, `{"message":"slower"}`, "Retry-After", "20"), nil
		}, func(c *Config) { c.Retry = DefaultRetry })
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := client.get(ctx)
		require.ErrorIs(t, err, ErrRateLimited)
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		assert.Equal(t, 20*time.Second, failed.RetryAfter)
		assert.Equal(t, []string{"slower"}, failed.Messages, "the last answer is not lost")
		assert.Zero(t, time.Since(start))

		require.ErrorIs(t, client.get(t.Context()), ErrRateLimited)
		assert.GreaterOrEqual(t, time.Since(start), time.Minute, "never earlier than asked")
	})
}

func TestContextsThatEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newTest(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, func(c *Config) { c.Timeout = 10 * time.Second })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, client.get(ctx), context.DeadlineExceeded)
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, client.create(ctx), ErrUnknownOutcome, "it may have happened")
		require.ErrorIs(t, client.get(t.Context()), ErrUnavailable, "the attempts' own deadline")
		require.ErrorIs(t, client.create(t.Context()), ErrUnknownOutcome)
		err := client.Do(nil, Call{Operation: get}, nil) //nolint:staticcheck // what a user may do
		require.ErrorIs(t, err, ErrInvalid)
	})
}
