package contacts

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/internal/webhook"
)

// signer signs webhooks for tests.
type signer struct {
	public ed25519.PublicKey
	key    ed25519.PrivateKey
}

func newSigner(t testing.TB) signer {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return signer{public, key}
}

func (s signer) sign(body string) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(body)))
}

func (s signer) verifier(t testing.TB) *Verifier {
	t.Helper()
	verifier, err := NewVerifier(s.public)
	require.NoError(t, err)
	return verifier
}

// deliver sends a signed webhook.
func (s signer) deliver(handler http.Handler, body string) int {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set(signatureHeader, s.sign(body))
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code
}

const noteEvent = `{"type":"NoteCreate","locationId":"l1","id":"n1","body":"Called","contactId":"c1","webhookId":"w1"}`

func TestAWebhookIsHandedOn(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	var got []Event
	handler := NewWebhookHandler(s.verifier(t), func(ctx context.Context, e Event) error {
		_, bounded := ctx.Deadline()
		assert.True(t, bounded)
		got = append(got, e)
		return nil
	})
	assert.Equal(t, 200, s.deliver(handler, noteEvent))
	require.Len(t, got, 1)
	assert.Equal(t, EventNoteCreate, got[0].Type)
	assert.Equal(t, "l1", got[0].LocationID)
	assert.Equal(t, "w1", got[0].WebhookID)
	note, ok := got[0].Note()
	require.True(t, ok)
	assert.Equal(t, "c1", note.ContactID)
	_, ok = got[0].Contact()
	assert.False(t, ok)

	assert.Equal(t, 200, s.deliver(handler, `{"type":"SomethingNew","x":1}`), "an unknown type is delivered")
	assert.JSONEq(t, `{"type":"SomethingNew","x":1}`, string(got[1].Raw))
}

func TestWhatAWebhookIsRefusedFor(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	for name, test := range map[string]struct {
		method string
		body   string
		header http.Header
		want   int
	}{
		"no signature":            {body: noteEvent, want: 401},
		"N/A":                     {body: noteEvent, header: http.Header{signatureHeader: {"N/A"}}, want: 401},
		"another body":            {body: noteEvent + " ", header: http.Header{signatureHeader: {s.sign(noteEvent)}}, want: 401},
		"no base64":               {body: noteEvent, header: http.Header{signatureHeader: {"***"}}, want: 401},
		"two signatures":          {body: noteEvent, header: http.Header{signatureHeader: {s.sign(noteEvent), s.sign(noteEvent)}}, want: 401},
		"an RSA one, not allowed": {body: noteEvent, header: http.Header{rsaSignatureHeader: {s.sign(noteEvent)}}, want: 401},
		"a GET":                   {method: "GET", want: 405},
		"a large body":            {body: strings.Repeat("x", webhook.MaxBody+1), want: 413},
		"a packed body":           {body: noteEvent, header: http.Header{"Content-Encoding": {"gzip"}, signatureHeader: {s.sign(noteEvent)}}, want: 415},
		"no JSON":                 {body: "{", header: http.Header{signatureHeader: {s.sign("{")}}, want: 400},
		"no object":               {body: "[]", header: http.Header{signatureHeader: {s.sign("[]")}}, want: 400},
		"no type":                 {body: "{}", header: http.Header{signatureHeader: {s.sign("{}")}}, want: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := NewWebhookHandler(s.verifier(t), func(context.Context, Event) error {
				t.Error("the callback was called")
				return nil
			})
			if test.method == "" {
				test.method = http.MethodPost
			}
			request := httptest.NewRequest(test.method, "/", strings.NewReader(test.body))
			for key, values := range test.header {
				request.Header[http.CanonicalHeaderKey(key)] = values
			}
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			assert.Equal(t, test.want, recorder.Code)
		})
	}
}

