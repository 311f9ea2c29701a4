package sendapp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What someone sends who does not have the secret, or who has seen deliveries: none
// reaches the callback. Header names are as net/http's server has them.
func TestForgeries(t *testing.T) {
	t.Parallel()
	v, other := verifier(t, secret), verifier(t, newSecret)
	now := time.Now()
	body := []byte(noteEvent)
	good := func() http.Header { return v.Sign("msg_1", now, body) }
	signature := good().Get("Webhook-Signature")
	with := func(name string, values ...string) http.Header {
		h := good()
		h[name] = values
		return h
	}
	shift := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	// An HMAC of nothing, by nothing, and the asymmetric scheme of the specification
	// by a key of the sender's own.
	empty := base64.StdEncoding.EncodeToString(sign(nil, "msg_1", shift(0), body))
	asymmetric := base64.StdEncoding.EncodeToString(ed25519.Sign(ed25519.NewKeyFromSeed(make([]byte, 32)), body))
	for name, header := range map[string]http.Header{
		"no headers":                  {},
		"another secret":              other.Sign("msg_1", now, body),
		"a signature of another body": v.Sign("msg_1", now, []byte(noteEvent+" ")),
		"a signature of another id":   v.Sign("msg_2", now, body).Clone(),
		"another id":                  with("Webhook-Id", "msg_2"),
		"a fresh time":                with("Webhook-Timestamp", shift(time.Second)),
		"a stale one":                 v.Sign("msg_1", now.Add(-8*24*time.Hour), body),
		"one to come":                 v.Sign("msg_1", now.Add(6*time.Minute), body),
		"the year 36812":              v.Sign("msg_1", time.Unix(1<<40-1, 0), body),
		"1970":                        v.Sign("msg_1", time.Unix(0, 0), body),
		"a time with a space":         with("Webhook-Timestamp", " "+shift(0)),
		"a time with an underscore":   with("Webhook-Timestamp", shift(0)[:4]+"_"+shift(0)[4:]),
		"a time with zeros":           with("Webhook-Timestamp", "0"+shift(0)),
		"a time in hex":               with("Webhook-Timestamp", "0x5"),
		"milliseconds":                with("Webhook-Timestamp", shift(0)+"000"),
		"two ids":                     with("Webhook-Id", "msg_1", "msg_2"),
		"two times":                   with("Webhook-Timestamp", shift(0), shift(0)),
		"two signatures":              with("Webhook-Signature", signature, "v1,AAAA"),
		"v1a":                         with("Webhook-Signature", "v1a,"+asymmetric),
		"v1a with the HMAC":           with("Webhook-Signature", strings.Replace(signature, "v1,", "v1a,", 1)),
		"V1":                          with("Webhook-Signature", strings.ToUpper(signature[:2])+signature[2:]),
		"another case":                with("Webhook-Signature", "v1,"+strings.ToLower(signature[3:])),
		"no version":                  with("Webhook-Signature", signature[3:]),
		"a tab in it":                 with("Webhook-Signature", "v1,\t"+signature[3:]),
		"URL base64":                  with("Webhook-Signature", "v1,"+strings.NewReplacer("+", "-", "/", "_").Replace(signature[3:])+"-_"),
		"without padding":             with("Webhook-Signature", strings.TrimRight(signature, "=")),
		"more after it":               with("Webhook-Signature", signature+"AAAA"),
		"an empty secret":             with("Webhook-Signature", "v1,"+empty),
		"an empty signature":          with("Webhook-Signature", "v1,"),
		"junk":                        with("Webhook-Signature", strings.Repeat("v1,AAAA v1a,BBBB v2 , ", 500)),
		"other names": {
			"Svix-Id": {"msg_1"}, "Svix-Timestamp": {shift(0)}, "Svix-Signature": {signature},
		},
	} {
		h := NewWebhookHandler(v, func(context.Context, Event) error {
			t.Errorf("%s: the callback was called", name)
			return nil
		})
		if name == "a signature of another id" {
			header.Set("Webhook-Id", "msg_1")
		}
		assert.Equal(t, 401, deliver(h, header, noteEvent), name)
	}
	assert.NoError(t, v.Verify(with("Webhook-Signature", strings.Repeat("v1,AAAA v1a,BBBB v2 , ", 500)+signature), body), "the right one among junk")
}

// A body that is packed is refused before anybody unpacks it, and one that has no
// end is not read to it.
func TestBodiesThatAreBombs(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	h := NewWebhookHandler(v, func(context.Context, Event) error {
		t.Error("the callback was called")
		return nil
	})
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(bytes.Repeat([]byte("x"), 64<<20))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	for _, encoding := range []string{"gzip", "GZIP", "identity, gzip", "br", "Identity"} {
		header := v.Sign("id", time.Now(), packed.Bytes())
		header.Set("Content-Encoding", encoding)
		assert.Equal(t, 415, deliver(h, header, packed.String()), encoding)
	}
	read := &endless{}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", read))
	assert.Equal(t, 413, w.Code)
	assert.Less(t, read.n, 4<<20)

	deep := `{"type":"note.created","data":` + strings.Repeat(`{"a":`, 200_000)
	assert.Equal(t, 400, deliver(h, v.Sign("id", time.Now(), []byte(deep)), deep))
}

// endless never ends, and counts what was read of it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

// A delivery that was kept is answered, and not handed on again: by its id, which
// is signed, so that none else can make it another.
func TestAReplayIsKnown(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret, newSecret)
	calls := 0
	h := NewWebhookHandler(v, func(context.Context, Event) error {
		calls++
		return nil
	})
	header := v.Sign("msg_1", time.Now(), []byte(noteEvent))
	assert.Equal(t, 200, deliver(h, header, noteEvent))
	one := header.Clone()
	one.Set("Webhook-Signature", strings.Fields(header.Get("Webhook-Signature"))[1])
	assert.Equal(t, 200, deliver(h, one, noteEvent), "by the other secret")
	assert.Equal(t, 200, deliver(h, v.Sign("msg_1", time.Now().Add(time.Second), []byte(noteEvent)), noteEvent), "tried again")
	assert.Equal(t, 1, calls)
}
