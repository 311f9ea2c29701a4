package sendapptest

import (
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// state is all that the server holds. It changes only by apply, so that a
// journal of what was applied brings it back.
type state struct {
	kinds       map[string]*kind
	collections map[string]*collection
	keys        map[string]*usedKey
}

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

// entry is one accepted change, as the journal keeps it.
type entry struct {
	Op   string    `json:"op"` // put, delete
	Kind string    `json:"kind"`
	ID   string    `json:"id"`
	At   time.Time `json:"at"` // of a delete

	// Of a put: the whole record.
	ContactID   string                    `json:"contactId,omitzero"`
	Fields      map[string]jsontext.Value `json:"fields,omitzero"`
	CompletedAt time.Time                 `json:"completedAt,omitzero"`
	CreatedAt   time.Time                 `json:"createdAt,omitzero"`
	UpdatedAt   time.Time                 `json:"updatedAt,omitzero"`
	Version     int64                     `json:"version,omitzero"`

	// Idempotency is the key of the request, and Answer and Status what it was
	// answered.
	Idempotency *usedKey       `json:"idempotency,omitzero"`
	Status      int            `json:"status,omitzero"`
	Answer      jsontext.Value `json:"answer,omitzero"`
}

const (
	opPut    = "put"
	opDelete = "delete"
)

func newState() *state {
	s := &state{kinds: map[string]*kind{}, collections: map[string]*collection{}, keys: map[string]*usedKey{}}
	for _, k := range kinds() {
		s.kinds[k.name] = k
		s.collections[k.name] = newCollection()
	}
	return s
}

func putEntry(k *kind, r *record) entry {
	return entry{
		Op: opPut, Kind: k.name, ID: r.id, ContactID: r.contactID, Fields: r.fields, At: r.updatedAt,
		CompletedAt: r.completedAt, CreatedAt: r.createdAt, UpdatedAt: r.updatedAt, Version: r.version,
	}
}

func (e entry) record() *record {
	r := &record{
		id: e.ID, contactID: e.ContactID, fields: e.Fields, completedAt: e.CompletedAt,
		createdAt: e.CreatedAt, updatedAt: e.UpdatedAt, version: e.Version,
	}
	if r.fields == nil {
		r.fields = map[string]jsontext.Value{}
	}
	return r
}

// restore brings the entry's texts back into the one form that they are compared
// in: encoding/json escapes some characters when it writes an entry.
func (e *entry) restore() error {
	for name, value := range e.Fields {
		if err := value.Format(jsontext.PreserveRawStrings(false)); err != nil {
			return fmt.Errorf("%s %s: %s: %w", e.Kind, e.ID, name, err)
		}
		e.Fields[name] = value
	}
	if e.Answer == nil {
		return nil
	}
	if err := e.Answer.Format(jsontext.PreserveRawStrings(false)); err != nil {
		return fmt.Errorf("%s %s: answer: %w", e.Kind, e.ID, err)
	}
	return nil
}

// apply makes a change. An entry that this package did not write is an error.
func (s *state) apply(e entry) error {
	c := s.collections[e.Kind]
	if c == nil {
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	switch e.Op {
	case opPut:
		c.put(e.record())
	case opDelete:
		r := c.byID[e.ID]
		if r == nil {
			return fmt.Errorf("delete of %s, which isn't there", e.ID)
		}
		s.delete(s.kinds[e.Kind], r, e.At)
	default:
		return fmt.Errorf("unknown operation %q", e.Op)
	}
	if e.Idempotency != nil {
		used := *e.Idempotency
		used.kind, used.record, used.status, used.answer = e.Kind, e.ID, e.Status, e.Answer
		s.keys[used.Key] = &used
	}
	return nil
}

// delete removes a record, and with a contact its children.
func (s *state) delete(k *kind, r *record, at time.Time) {
	if !k.child {
		for name, children := range s.collections {
			if name == k.name {
				continue
			}
			for _, child := range append(ordered[*record](nil), children.of(r.id)...) {
				children.delete(child, at)
			}
		}
	}
	s.collections[k.name].delete(r, at)
}

// used returns the earlier use of an idempotency key, unless it is older than
// a day or its record was deleted since.
func (s *state) used(key string, now time.Time) *usedKey {
	u := s.keys[key]
	if u == nil {
		return nil
	}
	if now.Sub(u.At) >= idempotencyWindow || s.collections[u.kind].byID[u.record] == nil {
		delete(s.keys, key)
		return nil
	}
	return u
}

// forgetOldKeys keeps the keys of a server that runs for days within bounds.
func (s *state) forgetOldKeys(now time.Time) {
	maps.DeleteFunc(s.keys, func(_ string, u *usedKey) bool { return now.Sub(u.At) >= idempotencyWindow })
}

// newest is when the state changed last.
func (s *state) newest() time.Time {
	var newest time.Time
	for _, c := range s.collections {
		if n := len(c.all); n > 0 && c.all[n-1].updatedAt.After(newest) {
			newest = c.all[n-1].updatedAt
		}
		if n := len(c.deleted); n > 0 && c.deleted[n-1].deletedAt.After(newest) {
			newest = c.deleted[n-1].deletedAt
		}
	}
	return newest
}
