package sendapptest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	now := newClock()
	server, err := sendapptest.NewServer(sendapptest.WithLimits(), sendapptest.WithClock(now.now))
	require.NoError(t, err)
	for i := range 100 {
		response, _ := send(t, server, "GET", "/contacts", "")
		require.Equal(t, 200, response.StatusCode, i)
		require.Equal(t, fmt.Sprint(99-i), response.Header.Get("RateLimit-Remaining"))
		_ = response.Body.Close()
	}
	response, answer := send(t, server, "GET", "/contacts", "")
	assert.Equal(t, 429, response.StatusCode)
	assert.Equal(t, "rate_limited", answer["code"])
	assert.Equal(t, "100", response.Header.Get("RateLimit-Limit"))
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	_ = response.Body.Close()
	now.Time = now.Add(10 * time.Second)
	response, _ = send(t, server, "GET", "/contacts", "")
	assert.Equal(t, 200, response.StatusCode)
	_ = response.Body.Close()
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault sendapptest.Fault
		want  int // records
	}{
		"an error before": {sendapptest.Fault{Status: 503}, 0},
		"an error after":  {sendapptest.Fault{Status: 500, After: true}, 1},
		"cut before":      {sendapptest.Fault{Cut: true}, 0},
		"cut after":       {sendapptest.Fault{Cut: true, After: true}, 1},
	} {
		server, client := sendapptest.Start(t, sendapptest.WithFaults(func(string, int) sendapptest.Fault { return test.fault }))
		client, err := client.With(sendapp.WithRetry(sendapp.RetryPolicy{}))
		require.NoError(t, err)
		_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
		require.ErrorIs(t, err, sendapp.ErrUnknownOutcome, name)
		assert.Equal(t, test.want, server.Counts().Contacts, name)
		assert.Equal(t, map[string]int{"contacts.create": 1}, server.Requests(), name)
	}
}
