package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is an observer that remembers.
type recorder struct {
	name   string
	events *[]string
	ended  []Attempt
	orphan bool
}

type recorderKey struct{ name string }

func (r *recorder) StartAttempt(ctx context.Context, a Attempt) context.Context {
	*r.events = append(*r.events, "start "+r.name)
	if r.orphan {
		return context.Background() // what an observer must not do
	}
	return context.WithValue(ctx, recorderKey{r.name}, a.Number)
}

func (r *recorder) EndAttempt(ctx context.Context, a Attempt) {
	*r.events = append(*r.events, "end "+r.name)
	r.ended = append(r.ended, a)
	if ctx.Value(recorderKey{r.name}) != a.Number && !r.orphan {
		panic("another context")
	}
}

func TestObserversSeeEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []string
		outer, inner := &recorder{name: "outer", events: &events}, &recorder{name: "inner", events: &events}
		answers := []*http.Response{reply(503, ``), reply(404, `{"message":"Anna is unknown"}`)}
		client := newTest(t, func(r *http.Request) (*http.Response, error) {
			assert.NotNil(t, r.Context().Value(recorderKey{"inner"}), "the request has the observer's context")
			<-time.After(time.Second)
			answer := answers[0]
			answers = answers[1:]
			return answer, nil
		}, func(c *Config) {
			c.Observers = []Observer{outer, &recorder{name: "orphan", events: &events, orphan: true}, inner}
			c.Limiter = slow{2 * time.Second}
		})
		require.ErrorIs(t, client.get(ContextWithPriority(t.Context(), Sweep)), ErrNotFound)
		assert.Equal(t, []string{
			"start outer", "start orphan", "start inner", "end inner", "end orphan", "end outer",
			"start outer", "start orphan", "start inner", "end inner", "end orphan", "end outer",
		}, events)
		want := Attempt{
			Operation: "things.get", Number: 1, Priority: Sweep, Wait: 2 * time.Second, Duration: time.Second,
			Status: 503, TraceID: "trace-1", Err: ErrUnavailable,
		}
		second := want
		second.Number, second.Status, second.Err = 2, 404, ErrNotFound
		assert.Equal(t, []Attempt{want, second}, inner.ended)
		assert.Equal(t, inner.ended, outer.ended)
	})
}

// slow is a limiter that always waits.
type slow struct{ wait time.Duration }

func (s slow) Acquire(ctx context.Context) (func(int, http.Header), error) {
	return func(int, http.Header) {}, pause(ctx, s.wait)
}

func TestWhatAnAttemptsErrorMeans(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer transport
		want   error
	}{
		"broken":        {func(*http.Request) (*http.Response, error) { return nil, http.ErrHandlerTimeout }, ErrUnavailable},
		"not explained": {func(*http.Request) (*http.Response, error) { return reply(418, `Anna`), nil }, nil},
		"redirect":      {func(*http.Request) (*http.Response, error) { return reply(302, `Anna`), nil }, nil},
	} {
		var events []string
		observer := &recorder{events: &events}
		client := newTest(t, test.answer, func(c *Config) { c.Observers, c.Retry = []Observer{observer}, RetryPolicy{} })
		require.Error(t, client.get(t.Context()), name)
		require.Len(t, observer.ended, 1, name)
		require.Error(t, observer.ended[0].Err, name)
		assert.NotContains(t, observer.ended[0].Err.Error(), "Anna", name)
		if test.want != nil {
			assert.Equal(t, test.want, observer.ended[0].Err, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var events []string
	observer := &recorder{events: &events}
	client := newTest(t, nil, func(c *Config) { c.Observers = []Observer{observer} })
	require.ErrorIs(t, client.get(ctx), context.Canceled)
	for _, attempt := range observer.ended {
		assert.Equal(t, context.Canceled, attempt.Err)
	}
}

func TestTheLogHasWhatIsListed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	answers := []*http.Response{reply(429, `{"message":"Anna, slower"}`), reply(201, `{"name":"Anna"}`)}
	client := newTest(t, func(*http.Request) (*http.Response, error) {
		answer := answers[0]
		answers = answers[1:]
		return answer, nil
	}, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: noTime}))
	})
	require.NoError(t, client.create(t.Context()))
	assert.Equal(t, `level=DEBUG msg=request operation=things.create attempt=1 priority=real-time status=429 trace=trace-1 error="rate limited"
level=INFO msg="request is repeated" operation=things.create attempt=1
level=DEBUG msg=request operation=things.create attempt=2 priority=real-time status=201 trace=trace-1
`, log.String())
}

// noTime leaves out what differs from run to run.
func noTime(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindTime || a.Value.Kind() == slog.KindDuration {
		return slog.Attr{}
	}
	return a
}

// No service writes a line of the log, or is told to the observers in its words.
func TestALogLineIsNotForged(t *testing.T) {
	t.Parallel()
	const forged = "a\nlevel=ERROR msg=forged\r\x1b[2J\u009b\u202e\u2028%s%!d"
	var events []string
	observer := &recorder{name: "one", events: &events}
	var logged []string
	for _, answer := range []transport{
		func(*http.Request) (*http.Response, error) { return nil, errors.New(forged) },
		func(*http.Request) (*http.Response, error) {
			body, _ := json.Marshal(map[string]any{"message": forged, "traceId": forged})
			return reply(418, string(body), "X-Trace", forged, "Retry-After", forged), nil
		},
	} {
		client := newTest(t, answer, func(c *Config) {
			c.Retry, c.Observers = RetryPolicy{Retries: 1}, []Observer{observer}
			c.Logger = slog.New(slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{
				Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					logged = append(logged, a.Value.String())
					return a
				},
			}))
		})
		err := client.get(t.Context())
		require.Error(t, err)
		logged = append(logged, err.Error())
	}
	for _, attempt := range observer.ended {
		logged = append(logged, attempt.TraceID, attempt.Err.Error())
	}
	assert.Greater(t, len(logged), 20)
	for _, text := range logged {
		assert.Negative(t, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
	}
}

// A trace id is logged, kept and shown: one that repeats the token or key is none.
func TestATraceIDThatRepeatsASecretIsNone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404} {
		var events []string
		var log bytes.Buffer
		seen := &recorder{name: "one", events: &events}
		client := newTest(t, func(*http.Request) (*http.Response, error) {
			return reply(status, `{}`, "X-Trace", "for-s3cr3t"), nil
		}, func(c *Config) {
			c.Observers = []Observer{seen}
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		var response Response
		err := client.Do(t.Context(), Call{Operation: get, IDs: []string{"1"}, Response: &response}, nil)
		assert.Empty(t, response.TraceID)
		require.Len(t, seen.ended, 1)
		assert.Empty(t, seen.ended[0].TraceID)
		assert.Contains(t, log.String(), "things.get")
		assert.NotContains(t, log.String(), "s3cr3t")
		if status != 200 {
			require.ErrorIs(t, err, ErrNotFound)
			assert.NotContains(t, err.Error(), "s3cr3t")
		}
	}
}