func TestAnEventThatCantBeKeptComesAgain(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	calls := 0
	var log bytes.Buffer
	handler := NewWebhookHandler(s.verifier(t), func(context.Context, Event) error {
		switch calls++; calls {
		case 1:
			return errors.New("the disk is full")
		case 2:
			panic("ada@example.com")
		default:
			return nil
		}
	}, WithWebhookLogger(slog.New(slog.NewTextHandler(&log, nil))), WithCallbackTimeout(time.Second))
	assert.Equal(t, 429, s.deliver(handler, noteEvent))
	assert.Equal(t, 429, s.deliver(handler, noteEvent))
	assert.Equal(t, 200, s.deliver(handler, noteEvent), "a redelivery after a failure gets in")
	assert.Equal(t, 200, s.deliver(handler, noteEvent))
	assert.Equal(t, 3, calls, "it is not handed on again")
	assert.Contains(t, log.String(), "the disk is full")
	assert.Contains(t, log.String(), "panicked")
	assert.NotContains(t, log.String(), "ada@example.com")
}

func TestAnEventWithoutAnIDIsKnownByItsBody(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	calls := 0
	handler := NewWebhookHandler(s.verifier(t), func(context.Context, Event) error {
		calls++
		return nil
	})
	for _, body := range []string{`{"type":"A"}`, `{"type":"A"}`, `{"type":"B"}`} {
		assert.Equal(t, 200, s.deliver(handler, body))
	}
	assert.Equal(t, 2, calls)
}

// brokenReplays is a ReplayStore that fails.
type brokenReplays struct{ seen, remember error }

func (b brokenReplays) Seen(context.Context, string) (bool, error) { return false, b.seen }
func (b brokenReplays) Remember(context.Context, string) error     { return b.remember }

func TestAReplayStoreThatFails(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	kept := func(context.Context, Event) error { return nil }
	assert.Equal(t, 429, s.deliver(NewWebhookHandler(s.verifier(t), kept, WithReplayStore(brokenReplays{seen: io.EOF})), noteEvent))
	assert.Equal(t, 200, s.deliver(NewWebhookHandler(s.verifier(t), kept, WithReplayStore(brokenReplays{remember: io.EOF})), noteEvent))
	handler := NewWebhookHandler(s.verifier(t), kept, WithReplayStore(nil), nil)
	assert.Equal(t, 200, s.deliver(handler, noteEvent))
	assert.Equal(t, 200, s.deliver(handler, noteEvent))
}

func TestTheToleranceLetsRedeliveriesIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSigner(t)
		kept := func(context.Context, Event) error { return nil }
		usual := NewWebhookHandler(s.verifier(t), kept)
		strict := NewWebhookHandler(s.verifier(t), kept, WithTolerance(5*time.Minute))
		for age, want := range map[time.Duration][2]int{
			0:                      {200, 200},
			70 * time.Minute:       {200, 401}, // the last redelivery
			6 * 24 * time.Hour:     {200, 401},
			7*24*time.Hour + 1e9:   {401, 401},
			-4 * time.Minute:       {200, 200},
			-(5*time.Minute + 1e9): {401, 401},
		} {
			body := `{"type":"NoteCreate","timestamp":"` + time.Now().Add(-age).UTC().Format(time.RFC3339Nano) + `"}`
			assert.Equal(t, want, [2]int{s.deliver(usual, body), s.deliver(strict, body)}, age)
		}
	})
}

func TestRSAIsOptIn(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(noteEvent))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	signed := http.Header{}
	signed.Set(rsaSignatureHeader, base64.StdEncoding.EncodeToString(signature))

	verifier := s.verifier(t)
	require.ErrorIs(t, verifier.Verify(signed, []byte(noteEvent)), ErrSignature)
	both, err := verifier.WithRSA(&key.PublicKey)
	require.NoError(t, err)
	require.NoError(t, both.Verify(signed, []byte(noteEvent)))
	require.ErrorIs(t, both.Verify(signed, []byte(noteEvent+" ")), ErrSignature)
	vendors, err := verifier.WithRSA()
	require.NoError(t, err)
	require.ErrorIs(t, vendors.Verify(signed, []byte(noteEvent)), ErrSignature)

	// Where there is an Ed25519 signature, it decides alone.
	signed.Set(signatureHeader, "N/A")
	require.ErrorIs(t, both.Verify(signed, []byte(noteEvent)), ErrSignature)
	signed.Set(signatureHeader, s.sign(noteEvent))
	require.NoError(t, both.Verify(signed, []byte(noteEvent)))

	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		_, err = verifier.WithRSA(&small.PublicKey)
	}
	require.Error(t, err)
	_, err = verifier.WithRSA(nil)
	require.Error(t, err)
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	older, newer := newSigner(t), newSigner(t)
	verifier, err := NewVerifier(older.public, newer.public)
	require.NoError(t, err)
	for _, s := range []signer{older, newer} {
		require.NoError(t, verifier.Verify(http.Header{http.CanonicalHeaderKey(signatureHeader): {s.sign("x")}}, []byte("x")))
	}
	_, err = NewVerifier(older.public[:5])
	require.Error(t, err)
	vendors, err := NewVerifier()
	require.NoError(t, err)
	require.ErrorIs(t, vendors.Verify(http.Header{http.CanonicalHeaderKey(signatureHeader): {newer.sign("x")}}, []byte("x")), ErrSignature)
}

