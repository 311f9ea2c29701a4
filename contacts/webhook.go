package contacts

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"time"
)

// vendorKey is the public key that the vendor's guide publishes, as SPKI.
const vendorKey = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="

// signatureHeader has the Ed25519 signature of the raw body, in base64.
const signatureHeader = "X-GHL-Signature"

// ErrSignature is the error of a webhook whose signature is missing or wrong.
var ErrSignature = errors.New("contacts: the webhook's signature is missing or wrong")

// Verifier checks the signatures of webhooks.
type Verifier struct{ keys []ed25519.PublicKey }

// NewVerifier returns a Verifier for these keys: several while keys rotate, or
// those of a test server. Without any it has the key that the vendor publishes.
func NewVerifier(keys ...ed25519.PublicKey) (*Verifier, error) {
	for _, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return nil, errors.New("contacts: a webhook key is not an Ed25519 public key")
		}
	}
	if len(keys) == 0 {
		der, err := base64.StdEncoding.DecodeString(vendorKey)
		if err != nil {
			return nil, err
		}
		parsed, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil, err
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, errors.New("contacts: the vendor's key is not an Ed25519 key")
		}
		keys = []ed25519.PublicKey{key}
	}
	return &Verifier{keys}, nil
}

// Verify checks the signature of a raw body. A signature of "N/A" says that
// there is none.
func (v *Verifier) Verify(header http.Header, body []byte) error {
	values := header.Values(signatureHeader)
	if len(values) != 1 {
		return ErrSignature
	}
	signature, err := base64.StdEncoding.DecodeString(values[0])
	if err != nil {
		return ErrSignature
	}
	for _, key := range v.keys {
		if ed25519.Verify(key, body, signature) {
			return nil
		}
	}
	return ErrSignature
}

// Limits of a webhook.
const (
	maxWebhook      = 1 << 20            // bytes
	callbackTimeout = 10 * time.Second   // for the callback, which only stores
	maxAge          = 7 * 24 * time.Hour // lets late redeliveries in
	maxAhead        = 5 * time.Minute    // of our clock
)

// NewWebhookHandler returns a handler that verifies webhooks and hands their
// events to callback, which only stores them and returns: syncer.Engine's
// Notify does, see flows.Notify.
//
// It answers 200 when callback has returned nil. An event that can't be kept now
// is answered 429, the one status after which the service is known to deliver
// again. The same event may come twice: its WebhookID tells.
func NewWebhookHandler(verifier *Verifier, callback func(context.Context, Event) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(handleWebhook(verifier, callback, w, r))
	})
}

func handleWebhook(verifier *Verifier, callback func(context.Context, Event) error, w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	}
	if verifier == nil || verifier.Verify(r.Header, body) != nil {
		return http.StatusUnauthorized
	}
	event, err := parseEvent(body)
	if err != nil {
		return http.StatusBadRequest
	}
	if age := time.Since(event.Timestamp.Time); !event.Timestamp.Time.IsZero() && (age > maxAge || age < -maxAhead) {
		return http.StatusUnauthorized // a replay of an old delivery
	}
	ctx, cancel := context.WithTimeout(r.Context(), callbackTimeout)
	defer cancel()
	if err := callback(ctx, event); err != nil {
		return http.StatusTooManyRequests
	}
	return http.StatusOK
}
