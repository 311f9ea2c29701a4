package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
)

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
	sticky        bool // it can't clear a town
	unversioned   bool
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
	record := syncer.Record[card]{Ref: syncer.Ref{ID: h.id, Parent: h.parent}, Value: h.value, ExternalID: h.external}
	if !d.unversioned {
		record.Version = fmt.Sprint(h.version)
	}
	return record
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

func (d *desk) List(context.Context, string) (syncer.Page[card], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var page syncer.Page[card]
	if d.down {
		return page, errDown
	}
	for _, h := range d.records {
		page.Records = append(page.Records, d.record(h))
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
	if !value.Town.IsZero() && (!d.sticky || !value.Town.IsNull()) {
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

// has reports whether a record with this external id was made.
func (d *desk) has(externalID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byExternal(externalID) != nil
}
