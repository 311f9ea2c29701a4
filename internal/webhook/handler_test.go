package webhook

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plain is a kind whose events are texts: "signed" is the signature, "id" and "age"
// are headers.
var plain = Kind[string]{
	Verify: func(header http.Header, _ []byte) (Delivery, error) {
		if header.Get("Signature") != "signed" {
			return Delivery{}, errors.New("forged")
		}
		d := Delivery{ID: header.Get("Id")}
		if age, err := time.ParseDuration(header.Get("Age")); err == nil {
			d.At = time.Now().Add(-age)
		}
		return d, nil
	},
	Read: func(body []byte, d *Delivery) (string, error) {
		if len(body) == 0 {
			return "", errors.New("no event")
		}
		d.Type = "text"
		return string(body), nil
	},
}

// send sends a webhook with pairs of headers and values.
func send(h http.Handler, body string, header ...string) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestTheOrderOfTheChecks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := NewHandler(plain, func(context.Context, string) error {
		t.Error("the callback was called")
		return nil
	}, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	large := strings.Repeat("x", MaxBody+1)
	for name, test := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"packed before large": {large, []string{"Content-Encoding", "gzip"}, 415},
		"packed twice":        {"x", []string{"Content-Encoding", "identity", "Content-Encoding", "br"}, 415},
		"large before forged": {large, nil, 413},
		"forged before empty": {"", nil, 401},
		"empty before stale":  {"", []string{"Signature", "signed", "Age", "200h"}, 400},
		"stale":               {"x", []string{"Signature", "signed", "Age", "200h"}, 401},
		"to come":             {"x", []string{"Signature", "signed", "Age", "-6m"}, 401},
	} {
		assert.Equal(t, test.status, send(h, test.body, test.header...), name)
	}
	assert.NotContains(t, log.String(), "xx", "no body is logged")
}

func TestWhatWasKeptIsKnownAgain(t *testing.T) {
	t.Parallel()
	var kept []string
	h := NewHandler(plain, func(_ context.Context, event string) error {
		kept = append(kept, event)
		return nil
	})
	for _, one := range [][]string{{"a", "1"}, {"b", "1"}, {"a", "2"}, {"c", ""}, {" c\n", ""}, {"d", ""}} {
		assert.Equal(t, 200, send(h, one[0], "Signature", "signed", "Id", one[1]))
	}
	assert.Equal(t, []string{"a", "a", "c", "d"}, kept, "by the id, or by what the body sums up to")
}

func TestACallbackThatTakesTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(plain, func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		})
		start := time.Now()
		assert.Equal(t, 429, send(h, "a", "Signature", "signed"))
		assert.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestMemoryReplaysForgetTheOldest(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]map[string]bool{
		-1: {"a": false, "b": false, "c": true}, 1: {"a": false, "b": false, "c": true}, 2: {"a": false, "b": true, "c": true},
	} {
		store := NewMemoryReplayStore(size)
		for _, id := range []string{"a", "b", "b", "c"} {
			require.NoError(t, store.Remember(t.Context(), id))
		}
		for id, seen := range want {
			got, err := store.Seen(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, seen, got, "%d %s", size, id)
		}
	}
}

// What the sender says of an event begins no line of the log, and does not fill it.
func TestALogLineIsNotForged(t *testing.T) {
	t.Parallel()
	const forged = "a\nlevel=ERROR msg=forged\r\x1b[2J\u009b\u202e\u2028"
	var logged []string
	kind := plain
	kind.Verify = func(http.Header, []byte) (Delivery, error) {
		return Delivery{ID: forged + strings.Repeat("é", 1000)}, nil
	}
	kind.Read = func(_ []byte, d *Delivery) (string, error) {
		d.Type = forged
		return "", errors.New("no event")
	}
	logger := slog.New(slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		logged = append(logged, a.Value.String())
		return a
	}}))
	assert.Equal(t, 400, send(NewHandler(kind, nil, WithLogger(logger)), "x"))
	require.NotEmpty(t, logged)
	for _, text := range logged {
		assert.Negative(t, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
		assert.LessOrEqual(t, len(text), 100)
	}
}
