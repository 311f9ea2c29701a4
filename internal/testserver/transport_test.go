package testserver_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testserver"
)

func get(ctx context.Context, t *testing.T, handle http.HandlerFunc) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://any.example/path", strings.NewReader("body"))
	require.NoError(t, err)
	return testserver.Transport(handle).RoundTrip(request)
}

func TestTransportAnswersWhole(t *testing.T) {
	t.Parallel()
	response, err := get(t.Context(), t, func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		w.Header().Set("X-Path", r.URL.Path)
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(sent)
	})
	require.NoError(t, err)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "body", string(data))
	assert.Equal(t, http.StatusTeapot, response.StatusCode)
	assert.Equal(t, "/path", response.Header.Get("X-Path"))
	assert.EqualValues(t, 4, response.ContentLength)
}

func TestTransportCutsTheConnectionWhereTheHandlerPanics(t *testing.T) {
	t.Parallel()
	_, err := get(t.Context(), t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	require.ErrorContains(t, err, "the connection was cut")
	response, err := get(t.Context(), t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic(http.ErrAbortHandler)
	})
	require.NoError(t, err)
	data, err := io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "half", string(data))
}

func TestTransportStreamsInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Bool
		handle := func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended.Store(true) }()
			for range 3 {
				_, _ = w.Write([]byte("a"))
				assert.NoError(t, http.NewResponseController(w).Flush())
				select {
				case <-time.After(time.Minute):
				case <-r.Context().Done():
					return
				}
			}
		}
		start := time.Now()
		response, err := get(t.Context(), t, handle)
		require.NoError(t, err)
		assert.Zero(t, time.Since(start), "the head comes at once")
		data, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Equal(t, "aaa", string(data))
		assert.Equal(t, 3*time.Minute, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		response, err = get(ctx, t, handle)
		require.NoError(t, err)
		_, err = io.ReadAll(response.Body)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		ended.Store(false)
		response, err = get(t.Context(), t, handle)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		synctest.Wait()
		assert.True(t, ended.Load(), "closing the body ends the handler")
	})
}
