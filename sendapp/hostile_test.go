package sendapp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// body is an answer of success whose body is read from somewhere.
func body(r io.Reader) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(r)}
}

// endless repeats a text.
type endless struct {
	text string
	read *atomic.Int64
}

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.text)
	}
	e.read.Add(int64(n))
	return n, nil
}

// What a server may answer that means no good: each is an error, soon, with a
// bounded text, and nothing panics.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	deep := func(open, inner, end string) string {
		const n = 100_000
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for name, reply := range map[string]func() *http.Response{
		"no end":             func() *http.Response { return body(endless{`{"contactId":"x",`, &read}) },
		"blanks without end": func() *http.Response { return body(endless{" ", &read}) },
		"deep arrays":        func() *http.Response { return body(strings.NewReader(deep("[", "", "]"))) },
		"deep objects":       func() *http.Response { return body(strings.NewReader(deep(`{"a":`, "1", "}"))) },
		"deep in a field": func() *http.Response {
			return body(strings.NewReader(`{"contactId":"x","tags":` + deep("[", "", "]") + "}"))
		},
		"deep in an unknown": func() *http.Response {
			return body(strings.NewReader(`{"contactId":"x","new":` + deep("[", "", "]") + "}"))
		},
		"two values":           func() *http.Response { return body(strings.NewReader(`{"contactId":"x"}{"contactId":"y"}`)) },
		"an id that is none":   func() *http.Response { return body(strings.NewReader(`{"contactId":{"$ne":null}}`)) },
		"a web page":           func() *http.Response { return body(strings.NewReader("\xef\xbb\xbf<html>")) },
		"UTF-16":               func() *http.Response { return body(strings.NewReader("\xff\xfe{\x00}\x00")) },
		"a status of none":     func() *http.Response { return answer(299, `{"contactId":"x"}`) },
		"success without body": func() *http.Response { return answer(http.StatusNoContent, "") },
		"an error without end": func() *http.Response {
			r := body(endless{`{"detail":"x`, &read})
			r.StatusCode = http.StatusBadRequest
			return r
		},
		"a deep problem":      func() *http.Response { return answer(http.StatusConflict, `{"code":`+deep("[", "", "]")) },
		"a problem of no use": func() *http.Response { return answer(422, `{"fields":"all","code":7,"detail":["x"]}`) },
	} {
		client := newClient(t, func(*http.Request) (*http.Response, error) { return reply(), nil },
			sendapp.WithAPIKey("k3y"), sendapp.WithRetry(sendapp.RetryPolicy{}))
		read.Store(0)
		contact, err := client.Contacts.Get(t.Context(), "c")
		require.Error(t, err, name)
		assert.Nil(t, contact, name)
		assert.NotErrorIs(t, err, sendapp.ErrNotFound, name)
		assert.Less(t, len(err.Error()), 1000, name)
		assert.Less(t, read.Load(), int64(32<<20), name)
		_, err = client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "")
		require.Error(t, err, name)
	}
}

