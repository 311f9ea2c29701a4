package sendapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/webhook"
)

const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	noteEvent = `{"type":"note.updated","timestamp":"2026-03-04T05:06:07.089Z",` +
		`"data":{"noteId":"n1","contactId":"c1","body":"Called","mood":7}}`
)

func verifier(t testing.TB, secrets ...Secret) *Verifier {
	t.Helper()
	v, err := NewVerifier(secrets...)
	require.NoError(t, err)
	return v
}

// deliver sends a webhook to a handler and returns the status.
func deliver(h http.Handler, header http.Header, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// The values are those of the specification's own libraries.
func TestSignatureOfTheSpecification(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	body := []byte(`{"test": 2432232314}`)
	v := verifier(t, secret)
	require.NoError(t, v.Verify(header, body))
	assert.Equal(t, header, v.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), body))
	assert.ErrorIs(t, v.Verify(header, append(body, ' ')), ErrSignature)
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       `does not begin with "whsec_"`,
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":       `does not begin with "whsec_"`,
		"whsec_":                                 "fewer than the 24",
		"whsec_MfKQ9r8GKYqrTwjUPD8I":             "fewer than the 24",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!": "not base64",
	} {
		_, err := NewVerifier(secret, Secret(text))
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, "secret 2")
		assert.NotContains(t, err.Error(), "MfKQ")
	}
	_, err := NewVerifier()
	require.Error(t, err)
	v := verifier(t, secret)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		assert.Equal(t, "sendapp.Verifier", fmt.Sprintf(format, v))
		assert.Equal(t, "sendapp.Verifier", fmt.Sprintf(format, *v))
	}
}

func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	older, newer, both := verifier(t, secret), verifier(t, newSecret), verifier(t, secret, newSecret)
	body, now := []byte(noteEvent), time.Now()
	for name, test := range map[string]struct {
		signer, reader *Verifier
		ok             bool
	}{
		"one of one":          {older, older, true},
		"another":             {newer, older, false},
		"the sender has both": {both, newer, true},
		"the reader has both": {newer, both, true},
	} {
		err := test.reader.Verify(test.signer.Sign("id", now, body), body)
		assert.Equal(t, test.ok, err == nil, name)
	}
	header := older.Sign("id", now, body)
	header.Set("Webhook-Signature", "v1a,AAAA v2,!! v1, v1,AAAA "+header.Get("Webhook-Signature"))
	assert.NoError(t, older.Verify(header, body), "versions and signatures that are not known don't matter")
}

func TestHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	for name, change := range map[string]func(http.Header){
		"no id":               func(h http.Header) { h.Del("Webhook-Id") },
		"no time":             func(h http.Header) { h.Del("Webhook-Timestamp") },
		"no signature":        func(h http.Header) { h.Del("Webhook-Signature") },
		"two ids":             func(h http.Header) { h.Add("Webhook-Id", "id") },
		"two times":           func(h http.Header) { h.Add("Webhook-Timestamp", h.Get("Webhook-Timestamp")) },
		"two signatures":      func(h http.Header) { h.Add("Webhook-Signature", h.Get("Webhook-Signature")) },
		"another id":          func(h http.Header) { h.Set("Webhook-Id", "other") },
		"another time":        func(h http.Header) { h.Set("Webhook-Timestamp", "1") },
		"a time with a sign":  func(h http.Header) { h.Set("Webhook-Timestamp", "+"+h.Get("Webhook-Timestamp")) },
		"a time out of range": func(h http.Header) { h.Set("Webhook-Timestamp", "99999999999999999999") },
		"another version": func(h http.Header) {
			h.Set("Webhook-Signature", "v2"+strings.TrimPrefix(h.Get("Webhook-Signature"), "v1"))
		},
		"an empty signature": func(h http.Header) { h.Set("Webhook-Signature", "v1,") },
		"a short signature":  func(h http.Header) { h.Set("Webhook-Signature", h.Get("Webhook-Signature")[:11]) },
		"joined by a comma": func(h http.Header) {
			h.Set("Webhook-Signature", h.Get("Webhook-Signature")+", "+h.Get("Webhook-Signature")+",")
		},
	} {
		header := v.Sign("id", time.Now(), []byte(noteEvent))
		require.NoError(t, v.Verify(header, []byte(noteEvent)))
		change(header)
		assert.ErrorIs(t, v.Verify(header, []byte(noteEvent)), ErrSignature, name)
	}
	assert.ErrorIs(t, (*Verifier)(nil).Verify(http.Header{}, nil), ErrSignature)
}

