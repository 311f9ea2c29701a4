package testserver

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhichRequestsAFaultMeets(t *testing.T) {
	t.Parallel()
	var faults Faults
	assert.Zero(t, faults.Take("a"))
	faults.Add(Fault{Operation: "a", Skip: 1, Times: 2, Status: 500})
	faults.Add(Fault{Status: 429, Times: -1})
	var got []int
	for _, operation := range []string{"b", "a", "a", "a", "a", "b"} {
		got = append(got, faults.Take(operation).Status)
	}
	assert.Equal(t, []int{429, 429, 500, 500, 429, 429}, got)
	faults.Clear()
	assert.Zero(t, faults.Take("a"))
}

// Both ways to a server show the same: sockets, and the transport without.
func TestWhatAFaultDoes(t *testing.T) {
	t.Parallel()
	const whole = `{"a":"0123456789"}`
	for name, test := range map[string]struct {
		fault  Fault
		effect int32
		status int // 0: no answer
		body   string
		cut    bool // in the middle of the body
		header string
	}{
		"none":          {Fault{}, 1, 200, whole, false, "application/json"},
		"status":        {Fault{Status: 503}, 0, 503, "refused", false, ""},
		"status after":  {Fault{Status: 503, After: true}, 1, 503, "refused", false, ""},
		"cut":           {Fault{Cut: true}, 0, 0, "", false, ""},
		"cut after":     {Fault{Cut: true, After: true}, 1, 0, "", false, ""},
		"cut body":      {Fault{CutBody: true}, 1, 200, whole[:9], true, "application/json"},
		"HTML":          {Fault{HTML: true}, 1, 200, "<!doctype html><title>200</title><p>OK", false, "text/html; charset=utf-8"},
		"HTML, not 200": {Fault{HTML: true, Status: 502}, 0, 502, "<!doctype html><title>502</title><p>Bad Gateway", false, "text/html; charset=utf-8"},
		"empty":         {Fault{Empty: true}, 1, 200, "", false, "application/json"},
		"content type":  {Fault{ContentType: "text/plain"}, 1, 200, whole, false, "text/plain"},
	} {
		var effect atomic.Int32
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			test.fault.Serve(w, r, func(w http.ResponseWriter, _ *http.Request) {
				effect.Add(1)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, whole)
			}, func(w http.ResponseWriter, status int) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "refused")
			})
		})
		listener, err := Listen("127.0.0.1:0", handler)
		require.NoError(t, err)
		sockets := &http.Transport{}
		for way, transport := range map[string]http.RoundTripper{"sockets": sockets, "memory": Transport(handler)} {
			name := name + " by " + way
			effect.Store(0)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, listener.URL(), strings.NewReader("{}"))
			require.NoError(t, err)
			response, err := transport.RoundTrip(request)
			assert.Equal(t, test.effect, effect.Load(), name)
			if test.status == 0 {
				require.Error(t, err, name)
				continue
			}
			require.NoError(t, err, name)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, test.cut, err != nil, name)
			assert.Equal(t, test.status, response.StatusCode, name)
			assert.Equal(t, test.body, string(body), name)
			if test.header != "" {
				assert.Equal(t, test.header, response.Header.Get("Content-Type"), name)
			}
		}
		sockets.CloseIdleConnections()
		require.NoError(t, listener.Close())
	}
}

func TestFaultsThatTakeTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			fault Fault
			took  time.Duration
			fails bool
		}{
			{Fault{Delay: 5 * time.Second}, 5 * time.Second, false},
			{Fault{Slow: 7 * time.Second}, 7 * time.Second, false},
			{Fault{Hang: true}, time.Minute, true},
			{Fault{Delay: time.Hour}, time.Minute, true},
		} {
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				test.fault.Serve(w, r, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") }, nil)
			})
			client := &http.Client{Transport: Transport(handler), Timeout: time.Minute}
			start := time.Now()
			response, err := client.Get("http://localhost/")
			if test.fails {
				require.Error(t, err)
				assert.Equal(t, test.took, time.Since(start))
				continue
			}
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, test.took, time.Since(start))
			assert.Equal(t, "answer", string(body))
		}
	})
}
