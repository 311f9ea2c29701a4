package simtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// MirrorOptions describe a target in memory.
type MirrorOptions[T any] struct {
	// Flow is the name of the flow that it is the target of.
	Flow string
	// Can is what the target can do. Without ExternalIDs it forgets them, and is
	// searched by syncer.CandidateTarget.
	Can syncer.TargetCapabilities
	// Mapped are the names of the fields that may be written. Writing another one
	// breaks a promise.
	Mapped []string
	// Normalise is what the target makes of a value; nil: it keeps all as it is.
	Normalise func(field string, value json.RawMessage) json.RawMessage
	// Edit is what strangers write: the fields that are set. Nil: they leave it
	// alone.
	Edit func(r *rand.Rand) T
	// Revision is the number of a value's version at the source, if it holds one:
	// an older one must never follow a newer one.
	Revision func(T) (n int, ok bool)
	// Unique is the name of a field of which no two records may hold the same
	// value; "" if there is none.
	Unique string
	// Parents is the target whose records these belong to: with Can.Cascades there,
	// they go with them. Nil if there is none.
	Parents Cascading
	// PageSize is how many records a page has; 0 means 4.
	PageSize int
	// Webhooks says what becomes of its webhooks, which tell of the engine's own
	// writes, too; nil if it has none.
	Webhooks *Deliveries
}

// Cascading is a target whose records others belong to. *Mirror is one.
type Cascading interface {
	takesAlong(dropper)
	has(id string) bool
}

type dropper interface {
	dropUnder(parent string, byStranger bool)
}

// Mirror is a target in memory. It watches what the engine writes, and breaks off
// the simulation when that must not be.
type Mirror[T any] struct {
	sim      *Sim
	o        MirrorOptions[T]
	records  map[string]*mirrored
	children []dropper
	next     int
	writes   int
	keys     map[string]string // of idempotency: what was made
	revision map[string]int    // by origin
	strange  map[string]*strangers
	lost     map[string]bool // ids that strangers deleted
	// wanted says whether a record has been at the source for a while, sourced
	// whether the source ever had an element of a set. They may be nil.
	wanted  func(origin string) bool
	sourced func(origin, field, element string) bool
	// counted says whether a removal counts in the guard, most is how many may; 0
	// means any.
	counted       func(origin string) bool
	most, removed int
}

// mirrored is a record of a Mirror.
type mirrored struct {
	id, external, parent string
	origin               string // the source's id for which it was made
	fields               map[string]json.RawMessage
	version              int
	made                 time.Time
	read                 time.Time // when it was read last, alone
}

// NewMirror makes an empty target, and lets strangers change it.
func NewMirror[T any](s *Sim, o MirrorOptions[T]) *Mirror[T] {
	o.PageSize = cmp.Or(o.PageSize, 4)
	m := &Mirror[T]{
		sim: s, o: o, records: map[string]*mirrored{}, keys: map[string]string{},
		revision: map[string]int{}, strange: map[string]*strangers{}, lost: map[string]bool{},
	}
	if o.Parents != nil {
		o.Parents.takesAlong(m)
	}
	return m
}

func (m *Mirror[T]) takesAlong(child dropper) { m.children = append(m.children, child) }

func (m *Mirror[T]) has(id string) bool { return m.records[id] != nil }

func (m *Mirror[T]) wrote() int         { return m.writes }
func (m *Mirror[T]) settled(*Sim) error { return nil }

func (m *Mirror[T]) actions(*Sim) []Action {
	if m.o.Edit == nil {
		return nil
	}
	of := func(what string) string { return m.o.Flow + ": a stranger " + what }
	return []Action{{of("edits"), 3, m.edit}, {of("deletes"), 1, m.remove}, {of("adds"), 1, m.add}}
}

func (m *Mirror[T]) make(parent string, fields map[string]json.RawMessage) *mirrored {
	m.next++
	h := &mirrored{id: fmt.Sprintf("t%d", m.next), parent: parent, fields: map[string]json.RawMessage{}, made: time.Now()}
	m.records[h.id] = h
	m.apply(h, fields)
	return h
}

func (m *Mirror[T]) apply(h *mirrored, fields map[string]json.RawMessage) {
	for name, value := range fields {
		h.fields[name] = m.normal(name, value)
	}
	h.version++
}

func (m *Mirror[T]) normal(name string, value json.RawMessage) json.RawMessage {
	if m.o.Normalise == nil {
		return value
	}
	return m.o.Normalise(name, value)
}

