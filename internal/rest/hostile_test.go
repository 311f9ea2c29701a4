package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/hostile"
)

// A service that is broken, or in somebody else's hands, on a real socket: each
// call ends with an error, and no create is taken for one that didn't happen.
func TestAHostileService(t *testing.T) {
	t.Parallel()
	for name, answer := range hostile.Answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := hostile.Serve(t.Context(), answer, func(h http.Header) { assert.Empty(t, h.Get("Cookie")) })
			require.NoError(t, err)
			client := newTest(t, nil, func(c *Config) {
				c.BaseURL, c.Retry, c.MaxAnswer = address, RetryPolicy{}, 2<<20
				c.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 20}}
			})
			var into struct{ Name string }
			err = client.Do(t.Context(), Call{Operation: get, IDs: []string{"1"}}, &into)
			assert.NotEqual(t, "Eve", into.Name)
			if slices.Contains(hostile.Sound, name) {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			if strings.HasPrefix(name, "a redirect") {
				require.ErrorContains(t, err, "redirects")
				return
			}
			require.ErrorIs(t, err, ErrUnavailable)
			if strings.HasPrefix(name, "a bomb") || name == "a body without end" {
				assert.Equal(t, name != "a bomb as error", errors.Is(err, errTooLarge), "its size is what it unpacks to: %v", err)
			}
			assert.Less(t, len(err.Error()), 1000)
			add := *create
			add.Success = []int{200}
			err = client.Do(t.Context(), Call{Operation: &add, Body: struct{}{}}, &into)
			require.ErrorIs(t, err, ErrUnknownOutcome)
		})
	}
}

// An answer that comes byte by byte ends with the attempt's deadline.
func TestASlowAnswerEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newTest(t, func(r *http.Request) (*http.Response, error) {
			answer := reply(200, "")
			answer.Body = &trickle{ctx: r.Context()}
			return answer, nil
		}, func(c *Config) { c.Timeout, c.Retry = 10*time.Second, RetryPolicy{} })
		start := time.Now()
		err := client.get(t.Context())
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(start))
		require.ErrorIs(t, client.create(t.Context()), ErrUnknownOutcome)
	})
}

// trickle is a body of a byte a second, which ends with the request's context as
// net/http's own does.
type trickle struct {
	ctx context.Context //nolint:containedctx // the request's
}

func (s *trickle) Read(data []byte) (int, error) {
	if err := pause(s.ctx, time.Second); err != nil {
		return 0, err
	}
	data[0] = ' '
	return 1, nil
}

func (*trickle) Close() error { return nil }

func TestAStreamThatIsResetOverHTTP2(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		if requests.Add(1); r.URL.Query().Has("late") {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"na`)
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := newTest(t, nil, func(c *Config) { c.BaseURL, c.HTTP = server.URL, server.Client() })
	for _, query := range []url.Values{nil, {"late": {"1"}}} {
		requests.Store(0)
		err := client.Do(t.Context(), Call{Operation: create, Query: query, Body: struct{}{}}, nil)
		require.ErrorIs(t, err, ErrUnknownOutcome)
		assert.EqualValues(t, 1, requests.Load(), "a create is sent once")
	}
	requests.Store(0)
	require.ErrorIs(t, client.get(t.Context()), ErrUnavailable)
	assert.EqualValues(t, 3, requests.Load())
}

func TestARedirectWithAUserIsNotFollowed(t *testing.T) {
	t.Parallel()
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		assert.Nil(t, r.URL.User)
		return reply(302, ``, "Location", "https://eve:pass@api.example.com/base/things/1"), nil
	})
	require.ErrorContains(t, client.get(t.Context()), "redirects")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://eve:pass@api.example.com/", nil)
	require.NoError(t, err)
	_, err = client.origin(func(*http.Request) (*http.Response, error) { panic("it leaves") })(request)
	require.ErrorIs(t, err, errOrigin)
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		assert.Empty(t, r.Header.Get("Cookie"))
		return reply(200, `{}`, "Set-Cookie", "session=eve; Path=/"), nil
	})
	for range 2 {
		require.NoError(t, client.get(t.Context()))
	}
}

// What a service says goes into logs, and no further than that.
func TestTheWordsOfAService(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"the token s3cr3t-token is bad":                               "the token [redacted] is bad",
		"ada@example.com is taken":                                    "[redacted] is taken",
		`email "ada.b+c@example.co.uk" exists`:                        `email "[redacted]" exists`,
		"phone +1 (555) 123-4567 is taken":                            "phone [redacted] is taken",
		"Cannot GET /x?email=ada%40example.com&number=%2B15551234567": "Cannot GET /x?email=[redacted]&number=[redacted]",
		"number 15551234567":                                          "number [redacted]",
		"two\nlines\r\x1b[31mred\u202e\x00":                           "two lines  [31mred  ",
		"version 2021-07-28, limit 500":                               "version 2021-07-28, limit 500",
		"Contact with id ve9EPM428h8vShlRW1KT not found":              "Contact with id ve9EPM428h8vShlRW1KT not found",
		"%s %d %!v(MISSING)":                                          "%s %d %!v(MISSING)",
		strings.Repeat("é", 400):                                      strings.Repeat("é", 300) + "…",
	} {
		body := fmt.Sprintf(`{"message":%q}`, said)
		if strings.ContainsAny(said, "\x00\x1b\u202e") {
			body = `{"message":"two\nlines\r\u001b[31mred\u202e\u0000"}`
		}
		client := newTest(t, func(*http.Request) (*http.Response, error) {
			return reply(400, body, "X-Trace", "forged\x1b[2J trace"), nil
		}, func(c *Config) { c.Credentials = Bearer(Static("s3cr3t-token")) })
		err := client.get(t.Context())
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		assert.Equal(t, []string{want}, failed.Messages)
		assert.Equal(t, "things.get: HTTP 400: invalid request: "+want, err.Error())
		assert.Empty(t, failed.TraceID)
	}
	many := `["` + strings.Repeat(`x","`, 1000) + `"]`
	err := newTest(t, func(*http.Request) (*http.Response, error) { return reply(400, `{"message":`+many+`}`), nil }).get(t.Context())
	assert.Less(t, len(err.Error()), 200)
}

// A token endpoint that repeats what it was sent.
func TestTheSecretsOfAFormAreNotShown(t *testing.T) {
	t.Parallel()
	client := newTest(t, func(*http.Request) (*http.Response, error) {
		return reply(400, `{"message":"Location is not active: app-s3cr3t, r3fresh, c0de-1"}`), nil
	})
	token := &Operation{Name: "token", Method: http.MethodPost, Path: "/token", Success: []int{200}, Public: true, Secret: true}
	err := client.Do(t.Context(), Call{Operation: token, Body: url.Values{
		"client_secret": {"app-s3cr3t"}, "refresh_token": {"r3fresh"}, "code": {"c0de-1"}, "user_type": {"Location"},
	}}, nil)
	require.ErrorContains(t, err, "Location is not active: [redacted], [redacted], [redacted]")
}