func TestWebhookIsKept(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	var got []Event
	h := NewWebhookHandler(v, func(ctx context.Context, event Event) error {
		_, bounded := ctx.Deadline()
		assert.True(t, bounded)
		got = append(got, event)
		return nil
	}, nil)
	header := v.Sign("msg_1", time.Now(), []byte(noteEvent))
	assert.Equal(t, 200, deliver(h, header, noteEvent))
	assert.Equal(t, 200, deliver(h, header, noteEvent), "seen again")
	require.Len(t, got, 1)
	event := got[0]
	assert.Equal(t, EventNoteUpdated, event.Type)
	assert.Equal(t, "msg_1", event.WebhookID)
	assert.Equal(t, 2026, event.Timestamp.Year())
	assert.JSONEq(t, noteEvent, string(event.Raw))
	note, ok := event.Note()
	require.True(t, ok)
	assert.Equal(t, "n1", note.NoteID)
	assert.JSONEq(t, "7", string(note.Extra()["mood"]))
	_, ok = event.Contact()
	assert.False(t, ok)
	_, ok = event.Task()
	assert.False(t, ok)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	event, err := ParseEvent([]byte(`{"type":"contact.deleted","data":{"contactId":"c1"}}`))
	require.NoError(t, err)
	contact, ok := event.Contact()
	require.True(t, ok)
	assert.Equal(t, "c1", contact.ContactID)
	event, err = ParseEvent([]byte(`{"type":"task.reassigned","data":{"taskId":"t1"},"timestamp":{"odd":1}}`))
	require.NoError(t, err)
	task, ok := event.Task()
	require.True(t, ok, "a type that is added later")
	assert.Equal(t, "t1", task.TaskID)
	assert.True(t, event.Timestamp.Time.IsZero())
	event, err = ParseEvent([]byte(`{"type":"appointment.created","data":{"appointmentId":"a1"}}`))
	require.NoError(t, err)
	appointment, ok := event.Appointment()
	require.True(t, ok)
	assert.Equal(t, "a1", appointment.AppointmentID)
	event, err = ParseEvent([]byte(`{"type":"invoice.paid","data":[1]}`))
	require.NoError(t, err, "an unknown type is delivered")
	assert.Equal(t, EventType("invoice.paid"), event.Type)
	assert.JSONEq(t, "[1]", string(event.Data))
	for _, body := range []string{`{"type":"note.created"}`, `{"type":"note.created","data":"n1"}`, `{"type":"note.created","data":{"noteId":""}}`} {
		event, err := ParseEvent([]byte(body))
		require.NoError(t, err)
		_, ok := event.Note()
		assert.False(t, ok, body)
	}
	for _, body := range []string{"", "null", "[]", "{", "7", `{}`, `{"type":7}`, `{"type":""}`, `{"type":"a"}{`, `"type"`} {
		_, err := ParseEvent([]byte(body))
		assert.Error(t, err, body)
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	var log bytes.Buffer
	h := NewWebhookHandler(v, func(context.Context, Event) error {
		t.Error("the callback was called")
		return nil
	}, WithWebhookLogger(slog.New(slog.NewTextHandler(&log, nil))), WithWebhookLogger(nil))
	signed := func(body string) http.Header { return v.Sign("id", time.Now(), []byte(body)) }
	packed := signed(noteEvent)
	packed.Set("Content-Encoding", "gzip")
	large := strings.Repeat(" ", webhook.MaxBody+1)
	assert.Equal(t, 401, deliver(h, http.Header{}, noteEvent))
	assert.Equal(t, 401, deliver(h, signed(noteEvent), noteEvent+" "))
	assert.Equal(t, 401, deliver(h, http.Header{}, "{"), "it is verified before it is parsed")
	assert.Equal(t, 400, deliver(h, signed("{"), "{"))
	assert.Equal(t, 413, deliver(h, signed(large), large))
	assert.Equal(t, 415, deliver(h, packed, noteEvent))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, 405, w.Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
	assert.Equal(t, 401, deliver(NewWebhookHandler(nil, nil), signed(noteEvent), noteEvent))
	assert.Contains(t, log.String(), "signature")
	assert.NotContains(t, log.String(), "Called")
}

func TestWebhooksTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, secret)
		keep := func(context.Context, Event) error { return nil }
		for _, test := range []struct {
			age    time.Duration
			opts   []WebhookOption
			status int
		}{
			{0, nil, 200},
			{4 * 24 * time.Hour, nil, 200}, // the last redelivery of the specification's schedule
			{8 * 24 * time.Hour, nil, 401},
			{-4 * time.Minute, nil, 200},
			{-6 * time.Minute, nil, 401},
			{6 * time.Minute, []WebhookOption{WithTolerance(5 * time.Minute)}, 401},
			{6 * time.Minute, []WebhookOption{WithTolerance(0)}, 200},
		} {
			header := v.Sign("id", time.Now().Add(-test.age), []byte(noteEvent))
			assert.Equal(t, test.status, deliver(NewWebhookHandler(v, keep, test.opts...), header, noteEvent), test.age)
		}
	})
}

func TestWebhooksThatCannotBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, secret)
		var log bytes.Buffer
		fail := func(context.Context, Event) error { return errors.New("the disk is full") }
		next := fail
		h := NewWebhookHandler(v, func(ctx context.Context, event Event) error { return next(ctx, event) },
			WithWebhookLogger(slog.New(slog.NewTextHandler(&log, nil))), WithCallbackTimeout(3*time.Second), WithCallbackTimeout(0))
		header := v.Sign("id", time.Now(), []byte(noteEvent))
		assert.Equal(t, 429, deliver(h, header, noteEvent))
		next = func(context.Context, Event) error { panic("Anna, +15551234567") }
		assert.Equal(t, 429, deliver(h, header, noteEvent))
		next = func(ctx context.Context, _ Event) error {
			<-ctx.Done()
			return ctx.Err()
		}
		start := time.Now()
		assert.Equal(t, 429, deliver(h, header, noteEvent))
		assert.Equal(t, 3*time.Second, time.Since(start))
		kept := false
		next = func(context.Context, Event) error {
			kept = true
			return nil
		}
		assert.Equal(t, 200, deliver(h, header, noteEvent))
		assert.True(t, kept, "what failed gets in when it is delivered again")
		assert.Contains(t, log.String(), "note.updated")
		assert.NotContains(t, log.String(), "Anna")
	})
}

// brokenStore fails where it is told to.
type brokenStore struct{ seen, remember error }

func (s brokenStore) Seen(context.Context, string) (bool, error) { return false, s.seen }
func (s brokenStore) Remember(context.Context, string) error     { return s.remember }

func TestReplayStores(t *testing.T) {
	t.Parallel()
	v := verifier(t, secret)
	kept := 0
	keep := func(context.Context, Event) error {
		kept++
		return nil
	}
	header := v.Sign("id", time.Now(), []byte(noteEvent))
	oops := errors.New("oops")
	assert.Equal(t, 429, deliver(NewWebhookHandler(v, keep, WithReplayStore(brokenStore{seen: oops})), header, noteEvent))
	assert.Zero(t, kept)
	assert.Equal(t, 200, deliver(NewWebhookHandler(v, keep, WithReplayStore(brokenStore{remember: oops})), header, noteEvent))
	without := NewWebhookHandler(v, keep, WithReplayStore(nil))
	assert.Equal(t, 200, deliver(without, header, noteEvent))
	assert.Equal(t, 200, deliver(without, header, noteEvent))
	assert.Equal(t, 3, kept)
}

func FuzzWebhook(f *testing.F) {
	v, err := NewVerifier(secret)
	if err != nil {
		f.Fatal(err)
	}
	good := v.Sign("id", time.Now(), []byte(noteEvent))
	f.Add(good.Get("Webhook-Id"), good.Get("Webhook-Timestamp"), good.Get("Webhook-Signature"), []byte(noteEvent))
	f.Add("", "-1", "v1,", []byte("{"))
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, body []byte) {
		calls := 0
		h := NewWebhookHandler(v, func(_ context.Context, event Event) error {
			calls++
			if event.Type == "" || !bytes.Equal(event.Raw, body) {
				t.Errorf("a strange event of %q", body)
			}
			event.Contact()
			event.Task()
			event.Note()
			event.Appointment()
			return nil
		})
		header := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature}}
		status := deliver(h, header, string(body))
		if calls == 1 != (status == 200) || status == 200 && v.Verify(header, body) != nil {
			t.Errorf("status %d, %d calls", status, calls)
		}
		// The same body, rightly signed, is an event or none, and nothing else.
		calls = 0
		switch status := deliver(h, v.Sign("other", time.Now(), body), string(body)); {
		case len(body) > webhook.MaxBody:
		case status != 200 && status != 400, calls == 1 != (status == 200):
			t.Errorf("status %d, %d calls", status, calls)
		}
	})
}
