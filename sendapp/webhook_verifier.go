package sendapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactlink/contactlink/internal/webhook"
)

// The headers of a webhook, as the Standard Webhooks specification names them.
const (
	webhookIDHeader        = "Webhook-Id"
	webhookTimestampHeader = "Webhook-Timestamp" // seconds since 1970
	webhookSignatureHeader = "Webhook-Signature" // "v1," and base64; several with spaces between
)

const (
	secretPrefix = "whsec_"
	// minSecret is how long a secret is at least, in bytes, by the specification.
	minSecret = 24
	// signatureVersion is the specification's mark of HMAC-SHA256.
	signatureVersion = "v1"
)

// ErrSignature is the error of a webhook whose signature is missing or wrong.
var ErrSignature = errors.New("sendapp: the webhook's signature is missing or wrong")

// Verifier checks the signatures of webhooks by the Standard Webhooks
// specification. It is safe for concurrent use.
type Verifier struct{ secrets [][]byte }

// NewVerifier returns a Verifier for these secrets, each "whsec_" and base64: one,
// or several while secrets rotate. A webhook must be signed with one of them.
func NewVerifier(secrets ...Secret) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("sendapp: a Verifier needs a webhook secret")
	}
	v := &Verifier{}
	for i, text := range secrets {
		secret, err := parseSecret(string(text))
		if err != nil {
			return nil, fmt.Errorf("sendapp: webhook secret %d: %w", i+1, err)
		}
		v.secrets = append(v.secrets, secret)
	}
	return v, nil
}

// parseSecret reads a secret. Its errors don't show it.
func parseSecret(text string) ([]byte, error) {
	encoded, found := strings.CutPrefix(text, secretPrefix)
	if !found {
		return nil, errors.New(`it does not begin with "whsec_"`)
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New(`what follows "whsec_" is not base64`)
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("it has %d bytes, fewer than the %d of the specification: is it cut off?", len(secret), minSecret)
	}
	return secret, nil
}

// Format keeps every verb of fmt from showing the secrets.
func (Verifier) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("sendapp.Verifier")) }

// Verify checks that a raw body, its id and its time are signed. It does not judge
// how old the time is: a handler does, see [WithTolerance]. Each of the three
// headers must be there once: what stands before this program may have looked at
// another one.
func (v *Verifier) Verify(header http.Header, body []byte) error {
	_, err := v.verify(header, body)
	return err
}

// verify is Verify, and says what is signed: the id and the time.
func (v *Verifier) verify(header http.Header, body []byte) (webhook.Delivery, error) {
	id, hasID := single(header, webhookIDHeader)
	timestamp, hasTime := single(header, webhookTimestampHeader)
	signature, hasSignature := single(header, webhookSignatureHeader)
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if v == nil || !hasID || !hasTime || !hasSignature || err != nil {
		return webhook.Delivery{}, ErrSignature
	}
	var given [][]byte
	for one := range strings.FieldsSeq(signature) {
		encoded, found := strings.CutPrefix(one, signatureVersion+",")
		if sum, err := base64.StdEncoding.DecodeString(encoded); found && err == nil {
			given = append(given, sum)
		}
	}
	for _, secret := range v.secrets {
		wanted := sign(secret, id, timestamp, body)
		if slices.ContainsFunc(given, func(sum []byte) bool { return hmac.Equal(sum, wanted) }) {
			return webhook.Delivery{ID: id, At: time.Unix(int64(seconds), 0)}, nil
		}
	}
	return webhook.Delivery{}, ErrSignature
}

// Sign returns the headers of a webhook with this body, signed with each secret:
// for a server of the contract, and for tests. id is the same when the webhook is
// delivered again.
func (v *Verifier) Sign(id string, at time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range v.secrets {
		sum := sign(secret, id, timestamp, body)
		signatures = append(signatures, signatureVersion+","+base64.StdEncoding.EncodeToString(sum))
	}
	header := http.Header{}
	header.Set(webhookIDHeader, id)
	header.Set(webhookTimestampHeader, timestamp)
	header.Set(webhookSignatureHeader, strings.Join(signatures, " "))
	return header
}

// sign is the signature of what the specification says is signed.
func sign(secret []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(id + "." + timestamp + ".")) // a hash does not fail
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}

// single returns the value of a header that must be there once.
func single(header http.Header, name string) (string, bool) {
	values := header.Values(name)
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}