func (m *Mirror[T]) drop(h *mirrored, byStranger bool) {
	delete(m.records, h.id)
	if byStranger {
		m.strangersOf(h.origin).deleted = true
		m.lost[h.id] = true
	}
	if m.o.Can.Cascades {
		for _, child := range m.children {
			child.dropUnder(h.id, byStranger)
		}
	}
	m.tell(h)
}

func (m *Mirror[T]) dropUnder(parent string, byStranger bool) {
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		if h := m.records[id]; h != nil && h.parent == parent {
			m.drop(h, byStranger)
		}
	}
}

// tell sends a webhook: the target does not know who changed it.
func (m *Mirror[T]) tell(h *mirrored) {
	if m.o.Webhooks == nil {
		return
	}
	change := syncer.TargetChange{Tenant: Tenant, Flow: m.o.Flow, Ref: syncer.Ref{ID: h.id, Parent: h.parent}, ExternalID: h.external}
	m.sim.deliver(*m.o.Webhooks, h.id, func(ctx context.Context, e *syncer.Engine, event string) (syncer.Key, error) {
		change := change
		change.EventID = event
		return syncer.Key{}, e.NotifyTarget(ctx, change)
	})
}

// taken is the id of another record that holds the unique value; "" if none does.
func (m *Mirror[T]) taken(id string, fields map[string]json.RawMessage) string {
	value, set := fields[m.o.Unique]
	if !set || string(value) == "null" {
		return ""
	}
	value = m.normal(m.o.Unique, value)
	for _, other := range slices.Sorted(maps.Keys(m.records)) {
		if other != id && bytes.Equal(m.records[other].fields[m.o.Unique], value) {
			return other
		}
	}
	return ""
}

func (m *Mirror[T]) conflict(id string, fields map[string]json.RawMessage) error {
	if other := m.taken(id, fields); other != "" {
		return &syncer.Error{Kind: syncer.KindIdentity, Conflict: other, Field: m.o.Unique, Err: errors.New("409 another record holds it")}
	}
	return nil
}

// watch looks at what the engine writes.
func (m *Mirror[T]) watch(origin string, value T, fields map[string]json.RawMessage) {
	m.writes++
	for name := range fields {
		if !slices.Contains(m.o.Mapped, name) {
			m.sim.fail("P4: %s of %s was written, which is not mapped", name, origin)
		}
	}
	m.sim.acknowledged(syncer.Key{Tenant: Tenant, Flow: m.o.Flow, ID: origin}, time.Now())
	if m.o.Revision == nil {
		return
	}
	if n, ok := m.o.Revision(value); ok {
		if n < m.revision[origin] {
			m.sim.fail("P6: revision %d of %s was written after revision %d", n, origin, m.revision[origin])
		}
		m.revision[origin] = n
	}
}

// Capabilities is MirrorOptions.Can.
func (m *Mirror[T]) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return m.o.Can, nil
}

func (m *Mirror[T]) record(h *mirrored) syncer.Record[T] {
	record := syncer.Record[T]{Ref: syncer.Ref{ID: h.id, Parent: h.parent}, ExternalID: h.external}
	if m.o.Can.Versions {
		record.Version = fmt.Sprint(h.version)
	}
	if err := json.Unmarshal(encode(h.fields), &record.Value); err != nil {
		m.sim.fail("simtest: decode a record of the target: %w", err)
	}
	return record
}

// Get reads a record.
func (m *Mirror[T]) Get(_ context.Context, ref syncer.Ref) (syncer.Record[T], error) {
	if h := m.records[ref.ID]; h != nil {
		h.read = time.Now()
		return m.record(h), nil
	}
	return syncer.Record[T]{}, errNotThere
}

func (m *Mirror[T]) byExternal(id string) *mirrored {
	for _, h := range m.records {
		if h.external == id && id != "" {
			return h
		}
	}
	return nil
}

// Find finds a record by its external id.
func (m *Mirror[T]) Find(_ context.Context, externalID string) (*syncer.Record[T], error) {
	if h := m.byExternal(externalID); h != nil {
		h.read = time.Now()
		record := m.record(h)
		return &record, nil
	}
	return nil, nil
}

// List lists all records in the order of their ids.
func (m *Mirror[T]) List(_ context.Context, cursor string) (syncer.Page[T], error) {
	var page syncer.Page[T]
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		if id <= cursor {
			continue
		}
		if len(page.Records) == m.o.PageSize {
			page.Next = page.Records[len(page.Records)-1].ID
			break
		}
		page.Records = append(page.Records, m.record(m.records[id]))
	}
	return page, nil
}

