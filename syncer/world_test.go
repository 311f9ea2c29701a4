package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

// person and card are the records of two small systems.
type person struct {
	ID, Boss, Name, City string
	Phone                string `json:",omitempty"`
	Tags                 []string
	At                   time.Time // when it changed last
}

type card struct {
	Title opt.Opt[string]   `json:"title,omitzero"`
	Town  opt.Opt[string]   `json:"town,omitzero"`
	Phone opt.Opt[string]   `json:"phone,omitzero"`
	Tags  opt.Opt[[]string] `json:"tags,omitzero"`
}

var errNotThere = &syncer.Error{Kind: syncer.KindGone, Err: errors.New("not there")}

// crm is a source in memory.
type crm struct {
	mu      sync.Mutex
	records map[string]person
	reads   int
	lists   int
	perPage int
	hide    map[string]bool // not in listings: a broken index
	fail    func() error
	can     syncer.SourceCapabilities
	onGet   func(id string)
}

func (s *crm) put(p person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.At.IsZero() {
		p.At = time.Now()
	}
	s.records[p.ID] = p
}

func (s *crm) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, id)
}

func (s *crm) Capabilities(context.Context) (syncer.SourceCapabilities, error) { return s.can, nil }

func (s *crm) Get(_ context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	if s.onGet != nil {
		s.onGet(ref.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return syncer.Record[person]{}, err
		}
	}
	p, ok := s.records[ref.ID]
	if !ok {
		return syncer.Record[person]{}, errNotThere
	}
	return syncer.Record[person]{Ref: syncer.Ref{ID: p.ID, Parent: p.Boss}, Value: p}, nil
}

func (s *crm) List(_ context.Context, query syncer.Query, cursor string) (syncer.Page[person], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return syncer.Page[person]{}, err
		}
	}
	// The order is that of the ids, or of the times of change and the ids.
	place := func(p person) string {
		if query.Since.IsZero() {
			return p.ID
		}
		return p.At.UTC().Format("2006-01-02T15:04:05.000000000") + p.ID
	}
	places := map[string]person{}
	for id, p := range s.records {
		if place(p) > cursor && !s.hide[id] && !p.At.Before(query.Since) && (query.Parent.ID == "" || query.Parent.ID == p.Boss) {
			places[place(p)] = p
		}
	}
	page := syncer.Page[person]{Total: len(s.records), Date: time.Now()}
	for i, at := range slices.Sorted(maps.Keys(places)) {
		if len(page.Records) == s.perPage {
			break
		}
		p := places[at]
		page.Records = append(page.Records, syncer.Record[person]{Ref: syncer.Ref{ID: p.ID, Parent: p.Boss}, Value: p, Updated: p.At})
		page.Next = at
		if i+1 == len(places) {
			page.Next = ""
		}
	}
	return page, nil
}

// desk is a target in memory with external ids and versions. It lower-cases
// titles, as real targets do.
type desk struct {
	mu       sync.Mutex
	records  map[string]*held
	next     int
	writes   []string
	children *desk
	fail     func(call string) error // before the effect
	after    func(call string) error // after the effect
	// plain targets have no external ids, unique ones no two records with a phone
	// number. Theirs are records without an external id.
	plain, unique bool
	can           syncer.TargetCapabilities
	keys          map[string]string // of idempotency: the id that was made
	down          bool
	hidden        time.Duration // how long what was made is not found
}

type held struct {
	id, external, parent string
	value                card
	version              int
	made                 time.Time
}

func newDesk() *desk {
	return &desk{
		records: map[string]*held{}, keys: map[string]string{},
		can: syncer.TargetCapabilities{ExternalIDs: true, Versions: true, Cascades: true},
	}
}

func (d *desk) record(h *held) syncer.Record[card] {
	return syncer.Record[card]{Ref: syncer.Ref{ID: h.id, Parent: h.parent}, Value: h.value, Version: fmt.Sprint(h.version)}
}

func (d *desk) begin(call string) error {
	if d.down {
		return errDown
	}
	if d.fail != nil {
		return d.fail(call)
	}
	return nil
}

func (d *desk) end(call string) error {
	d.writes = append(d.writes, call)
	if d.after != nil {
		return d.after(call)
	}
	return nil
}

func (d *desk) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return d.can, nil
}

