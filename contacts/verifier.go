package contacts

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// vendorKey is the Ed25519 key that the vendor's guide publishes, as SPKI.
const vendorKey = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="

// vendorRSAKey is the older RSA key that the vendor's documents publish, as SPKI.
const vendorRSAKey = "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC" +
	"Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6" +
	"dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB" +
	"csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv" +
	"uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF" +
	"3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU" +
	"J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp" +
	"IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN" +
	"h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC" +
	"HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ" +
	"PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk" +
	"T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ=="

const (
	// signatureHeader has the Ed25519 signature of the raw body, in base64.
	signatureHeader = "X-GHL-Signature"
	// rsaSignatureHeader has the older one: RSA, PKCS#1 v1.5 with SHA-256.
	rsaSignatureHeader = "X-WH-Signature"
	// unsigned in place of a signature says that there is none.
	unsigned = "N/A"
)

// ErrSignature is the error of a webhook whose signature is missing or wrong.
var ErrSignature = errors.New("contacts: the webhook's signature is missing or wrong")

// Verifier checks the signatures of webhooks. It is safe for concurrent use.
type Verifier struct {
	keys []ed25519.PublicKey
	rsa  []*rsa.PublicKey // none: RSA is refused
}

// NewVerifier returns a Verifier for these keys: several while keys rotate, or
// those of a test server. Without any it has the key that the vendor publishes.
func NewVerifier(keys ...ed25519.PublicKey) (*Verifier, error) {
	for _, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return nil, errors.New("contacts: a webhook key is not an Ed25519 public key")
		}
	}
	if len(keys) == 0 {
		key, err := parseKey[ed25519.PublicKey](vendorKey)
		if err != nil {
			return nil, err
		}
		keys = []ed25519.PublicKey{key}
	}
	return &Verifier{keys: slices.Clone(keys)}, nil
}

// WithRSA returns a Verifier that takes the vendor's older RSA signatures as well,
// by these keys or, without any, by the one that the vendor publishes. It is for
// deliveries that have no Ed25519 signature; where there is one, it decides alone.
// The vendor announced the end of RSA for 2026.
func (v *Verifier) WithRSA(keys ...*rsa.PublicKey) (*Verifier, error) {
	for _, key := range keys {
		if key == nil || key.Size() < 256 {
			return nil, errors.New("contacts: a webhook key is not an RSA public key of at least 2048 bits")
		}
	}
	if len(keys) == 0 {
		key, err := parseKey[*rsa.PublicKey](vendorRSAKey)
		if err != nil {
			return nil, err
		}
		keys = []*rsa.PublicKey{key}
	}
	return &Verifier{keys: v.keys, rsa: slices.Clone(keys)}, nil
}

// parseKey reads a public key in SPKI, in base64.
func parseKey[K any](spki string) (key K, err error) {
	der, err := base64.StdEncoding.DecodeString(spki)
	if err != nil {
		return key, err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return key, err
	}
	key, ok := parsed.(K)
	if !ok {
		return key, fmt.Errorf("contacts: the vendor's key is a %T", parsed)
	}
	return key, nil
}

// Verify checks the signature of a raw body. "N/A" in place of a signature says
// that there is none, and more than one signature is none either: what stands
// before this program may have looked at the other.
func (v *Verifier) Verify(header http.Header, body []byte) error {
	if v == nil {
		return ErrSignature
	}
	if values := header.Values(signatureHeader); len(values) > 0 {
		signature, ok := signatureOf(values)
		if ok && slices.ContainsFunc(v.keys, func(key ed25519.PublicKey) bool { return ed25519.Verify(key, body, signature) }) {
			return nil
		}
		return ErrSignature
	}
	signature, ok := signatureOf(header.Values(rsaSignatureHeader))
	sum := sha256.Sum256(body)
	if ok && slices.ContainsFunc(v.rsa, func(key *rsa.PublicKey) bool {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}) {
		return nil
	}
	return ErrSignature
}

func signatureOf(values []string) ([]byte, bool) {
	if len(values) != 1 || strings.EqualFold(strings.TrimSpace(values[0]), unsigned) {
		return nil, false
	}
	signature, err := base64.StdEncoding.DecodeString(values[0])
	return signature, err == nil
}