// Candidates returns what was made under a parent since a time, if it is not too
// young.
func (m *Mirror[T]) Candidates(_ context.Context, parent string, since time.Time) ([]syncer.Record[T], error) {
	var found []syncer.Record[T]
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		if h := m.records[id]; h.parent == parent && !h.made.Before(since) && time.Since(h.made) >= m.o.Can.Lag {
			found = append(found, m.record(h))
		}
	}
	return found, nil
}

// Create creates a record.
func (m *Mirror[T]) Create(_ context.Context, draft syncer.Draft[T]) (syncer.Record[T], error) {
	fields := fieldsOf(draft.Value)
	if m.o.Can.IdempotencyKeys && draft.IdempotencyKey != "" {
		if h := m.records[m.keys[draft.IdempotencyKey]]; h != nil {
			return m.record(h), nil
		}
	}
	if h := m.byExternal(draft.ExternalID); h != nil {
		return syncer.Record[T]{}, &syncer.Error{Kind: syncer.KindTaken, Conflict: h.id, Err: errors.New("409 the external id is taken")}
	}
	if err := m.conflict("", fields); err != nil {
		return syncer.Record[T]{}, err
	}
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		if m.records[id].origin == draft.ExternalID {
			m.sim.fail("P2: %s was created twice: %s is there", draft.ExternalID, id)
		}
	}
	if m.o.Parents != nil && !m.o.Parents.has(draft.Parent) {
		return syncer.Record[T]{}, errNotThere
	}
	h := m.make(draft.Parent, fields)
	h.origin = draft.ExternalID
	if m.o.Can.ExternalIDs {
		h.external = draft.ExternalID
	}
	m.keys[draft.IdempotencyKey] = h.id
	m.sim.created(syncer.Key{Tenant: Tenant, Flow: m.o.Flow, ID: h.origin})
	m.watch(h.origin, draft.Value, fields)
	m.tell(h)
	return m.record(h), nil
}

// Update changes a record.
func (m *Mirror[T]) Update(_ context.Context, ref syncer.Ref, patch syncer.Patch[T]) (syncer.Record[T], error) {
	h, fields := m.records[ref.ID], fieldsOf(patch.Value)
	switch {
	case h == nil:
		return syncer.Record[T]{}, errNotThere
	case m.o.Can.Versions && patch.Version != "" && patch.Version != fmt.Sprint(h.version):
		return syncer.Record[T]{}, &syncer.Error{Kind: syncer.KindVersion, Err: errors.New("412 it changed meanwhile")}
	}
	if err := m.conflict(h.id, fields); err != nil {
		return syncer.Record[T]{}, err
	}
	if patch.Parent != "" && !m.o.Parents.has(patch.Parent) {
		return syncer.Record[T]{}, errNotThere
	}
	h.parent = cmp.Or(patch.Parent, h.parent)
	if patch.ExternalID != "" {
		h.external, h.origin = patch.ExternalID, patch.ExternalID
	}
	before := maps.Clone(h.fields)
	m.apply(h, fields)
	m.kept(h, before)
	m.watch(h.origin, patch.Value, fields)
	m.tell(h)
	return m.record(h), nil
}

// Delete deletes a record.
func (m *Mirror[T]) Delete(_ context.Context, ref syncer.Ref, version string) error {
	h := m.records[ref.ID]
	switch {
	case h == nil:
		return errNotThere
	case m.o.Can.Versions && version != "" && version != fmt.Sprint(h.version):
		return &syncer.Error{Kind: syncer.KindVersion, Err: errors.New("412 it changed meanwhile")}
	}
	m.writes++
	m.sim.acknowledged(syncer.Key{Tenant: Tenant, Flow: m.o.Flow, ID: h.origin}, time.Now())
	if m.wanted != nil && m.wanted(h.origin) {
		m.sim.fail("P10: %s was deleted, and is at the source", h.origin)
	}
	if m.counted != nil && m.counted(h.origin) {
		if m.removed++; m.removed > m.most {
			m.sim.fail("P4: %s was deleted, although the guard lets %d go", h.origin, m.most)
		}
	}
	m.drop(h, false)
	return nil
}

// fieldsOf are the members of a value.
func fieldsOf(value any) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		panic(fmt.Sprintf("simtest: a target's value must be a JSON object: %v", err))
	}
	return fields
}

func encode(fields map[string]json.RawMessage) []byte {
	data, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("simtest: encode a record: %v", err))
	}
	return data
}