func TestAHandlerWithoutVerifierRefusesEverything(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	assert.Equal(t, 401, s.deliver(NewWebhookHandler(nil, func(context.Context, Event) error { return nil }), noteEvent))
}

// TestSamplesDecodeWithoutLoss decodes each published sample, encodes it, and
// compares.
func TestSamplesDecodeWithoutLoss(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(testenv.Specs(t), "webhooks", "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), 19)
	typed := map[EventType]bool{}
	for _, path := range paths {
		sample, err := os.ReadFile(path)
		require.NoError(t, err)
		event, err := ParseEvent(sample)
		require.NoError(t, err, path)
		var record any
		want := string(sample)
		for _, decode := range []func() (any, bool){
			func() (any, bool) { return present2(event.Contact()) },
			func() (any, bool) { return present2(event.Task()) },
			func() (any, bool) { return present2(event.Note()) },
			func() (any, bool) { return present2(event.Installation()) },
			func() (any, bool) {
				var around struct {
					Appointment json.RawMessage `json:"appointment"`
				}
				appointment, ok := event.Appointment()
				if ok {
					require.NoError(t, json.Unmarshal(sample, &around))
					want = string(around.Appointment)
				}
				return appointment, ok
			},
		} {
			if value, ok := decode(); ok {
				require.Nil(t, record, "%s is of two kinds", path)
				record = value
			}
		}
		require.NotNil(t, record, path)
		typed[event.Type] = true
		data, err := json.Marshal(record)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(data), path)
	}
	// The samples of the other two have AppointmentCreate as their type, by mistake.
	for _, name := range EventTypes() {
		if name != EventAppointmentUpdate && name != EventAppointmentDelete {
			assert.True(t, typed[name], name)
		}
	}
}

func present2[T any](value *T, ok bool) (any, bool) { return value, ok }

func FuzzWebhook(f *testing.F) {
	s := signer{}
	s.public, s.key, _ = ed25519.GenerateKey(bytes.NewReader(make([]byte, ed25519.SeedSize)))
	verifier, err := NewVerifier(s.public)
	require.NoError(f, err)
	for _, body := range []string{noteEvent, `{"type":"AppointmentCreate","appointment":{"id":1}}`, `{"type":5}`, `[]`, `{"type":"INSTALL","trial":7}`} {
		f.Add([]byte(body), s.sign(body), "", "")
		f.Add([]byte(body), "N/A", "AAAA", "gzip")
	}
	f.Fuzz(func(t *testing.T, body []byte, signature, older, encoding string) {
		reached := false
		handler := NewWebhookHandler(verifier, func(_ context.Context, e Event) error {
			reached = true
			e.Contact()
			e.Task()
			e.Note()
			e.Appointment()
			e.Installation()
			assert.NotEmpty(t, e.Type)
			return nil
		})
		send := func(header http.Header) int {
			request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
			request.Header = header
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			return recorder.Code
		}
		code := send(http.Header{
			http.CanonicalHeaderKey(signatureHeader): {signature}, http.CanonicalHeaderKey(rsaSignatureHeader): {older},
			"Content-Encoding": {encoding},
		})
		raw, decodeErr := base64.StdEncoding.DecodeString(signature)
		valid := decodeErr == nil && ed25519.Verify(s.public, body, raw)
		assert.Equal(t, code == 200, reached)
		if !valid {
			assert.False(t, reached, "an unsigned body reached the callback")
		}
		code = send(http.Header{http.CanonicalHeaderKey(signatureHeader): {s.sign(string(body))}})
		assert.Contains(t, []int{200, 400, 401, 413}, code)
	})
}
