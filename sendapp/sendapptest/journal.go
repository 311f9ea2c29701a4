package sendapptest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/testserver"
)

// entry is one accepted change, as the journal keeps it.
type entry struct {
	Op   string    `json:"op"` // put, delete, feed, subscribe, unsubscribe, messages, settle
	Kind string    `json:"kind,omitzero"`
	ID   string    `json:"id"`
	At   time.Time `json:"at"` // of a delete

	// Of a put: the whole record.
	ContactID   string                    `json:"contactId,omitzero"`
	Fields      map[string]jsontext.Value `json:"fields,omitzero"`
	CompletedAt time.Time                 `json:"completedAt,omitzero"`
	CreatedAt   time.Time                 `json:"createdAt,omitzero"`
	UpdatedAt   time.Time                 `json:"updatedAt,omitzero"`
	Version     int64                     `json:"version,omitzero"`

	// Activities are what a put, or a feed, adds to feeds.
	Activities []activity `json:"activities,omitzero"`
	// Subscription is that of a subscribe.
	Subscription *subscription `json:"subscription,omitzero"`

	// Messages are the events that it makes, or, of messages, those that waited when
	// the journal was rewritten. ID is that of one, in a settle.
	Messages []message `json:"messages,omitzero"`

	// Idempotency is the key of the request, and Answer and Status what it was
	// answered.
	Idempotency *usedKey       `json:"idempotency,omitzero"`
	Status      int            `json:"status,omitzero"`
	Answer      jsontext.Value `json:"answer,omitzero"`
}

const (
	opPut         = "put"
	opDelete      = "delete"
	opFeed        = "feed" // what a contact's feed had when the journal was rewritten
	opSubscribe   = "subscribe"
	opUnsubscribe = "unsubscribe"
	opMessages    = "messages" // what waited when the journal was rewritten
	opSettle      = "settle"   // a message was delivered or given up
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
		e, err := readEntry(line)
		if err != nil {
			return err
		}
		return s.state.apply(e)
	}, func() []any {
		all := s.state.entries(s.config.clock())
		if waiting := s.state.waiting(); waiting != nil {
			all = append(all, entry{Op: opMessages, Messages: waiting})
		}
		return all
	})
	s.last = s.state.newest()
	return err
}

func readEntry(line []byte) (entry, error) {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return e, err
	}
	return e, e.restore()
}

// Save writes all that the server holds: lines of JSON that Load reads.
func (s *Server) Save(w io.Writer) error {
	s.mu.Lock()
	entries := s.state.entries(s.config.clock())
	s.mu.Unlock()
	buffer := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffer)
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return fmt.Errorf("sendapptest: save: %w", err)
		}
	}
	if err := buffer.Flush(); err != nil {
		return fmt.Errorf("sendapptest: save: %w", err)
	}
	return nil
}

// Load reads what Save wrote into a server that is empty. It sends no events.
func (s *Server) Load(r io.Reader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.empty() {
		return errors.New("sendapptest: load: the server holds records already")
	}
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			e, err := readEntry(line)
			e.Messages = nil
			if err == nil {
				err = s.store(e)
			}
			if err != nil {
				return fmt.Errorf("sendapptest: load: line %d: %w", number, err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			s.last = s.state.newest()
			return nil
		case err != nil:
			return fmt.Errorf("sendapptest: load: %w", err)
		}
	}
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
	for _, contactID := range slices.Sorted(maps.Keys(s.activities)) {
		all = append(all, entry{Op: opFeed, ID: contactID, Activities: s.activities[contactID]})
	}
	for _, hook := range s.subscriptions {
		all = append(all, entry{Op: opSubscribe, ID: hook.ID, At: hook.CreatedAt, Subscription: hook})
	}
	for _, used := range s.keysByAge {
		if s.keys[used.Key] != used {
			continue // used again since
		}
		if !s.exists(used) {
			continue // its record was deleted
		}
		if used.kind == webhooks {
			hook := s.subscription(used.record)
			all = append(all, entry{
				Op: opSubscribe, ID: hook.ID, At: hook.CreatedAt, Subscription: hook,
				Idempotency: used, Status: used.status, Answer: used.answer,
			})
		} else {
			e := putEntry(s.kinds[used.kind], s.collections[used.kind].byID[used.record])
			e.Idempotency, e.Status, e.Answer = used, used.status, used.answer
			all = append(all, e)
		}
	}
	return all
}

// commit makes a change and tells those who subscribed to it. The mutex is held.
func (s *Server) commit(e entry) error {
	e.Messages = s.messagesOf(e)
	if err := s.store(e); err != nil {
		return err
	}
	if e.Op == opUnsubscribe {
		s.sender.drop(e.ID)
	}
	s.sender.send(e.Messages)
	return nil
}

// store writes a change to the journal and then makes it. The mutex is held.
// After a failure the journal may end in half an entry, so nothing is written
// any more.
func (s *Server) store(e entry) error {
	if s.broken != nil {
		return s.broken
	}
	if s.broken = s.journal.Append(e); s.broken != nil {
		return s.broken
	}
	return s.state.apply(e)
}
