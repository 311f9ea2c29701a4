package rest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCredentialsGoNowhereElse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ to, want string }{
		"another host": {"https://evil.example.com/base/things/1", "another place"},
		"to http":      {"http://api.example.com/base/things/1", "another place"},
		"another port": {"https://api.example.com:8443/things/1", "another place"},
		"in a circle":  {"/base/things/1", "must not be redirected"},
		"nowhere":      {"", "must not be redirected"},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			client := newTest(t, func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, "api.example.com", r.URL.Host, name)
				assert.Equal(t, "https", r.URL.Scheme, name)
				return reply(status, `<html>`, "Location", test.to), nil
			})
			err := client.get(t.Context())
			require.ErrorContains(t, err, "redirects", name)
			require.ErrorContains(t, err, test.want, name)
			require.ErrorContains(t, client.create(t.Context()), "redirects", name)
		}
	}
}

func TestARedirectWithinTheOrigin(t *testing.T) {
	t.Parallel()
	client := newTest(t, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "Bearer s3cr3t", r.Header.Get("Authorization"))
		if r.URL.Path == "/base/things/1" {
			return reply(307, ``, "Location", "/v2/things/1"), nil
		}
		return reply(200, `{}`), nil
	})
	require.NoError(t, client.get(t.Context()))
	require.ErrorContains(t, newTest(t, func(*http.Request) (*http.Response, error) {
		return reply(307, ``, "Location", "/v2/things"), nil
	}).create(t.Context()), "must not be redirected", "a create is not sent to a second place")
}

func TestTheOriginIsGuarded(t *testing.T) {
	t.Parallel()
	client := newTest(t, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://evil.example.com/", nil)
	require.NoError(t, err)
	_, err = client.origin(func(*http.Request) (*http.Response, error) { panic("it leaves") })(request)
	require.ErrorIs(t, err, errOrigin)
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://api.example.com": "", "http://127.0.0.1:8080": "", "http://localhost": "", "http://[::1]:80/x": "",
		"http://api.example.com": "https", "ftp://x": "https", "": "https", "https://": "https",
		"https://user:s3cr3t@api.example.com": "user", "https://x?key=s3cr3t": "query", "https://x/%zz s3cr3t": "not a URL",
		"http://localhost.example.com": "https",
	} {
		_, err := New(Config{BaseURL: url})
		if want == "" {
			require.NoError(t, err, url)
			continue
		}
		require.ErrorContains(t, err, want, url)
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
}

func TestAnswersOfNoUse(t *testing.T) {
	t.Parallel()
	type thing struct {
		Name string `json:"name"`
	}
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"a web page":       {200, "\n<!DOCTYPE html><p>Anna", "web page"},
		"empty":            {200, "", "empty"},
		"not JSON":         {200, "Anna", "not JSON"},
		"cut":              {200, `{"name":"An`, "not JSON"},
		"another shape":    {200, `["Anna"]`, "another shape"},
		"larger":           {200, strings.Repeat(" ", 20<<20), "larger than the limit"},
		"an error in HTML": {502, "<html>Anna</html>", "unavailable"},
		"another success":  {204, "", "204"},
	} {
		answer := func(*http.Request) (*http.Response, error) { return reply(test.status, test.body), nil }
		err := newTest(t, answer).Do(t.Context(), Call{Operation: get, IDs: []string{"1"}}, new(thing))
		require.ErrorIs(t, err, ErrUnavailable, name)
		require.ErrorContains(t, err, test.want, name)
		assert.NotContains(t, err.Error(), "Anna", name)
		created := *create
		created.Success = []int{200}
		err = newTest(t, answer).Do(t.Context(), Call{Operation: &created}, new(thing))
		require.ErrorIs(t, err, ErrUnknownOutcome, "a create may have happened: "+name)
	}
}

// serve answers each connection by a function, on a real socket. It counts whole
// requests.
func serve(t *testing.T, answer func(request int, connection net.Conn) (keep bool)) (url string, requests *atomic.Int64) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	requests = new(atomic.Int64)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				reader := bufio.NewReader(connection)
				for {
					request, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, request.Body)
					if !answer(int(requests.Add(1)), connection) {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String(), requests
}

const created = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"

// A create is never sent twice, at whatever point its connection dies.
func TestACreateIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string // to the second request, before the connection dies
		err    error
	}{
		"nothing":         {"", ErrUnknownOutcome},
		"half a status":   {"HTTP/1.1 20", ErrUnknownOutcome},
		"half the header": {"HTTP/1.1 201 Created\r\nContent-", ErrUnknownOutcome},
		"half the body":   {"HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{", ErrUnknownOutcome},
		"all of it":       {created, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, requests := serve(t, func(request int, connection net.Conn) bool {
				if request == 1 { // the connection is kept, and used again
					_, _ = io.WriteString(connection, created)
					return true
				}
				_, _ = io.WriteString(connection, test.answer)
				return false
			})
			client := newTest(t, nil, func(c *Config) {
				c.BaseURL, c.HTTP = url, &http.Client{Transport: &http.Transport{}}
			})
			require.NoError(t, client.create(t.Context()))
			err := client.create(t.Context())
			if test.err == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, test.err)
			}
			assert.EqualValues(t, 2, requests.Load())
		})
	}
}

// A connection that died while it was not used is no reason to lose a create, and
// none to send it twice.
func TestADeadConnection(t *testing.T) {
	t.Parallel()
	url, requests := serve(t, func(request int, connection net.Conn) bool {
		_, _ = io.WriteString(connection, created)
		return request != 1 // closed without a word after the first
	})
	client := newTest(t, nil, func(c *Config) { c.BaseURL, c.HTTP = url, &http.Client{Transport: &http.Transport{}} })
	require.NoError(t, client.create(t.Context()))
	err := client.create(t.Context())
	if err != nil { // the close was not seen before the request was written
		require.ErrorIs(t, err, ErrUnknownOutcome)
		return
	}
	assert.EqualValues(t, 2, requests.Load())
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	client := newTest(t, nil, func(c *Config) { c.BaseURL, c.HTTP = server.URL, &http.Client{Transport: &http.Transport{}} })
	var meta Response
	err := client.Do(t.Context(), Call{Operation: create, Response: &meta}, nil)
	require.ErrorIs(t, err, ErrUnavailable, "it provably never left")
	assert.Equal(t, 3, meta.Attempts)
	assert.NotContains(t, err.Error(), "/base/things", "no URL")
}

func TestIDsThatAreNone(t *testing.T) {
	t.Parallel()
	client := newTest(t, func(*http.Request) (*http.Response, error) { panic("it is sent") })
	for _, id := range []string{"", ".", "..", "a/b", `a\b`, "%2e%2e", "a?b", "a#b", "a\x00b", "a\nb", " a", "a\u00a0", "\xff\uFFFD", strings.Repeat("a", 513)} {
		err := client.Do(t.Context(), Call{Operation: get, IDs: []string{id}}, nil)
		require.ErrorIs(t, err, ErrInvalid, "%q", id)
	}
	require.ErrorIs(t, client.Do(t.Context(), Call{Operation: get}, nil), ErrInvalid)
	require.ErrorIs(t, client.Do(t.Context(), Call{Operation: get, IDs: []string{"1", "2"}}, nil), ErrInvalid)
	require.ErrorIs(t, client.Do(t.Context(), Call{Operation: create, Body: func() {}}, nil), ErrInvalid)
}