func (d *desk) Candidates(_ context.Context, parent string, since time.Time) ([]syncer.Record[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []syncer.Record[card]
	for _, id := range slices.Sorted(maps.Keys(d.records)) {
		if h := d.records[id]; h.parent == parent && !h.made.Before(since) && time.Since(h.made) >= d.hidden {
			found = append(found, d.record(h))
		}
	}
	return found, nil
}

// taken says who holds a phone number, if the target allows one holder only.
func (d *desk) taken(id string, value card) error {
	phone, set := value.Phone.Get()
	for _, h := range d.records {
		if holds, _ := h.value.Phone.Get(); set && d.unique && h.id != id && holds == phone {
			return &syncer.Error{Kind: syncer.KindIdentity, Conflict: h.id, Field: "phone", Err: errors.New("409: the phone number is taken")}
		}
	}
	return nil
}

func (d *desk) Get(_ context.Context, ref syncer.Ref) (syncer.Record[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return syncer.Record[card]{}, errDown
	}
	if h, ok := d.records[ref.ID]; ok {
		return d.record(h), nil
	}
	return syncer.Record[card]{}, errNotThere
}

var errDown = errors.New("503")

func (d *desk) setDown(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

func (d *desk) byExternal(id string) *held {
	for _, h := range d.records {
		if h.external == id && id != "" {
			return h
		}
	}
	return nil
}

func (d *desk) Find(_ context.Context, externalID string) (*syncer.Record[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, errDown
	}
	if h := d.byExternal(externalID); h != nil {
		record := d.record(h)
		return &record, nil
	}
	return nil, nil
}

func (d *desk) List(context.Context, string) (syncer.Page[syncer.Listed[card]], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var page syncer.Page[syncer.Listed[card]]
	if d.down {
		return page, errDown
	}
	for _, h := range d.records {
		page.Records = append(page.Records, syncer.Record[syncer.Listed[card]]{
			Ref: syncer.Ref{ID: h.id, Parent: h.parent}, Version: fmt.Sprint(h.version),
			Value: syncer.Listed[card]{ExternalID: h.external, Value: h.value},
		})
	}
	return page, nil
}

func (d *desk) apply(h *held, value card) {
	if title, ok := value.Title.Get(); ok {
		h.value.Title = opt.Set(strings.ToLower(title))
	} else if value.Title.IsNull() {
		h.value.Title = value.Title
	}
	if !value.Phone.IsZero() {
		h.value.Phone = value.Phone
	}
	if !value.Town.IsZero() {
		h.value.Town = value.Town
	}
	if !value.Tags.IsZero() {
		h.value.Tags = value.Tags
	}
	h.version++
}

func (d *desk) Create(_ context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin("create " + draft.ExternalID); err != nil {
		return syncer.Record[card]{}, err
	}
	if h := d.byExternal(draft.ExternalID); h != nil && !d.plain {
		return syncer.Record[card]{}, &syncer.Error{Kind: syncer.KindTaken, Conflict: h.id, Err: errors.New("taken")}
	}
	if h := d.records[d.keys[draft.IdempotencyKey]]; h != nil && draft.IdempotencyKey != "" {
		return d.record(h), d.end("create again " + draft.ExternalID)
	}
	if err := d.taken("", draft.Value); err != nil {
		return syncer.Record[card]{}, err
	}
	d.next++
	h := &held{id: fmt.Sprintf("t%03d", d.next), external: draft.ExternalID, parent: draft.Parent, made: time.Now()}
	if d.plain {
		h.external = ""
	}
	d.keys[draft.IdempotencyKey] = h.id
	d.apply(h, draft.Value)
	d.records[h.id] = h
	return d.record(h), d.end("create " + draft.ExternalID)
}

func (d *desk) Update(_ context.Context, ref syncer.Ref, patch syncer.Patch[card]) (syncer.Record[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin("update " + ref.ID); err != nil {
		return syncer.Record[card]{}, err
	}
	h, ok := d.records[ref.ID]
	switch {
	case !ok:
		return syncer.Record[card]{}, errNotThere
	case patch.Version != "" && patch.Version != fmt.Sprint(h.version):
		return syncer.Record[card]{}, &syncer.Error{Kind: syncer.KindVersion, Err: errors.New("changed meanwhile")}
	}
	if err := d.taken(h.id, patch.Value); err != nil {
		return syncer.Record[card]{}, err
	}
	if patch.Parent != "" {
		h.parent = patch.Parent
	}
	if patch.ExternalID != "" {
		h.external = patch.ExternalID
	}
	d.apply(h, patch.Value)
	return d.record(h), d.end("update " + ref.ID)
}

func (d *desk) Delete(_ context.Context, ref syncer.Ref, version string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin("delete " + ref.ID); err != nil {
		return err
	}
	h, ok := d.records[ref.ID]
	switch {
	case !ok:
		return errNotThere
	case version != "" && version != fmt.Sprint(h.version):
		return &syncer.Error{Kind: syncer.KindVersion, Err: errors.New("changed meanwhile")}
	}
	delete(d.records, ref.ID)
	if d.children != nil {
		d.children.mu.Lock()
		defer d.children.mu.Unlock()
		for id, child := range d.children.records {
			if child.parent == ref.ID {
				delete(d.children.records, id)
			}
		}
	}
	return d.end("delete " + ref.ID)
}

func (d *desk) took() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	writes := d.writes
	d.writes = nil
	return writes
}

// edit changes a record as a stranger does.
func (d *desk) edit(external string, change func(*card)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.byExternal(external)
	change(&h.value)
	h.version++
}

// world is two systems, people and their pets, and an engine between them.
type world struct {
	people, pets         *crm
	cards, petCards      *desk
	store                syncer.Store
	config               syncer.Config
	engine               *syncer.Engine
	skip                 map[string]bool
	mapperVersion        string
	peopleFlow, petsFlow syncer.Flow
	onDrift              syncer.DriftPolicy
	onTargetGone         syncer.GonePolicy
	onSourceGone         syncer.LeavePolicy
	existing             syncer.ExistingPolicy
	alerts               []syncer.Alert
	mapper               func(person) card
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		people: &crm{records: map[string]person{}, perPage: 3}, pets: &crm{records: map[string]person{}, perPage: 3},
		cards: newDesk(), petCards: newDesk(), store: syncer.NewMemoryStore(), skip: map[string]bool{},
	}
	w.cards.children = w.petCards
	w.config.TargetSweep = syncer.Every(time.Hour)
	w.restart(t)
	return w
}

// restart makes a new engine on the same store.
func (w *world) restart(t *testing.T) {
	t.Helper()
	mapper := mapping.WithVersion(mapping.Func(func(_ context.Context, p person) (card, error) {
		if w.skip[p.ID] {
			return card{}, mapping.Skip
		}
		if p.Name == "panic" {
			panic("at this name")
		}
		if w.mapper != nil {
			return w.mapper(p), nil
		}
		return card{Title: opt.OrNull(p.Name), Town: opt.OrNull(p.City), Phone: opt.OrNull(p.Phone), Tags: opt.Set(p.Tags)}, nil
	}), w.mapperVersion)
	w.peopleFlow = syncer.FlowConfig[person, card]{
		Name: "people", Source: w.people, Mapper: mapper, Target: w.cards, Sets: []string{"tags"},
		OnDrift: w.onDrift, OnTargetGone: w.onTargetGone, OnSourceGone: w.onSourceGone, LeftTag: "left", Existing: w.existing,
		NaturalKeys: func(c card) []syncer.NaturalKey {
			return []syncer.NaturalKey{{Field: "phone", Value: c.Phone.Or("")}}
		},
	}.Flow()
	w.petsFlow = syncer.FlowConfig[person, card]{
		Name: "pets", Source: w.pets, Mapper: mapper, Target: w.petCards, Sets: []string{"tags"}, Parent: w.peopleFlow,
	}.Flow()
	w.config.Tenants = syncer.One("here", w.petsFlow, w.peopleFlow)
	w.config.Store = w.store
	w.config.Logger = slog.New(slog.DiscardHandler)
	w.config.OnAlert = func(a syncer.Alert) { w.alerts = append(w.alerts, a) }
	engine, err := syncer.New(w.config)
	require.NoError(t, err)
	w.engine = engine
}

func (w *world) backfill(t *testing.T) *syncer.Report {
	t.Helper()
	report, err := w.engine.Backfill(t.Context())
	require.NoError(t, err)
	return report
}

// notify marks a person and waits until the work is done.
func (w *world) notify(t *testing.T, flow string, change syncer.Change) {
	t.Helper()
	change.Tenant, change.Flow = "here", flow
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	require.NoError(t, w.engine.Notify(ctx, change))
	go func() {
		_, err := w.engine.Sync(ctx, syncer.Key{Tenant: "here", Flow: flow, ID: change.Ref.ID})
		done <- err
	}()
	require.NoError(t, <-done)
	cancel()
}

// inStep requires that both sides agree.
func (w *world) inStep(t *testing.T) {
	t.Helper()
	verification, err := w.engine.Verify(t.Context())
	require.NoError(t, err)
	for name, flow := range verification.Flows {
		require.Empty(t, flow.Differences, name)
	}
}

const minute = time.Minute

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// elapse lets virtual time pass, and all that is due happen.
func elapse(d time.Duration) {
	stall(d)
	synctest.Wait()
}

// stall is a side that takes long.
func stall(d time.Duration) { <-time.After(d) }
