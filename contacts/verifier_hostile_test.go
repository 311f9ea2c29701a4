package contacts

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever can send webhooks, and does not have the key, reaches no callback, even
// where the older signatures are allowed.
func TestAForgedWebhookIsRefused(t *testing.T) {
	t.Parallel()
	ours, other := newSigner(t), newSigner(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	verifier, err := ours.verifier(t).WithRSA(&key.PublicKey)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(noteEvent))
	older, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	inRSA := base64.StdEncoding.EncodeToString(older)
	pss, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	require.NoError(t, err)
	signed := ours.sign(noteEvent)
	raw, err := base64.StdEncoding.DecodeString(signed)
	require.NoError(t, err)
	another := `{"type":"NoteDelete","webhookId":"w1"}`

	for name, header := range map[string]http.Header{
		"another's key":                       {signatureHeader: {other.sign(noteEvent)}},
		"the signature of another body":       {signatureHeader: {ours.sign(another)}},
		"an RSA signature as Ed25519":         {signatureHeader: {inRSA}},
		"an Ed25519 signature as RSA":         {rsaSignatureHeader: {signed}},
		"another RSA scheme":                  {rsaSignatureHeader: {base64.StdEncoding.EncodeToString(pss)}},
		"N/A, and an RSA one that is right":   {signatureHeader: {"N/A"}, rsaSignatureHeader: {inRSA}},
		"n/a in another case":                 {signatureHeader: {" n/a "}},
		"nothing, and an RSA one that is":     {signatureHeader: {""}, rsaSignatureHeader: {inRSA}},
		"a wrong one, and an RSA one that is": {signatureHeader: {other.sign(noteEvent)}, rsaSignatureHeader: {inRSA}},
		"two, of which one is right":          {signatureHeader: {other.sign(noteEvent), signed}},
		"two in one":                          {signatureHeader: {signed + "," + signed}},
		"in hexadecimal":                      {signatureHeader: {hex.EncodeToString(raw)}},
		"cut off":                             {signatureHeader: {base64.StdEncoding.EncodeToString(raw[:63])}},
		"longer":                              {signatureHeader: {base64.StdEncoding.EncodeToString(append(raw[:64:64], 0))}},
		"of megabytes":                        {signatureHeader: {strings.Repeat("A", 4<<20)}},
		"all zeros":                           {signatureHeader: {base64.StdEncoding.EncodeToString(make([]byte, 64))}},
		"in a header of another name":         {"X-Ghl-Signature-2": {signed}, "Signature": {signed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := NewWebhookHandler(verifier, func(context.Context, Event) error {
				t.Error("the callback was called")
				return nil
			})
			assert.Equal(t, http.StatusUnauthorized, receive(handler, noteEvent, header))
		})
	}

	// The names of headers have no case, and what is right is taken.
	for _, header := range []http.Header{{"x-ghl-signature": {signed}}, {"X-WH-SIGNATURE": {inRSA}}} {
		called := 0
		handler := NewWebhookHandler(verifier, func(context.Context, Event) error { called++; return nil })
		assert.Equal(t, http.StatusOK, receive(handler, noteEvent, header))
		assert.Equal(t, http.StatusOK, receive(handler, noteEvent, header), "sent again by somebody who listened")
		assert.Equal(t, 1, called)
		assert.Equal(t, http.StatusUnauthorized, receive(handler, strings.Replace(noteEvent, "w1", "w2", 1), header))
	}
}

// A body that is packed is refused before anybody unpacks it, one that has no end is
// not read to it, and one that nests deep is no event: though all are signed.
func TestBodiesThatAreBombs(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	handler := NewWebhookHandler(s.verifier(t), func(context.Context, Event) error {
		t.Error("the callback was called")
		return nil
	})
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(bytes.Repeat([]byte("x"), 64<<20))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	for _, encoding := range []string{"gzip", "GZIP", "identity, gzip", "br", "Identity"} {
		header := http.Header{signatureHeader: {s.sign(packed.String())}, "Content-Encoding": {encoding}}
		assert.Equal(t, http.StatusUnsupportedMediaType, receive(handler, packed.String(), header), encoding)
	}
	unpacked := http.Header{signatureHeader: {s.sign(packed.String())}}
	assert.Equal(t, http.StatusBadRequest, receive(handler, packed.String(), unpacked), "nor is it unpacked without the header")

	read := &endless{}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", read))
	assert.Equal(t, http.StatusRequestEntityTooLarge, recorder.Code)
	assert.Less(t, read.n, 4<<20)

	deep := `{"type":"NoteCreate","body":` + strings.Repeat(`{"a":`, 150_000)
	assert.Equal(t, http.StatusBadRequest, receive(handler, deep, http.Header{signatureHeader: {s.sign(deep)}}))
	stale := `{"type":"NoteCreate","webhookId":"w1","timestamp":"2020-01-01T00:00:00.000Z"}`
	assert.Equal(t, http.StatusUnauthorized, receive(handler, stale, http.Header{signatureHeader: {s.sign(stale)}}))
}

// endless never ends, and counts what was read of it.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n += len(p)
	return len(p), nil
}

// receive sends a webhook with these headers.
func receive(handler http.Handler, body string, header http.Header) int {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for name, values := range header {
		for _, value := range values {
			request.Header.Add(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code
}
