package contactstest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts/contactstest"
)

// get reads a contact in whatever way it goes.
func (r raw) get(ctx context.Context, id string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/contacts/"+id, nil)
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Version", r.version)
	response, err := r.server.Transport().RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	data, err := io.ReadAll(response.Body)
	return response, string(data), err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  contactstest.Fault
		status int // 0: no answer
		body   string
		err    string
		header map[string]string
	}{
		"429":                  {contactstest.Fault{Status: 429}, 429, `"statusCode":429`, "", map[string]string{"Retry-After": ""}},
		"429 with Retry-After": {contactstest.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, 429, "", "", map[string]string{"Retry-After": "2"}},
		"500":                  {contactstest.Fault{Status: 500}, 500, "A fault", "", nil},
		"cut":                  {contactstest.Fault{Cut: true}, 0, "", "cut", nil},
		"cut body":             {contactstest.Fault{CutBody: true}, 200, `{"contact":`, "unexpected EOF", nil},
		"HTML":                 {contactstest.Page("contacts.get"), 200, "<!doctype html>", "", map[string]string{"Content-Type": "text/html; charset=utf-8"}},
		"content type":         {contactstest.Fault{ContentType: "text/plain"}, 200, `"contact"`, "", map[string]string{"Content-Type": "text/plain"}},
		"empty":                {contactstest.Fault{Empty: true}, 200, "", "", nil},
		"other operation":      {contactstest.Fault{Operation: "contacts.create", Cut: true}, 200, `"contact"`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRaw(t)
			id := r.contact("")
			stop := r.server.Fail(c.fault)
			response, body, err := r.get(t.Context(), id)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
			} else {
				require.NoError(t, err)
			}
			assert.Contains(t, body, c.body)
			if c.status != 0 {
				require.NotNil(t, response)
				assert.Equal(t, c.status, response.StatusCode)
				for header, value := range c.header {
					assert.Equal(t, value, response.Header.Get(header))
				}
			}
			stop()
			r.must("GET", "/contacts/"+id, "")
		})
	}
}

func TestAFaultBeginsAndEnds(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact("")
	r.server.Fail(contactstest.Fault{Operation: "contacts.get", Skip: 1, Times: 2, Status: 503}, contactstest.Fault{Operation: "contacts.get", Skip: 3, Times: 1, Status: 502})
	var got []int
	for range 6 {
		status, _ := r.do("GET", "/contacts/"+id, "")
		got = append(got, status)
	}
	assert.Equal(t, []int{200, 503, 503, 200, 200, 502}, got, "the second counts what the first lets through")
}

func TestAFaultAfterTheEffect(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		r := startRaw(t)
		r.server.Fail(contactstest.Fault{Operation: "contacts.create", Status: 422, After: after})
		status, _ := r.do("POST", "/contacts/", `{"locationId":"LOCATION"}`)
		assert.Equal(t, 422, status)
		assert.Equal(t, after, r.server.Counts().Contacts == 1, "as a create did once")
	}
}

func TestAStaleAnswerIsThatOfTheLastTime(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	first, second := r.contact(""), r.contact("")
	r.must("GET", "/contacts/"+first, "")
	r.server.Fail(contactstest.Fault{Operation: "contacts.get", Stale: true})
	assert.Equal(t, first, in(r.must("GET", "/contacts/"+second, ""), "contact", "id"))
}

func TestDelaysInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := startRaw(t)
		id := r.contact("")
		for _, fault := range []contactstest.Fault{{Delay: time.Minute}, {Delay: time.Minute, After: true}, {SlowBody: time.Minute}} {
			stop := r.server.Fail(fault)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			_, _, err := r.get(ctx, id)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
			start := time.Now()
			_, body, err := r.get(t.Context(), id)
			require.NoError(t, err)
			assert.Contains(t, body, id)
			assert.GreaterOrEqual(t, time.Since(start), time.Minute)
			stop()
		}
		r.server.Fail(contactstest.Fault{Operation: "contacts.delete", Delay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodDelete, "http://localhost/contacts/"+id, nil)
		require.NoError(t, err)
		_, err = r.server.Transport().RoundTrip(request)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		assert.Equal(t, 1, r.server.Counts().Contacts, "a request that was given up before did nothing")
	})
}

func TestFaultsOverASocket(t *testing.T) {
	t.Parallel()
	r := startRaw(t)
	id := r.contact("")
	url, err := r.server.Listen("127.0.0.1:0")
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, fault := range []contactstest.Fault{{Cut: true}, {CutBody: true}} {
		stop := r.server.Fail(fault)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/contacts/"+id, nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		if err == nil {
			_, err = io.ReadAll(response.Body)
			_ = response.Body.Close()
		}
		require.Error(t, err)
		stop()
	}
}