// An answer of success without the list that was asked for is no empty list: who
// took it for one would delete what is missing in it.
func TestAnAnswerWithoutItsListIsNoEmptyList(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"ok":true}`, `{"contactId":"c"}`, `{"items":[]}`,
		`{"contacts":null,"deleted":null,"tasks":null,"notes":null,"appointments":null,"activities":null,"webhooks":null,"tags":null}`} {
		client := newClient(t, func(*http.Request) (*http.Response, error) { return answer(http.StatusOK, text), nil }, sendapp.WithAPIKey("k"))
		ctx, since := t.Context(), sendapp.DeletedQuery{Since: time.Unix(0, 0)}
		for name, err := range map[string]error{
			"contacts":     page(client.Contacts.ListPage(ctx, sendapp.ContactQuery{}, "")),
			"deleted":      page(client.Contacts.ListDeletedPage(ctx, since, "")),
			"tasks":        page(client.Tasks.ListPage(ctx, sendapp.TaskQuery{}, "")),
			"notes":        page(client.Notes.ListPage(ctx, sendapp.NoteQuery{ContactID: "c"}, "")),
			"appointments": page(client.Appointments.ListPage(ctx, sendapp.AppointmentQuery{}, "")),
			"activities":   page(client.Activity.ListPage(ctx, "c", sendapp.ActivityQuery{}, "")),
			"webhooks":     second(client.Webhooks.List(ctx)),
			"tags":         second(client.Tags.Remove(ctx, "c", []string{"a"})),
			"profile":      second(client.Contacts.Profile(ctx, "c", []sendapp.ProfilePart{sendapp.PartNotes})),
		} {
			require.ErrorIs(t, err, sendapp.ErrUnavailable, "%s %s", name, text)
			assert.ErrorContains(t, err, "check the base URL", name)
		}
	}
	empty := newClient(t, func(*http.Request) (*http.Response, error) { return answer(http.StatusOK, `{"contacts":[]}`), nil }, sendapp.WithAPIKey("k"))
	none, err := empty.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "")
	require.NoError(t, err)
	assert.Empty(t, none.Items)
}

// A listing whose items are nothing has none of them, and no item is nil.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	client := newClient(t, func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, `{"contacts":[null,{"contactId":"c"},null],"nextCursor":null}`), nil
	}, sendapp.WithAPIKey("k"))
	page, err := client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "c", page.Items[0].ContactID)

	turns := 0
	client = newClient(t, func(*http.Request) (*http.Response, error) {
		turns++
		return answer(http.StatusOK, fmt.Sprintf(`{"contacts":[],"nextCursor":"%d"}`, turns%3)), nil
	}, sendapp.WithAPIKey("k"))
	for _, err = range client.Contacts.List(t.Context(), sendapp.ContactQuery{}) {
		require.Error(t, err)
	}
	require.ErrorContains(t, err, "would never end")
	assert.Equal(t, 4, turns)
}

// A redirect never takes the key along, nor a body to another path.
func TestHostileRedirects(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(thief.Close)
	var requests atomic.Int64
	for _, to := range []string{thief.URL + "/contacts/c", "//" + strings.TrimPrefix(thief.URL, "http://") + "/", "https://user@elsewhere.example/", "/again", "file:///etc/passwd", "\x7f", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header()["Location"] = []string{to}
				w.WriteHeader(status)
			}))
			client, err := sendapp.NewClient(sendapp.WithBaseURL(server.URL), sendapp.WithAPIKey("k3y"), sendapp.WithRetry(sendapp.RetryPolicy{}))
			require.NoError(t, err)
			requests.Store(0)
			_, err = client.Contacts.Get(t.Context(), "c")
			require.Error(t, err)
			assert.NotErrorIs(t, err, sendapp.ErrNotFound)
			assert.NotContains(t, err.Error(), "k3y")
			assert.LessOrEqual(t, requests.Load(), int64(6), "redirects within the origin end")
			requests.Store(0)
			_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
			require.Error(t, err)
			assert.Equal(t, int64(1), requests.Load(), "a create is not redirected")
			server.Close()
		}
	}
	assert.Zero(t, stolen.Load())
}

// A server that takes its time, or for ever, is left at the deadline.
func TestHostileSlowness(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sendapptest.Fault{
		"no answer":        {Hang: true, Times: -1},
		"half of a body":   {Slow: time.Hour, Times: -1},
		"a cut body":       {CutBody: true, Times: -1},
		"an hour to think": {Delay: time.Hour, Times: -1},
		"asked to wait":    {Status: 429, RetryAfter: 1000 * time.Hour, Times: -1},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, client := sendapptest.Start(t)
			server.Fail(fault)
			start := time.Now()
			_, err := client.Contacts.Get(t.Context(), "c")
			require.Error(t, err, name)
			assert.True(t, errors.Is(err, sendapp.ErrUnavailable) || errors.Is(err, sendapp.ErrRateLimited), "%s: %v", name, err)
			assert.Less(t, time.Since(start), 4*time.Minute, name)
		})
	}
}
