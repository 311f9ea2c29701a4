package sendapptest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/testserver"
)

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

// openJournal brings back what a directory holds.
func (s *Server) openJournal() error {
	var err error
	s.journal, err = testserver.OpenJournal(s.config.dir, "sendapp", func(line json.RawMessage) error {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if err := e.restore(); err != nil {
			return err
		}
		return s.state.apply(e)
	}, func() []any { return s.state.entries(s.config.clock()) })
	s.last = s.state.newest()
	return err
}

// entries are the entries that make the same state anew.
func (s *state) entries(now time.Time) []any {
	s.forgetOldKeys(now)
	var all []any
	for _, k := range kinds() { // contacts before their children
		for _, t := range s.collections[k.name].deleted {
			put := entry{Op: opPut, Kind: k.name, ID: t.id, ContactID: t.contactID, At: t.deletedAt}
			if t.externalID != "" {
				put.Fields = map[string]jsontext.Value{"externalId": quote(t.externalID)}
			}
			all = append(all, put, entry{Op: opDelete, Kind: k.name, ID: t.id, At: t.deletedAt})
		}
		for _, r := range s.collections[k.name].all {
			all = append(all, putEntry(k, r))
		}
	}
	for _, used := range s.keysByAge {
		if s.keys[used.Key] != used {
			continue // used again since
		}
		if r := s.collections[used.kind].byID[used.record]; r != nil {
			e := putEntry(s.kinds[used.kind], r)
			e.Idempotency, e.Status, e.Answer = used, used.status, used.answer
			all = append(all, e)
		}
	}
	return all
}

// commit writes a change to the journal and then makes it. The mutex is held.
// After a failure the journal may end in half an entry, so nothing is written
// any more.
func (s *Server) commit(e entry) error {
	if s.broken != nil {
		return s.broken
	}
	if s.broken = s.journal.Append(e); s.broken != nil {
		return s.broken
	}
	return s.state.apply(e)
}
