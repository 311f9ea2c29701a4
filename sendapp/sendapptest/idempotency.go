package sendapptest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/sendapp"
)

const (
	// idempotencyWindow is how long an idempotency key is remembered.
	idempotencyWindow = 24 * time.Hour
	// maxKey is how long a key may be.
	maxKey = 255
)

// usedKey is an idempotency key that made a request succeed.
type usedKey struct {
	Key         string    `json:"key"`
	Fingerprint string    `json:"fingerprint"` // of method, path and body
	At          time.Time `json:"at"`
	status      int
	answer      jsontext.Value
	kind        string
	record      string
}

// once answers a POST whose idempotency key was used as it did the first time.
func (s *Server) once(c call, handle func(call) reply) reply {
	key := c.Header.Get("Idempotency-Key")
	switch {
	case c.Method != http.MethodPost || key == "" || !s.has(sendapp.FeatureIdempotencyKeys):
		return handle(c)
	case len(key) > maxKey:
		return refused(malformed("The Idempotency-Key is longer than 255 bytes."))
	}
	now := s.config.clock()
	s.state.forgetOldKeys(now)
	sum := sha256.Sum256(append([]byte(c.Method+" "+c.URL.Path+"\n"), c.data...))
	fingerprint := hex.EncodeToString(sum[:])
	if used := s.state.used(key); used != nil {
		if used.Fingerprint != fingerprint {
			return refused(newProblem(http.StatusUnprocessableEntity, sendapp.CodeIdempotencyMismatch, "The key was used for another request."))
		}
		return reply{status: used.status, body: used.answer}
	}
	c.used = &usedKey{Key: key, Fingerprint: fingerprint, At: now.UTC()}
	return handle(c)
}

// used returns the earlier use of an idempotency key, unless its record was
// deleted since.
func (s *state) used(key string) *usedKey {
	u := s.keys[key]
	if u == nil || !s.exists(u) {
		return nil
	}
	return u
}

// exists reports whether what the key made is still there.
func (s *state) exists(u *usedKey) bool {
	if u.kind == webhooks {
		return s.subscription(u.record) != nil
	}
	return s.collections[u.kind].byID[u.record] != nil
}

// forgetOldKeys forgets the keys that were used a day ago or earlier.
func (s *state) forgetOldKeys(now time.Time) {
	for len(s.keysByAge) > 0 && now.Sub(s.keysByAge[0].At) >= idempotencyWindow {
		old := s.keysByAge[0]
		s.keysByAge = s.keysByAge[1:]
		if s.keys[old.Key] == old { // it may have been used again
			delete(s.keys, old.Key)
		}
	}
}
