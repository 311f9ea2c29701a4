package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// matcher knows the natural keys of both sides of a flow, so that records that
// were there before are adopted instead of doubled. It is read from both sides
// once, when it is first asked.
type matcher struct {
	mu      lock
	read    bool
	targets map[NaturalKey][]string // ids of the target
	held    map[string]entry        // by id of the target
	sources map[NaturalKey][]string // ids of the source
	known   map[string][]NaturalKey // by id of the source
	stale   map[string]bool         // ids of the target that may have changed
	freed   int                     // how often somebody's keys became others' alone
	noted   int64                   // the number of the last note that was read, see LinkStore.NoteTargets
	heard   time.Time               // when it was read
}

// deaf is after how long without a look at the notes the index is read anew: they
// are not kept for ever.
const deaf = day

type entry struct {
	ref      Ref
	external string
	keys     []NaturalKey
}

func newMatcher() *matcher {
	return &matcher{
		mu:      newLock(),
		targets: map[NaturalKey][]string{}, held: map[string]entry{},
		sources: map[NaturalKey][]string{}, known: map[string][]NaturalKey{}, stale: map[string]bool{},
	}
}

func (m *matcher) putTarget(e entry) {
	m.dropTarget(e.ref.ID)
	m.held[e.ref.ID] = e
	for _, key := range e.keys {
		m.targets[key] = append(m.targets[key], e.ref.ID)
	}
}

func (m *matcher) dropTarget(id string) {
	for _, key := range m.held[id].keys {
		take(m.targets, key, id)
	}
	delete(m.held, id)
}

// take takes an id from those that have a key. Values that nobody has any more are
// forgotten: others decide how often they change.
func take(of map[NaturalKey][]string, key NaturalKey, id string) {
	of[key] = slices.DeleteFunc(of[key], func(other string) bool { return other == id })
	if len(of[key]) == 0 {
		delete(of, key)
	}
}

// putSource notes the keys of a record of the source. It returns who else has
// keys that this one had and has no more: for them it may be certain now.
func (m *matcher) putSource(id string, keys []NaturalKey) (freed []string) {
	for _, key := range m.known[id] {
		take(m.sources, key, id)
		if !slices.Contains(keys, key) {
			freed = append(freed, m.sources[key]...)
		}
	}
	m.known[id] = keys
	if len(keys) == 0 {
		delete(m.known, id)
	}
	for _, key := range keys {
		m.sources[key] = append(m.sources[key], id)
	}
	return freed
}

// claims notes which keys the record has now, none if it left, and releases who
// waited because it had the same.
func (j *job) claims(ctx context.Context, keys []NaturalKey) error {
	m := j.tenant.matchers[j.flow.name]
	m.mu.Lock()
	var freed []string
	if m.read {
		freed = m.putSource(j.claim.ID, keys)
	}
	if len(freed) > 0 {
		m.freed++
	}
	m.mu.Unlock()
	if len(freed) == 0 {
		return nil
	}
	return j.store.Unpark(ctx, UnparkRequest{Tenant: j.claim.Tenant, Flow: j.claim.Flow, IDs: freed})
}

// unsure tries a key again that was parked because others had its keys, if some
// of them let go between that look and the park: nobody would release it.
func (j *job) unsure(ctx context.Context, result Result) error {
	if result.Next != Parked || result.Park.Target == "" || j.matched < 0 {
		return nil
	}
	m := j.tenant.matchers[j.flow.name]
	m.mu.Lock()
	moved := m.freed != j.matched
	m.mu.Unlock()
	if !moved {
		return nil
	}
	return j.store.Unpark(ctx, UnparkRequest{Tenant: j.claim.Tenant, Flow: j.claim.Flow, IDs: []string{j.claim.ID}})
}

// forget empties the index, so that both sides are read anew.
func (m *matcher) forget() {
	m.read, m.targets, m.held = false, map[NaturalKey][]string{}, map[string]entry{}
	m.sources, m.known, m.stale = map[NaturalKey][]string{}, map[string][]NaturalKey{}, map[string]bool{}
}

// see takes over what a listing shows of a record of the target. It reports whether
// that is news.
func (m *matcher) see(e entry) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.read {
		return false // it will be read with all others
	}
	before, known := m.held[e.ref.ID]
	news := !known || !slices.Equal(before.keys, e.keys)
	m.putTarget(e)
	return news
}

// touch says that a record of the target may have changed.
func (m *matcher) touch(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stale[id] = true
}

// maxNamed is how many candidates an error names: strangers decide how many there are.
const maxNamed = 10

// match asks, before a create, whether a record of the target is the key's
// already. It ends the job if there is one, or if that is not certain.
func (j *job) match(ctx context.Context, desired Fields) (result Result, ended bool) {
	if j.flow.existing != ExistingMatch || !j.flow.sides.hasKeys() {
		return Result{}, false
	}
	chosen, rivals, err := j.choose(ctx, desired)
	switch {
	case err != nil:
		return j.failed(ctx, err), true
	case chosen != nil:
		return j.adoptForeign(*chosen), true
	case len(rivals) > 0:
		why := fmt.Errorf("which record of the target is the same is not certain: %d candidates, %v",
			len(rivals), rivals[:min(len(rivals), maxNamed)])
		holder, err := j.holderOf(ctx, rivals[0])
		if err != nil {
			return j.failed(ctx, err), true
		}
		return j.parkUnder(rivals[0], "", holder, why), true
	}
	return Result{}, false
}

// choose returns the record of the target that a key may adopt, or those that
// make it uncertain. It is looked at once more before: what the index knows may be
// old by now.
func (j *job) choose(ctx context.Context, desired Fields) (chosen *Ref, rivals []string, err error) {
	keys, err := j.flow.sides.naturalKeys(desired)
	if err != nil || len(keys) == 0 {
		return nil, nil, err
	}
	m := j.tenant.matchers[j.flow.name]
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := j.prepare(ctx, m); err != nil {
		return nil, nil, err
	}
	j.matched = m.freed
	m.putSource(j.claim.ID, keys)
	chosen, rivals, err = j.evaluate(ctx, m, keys)
	if err != nil || chosen == nil {
		return nil, rivals, err
	}
	if err := j.refresh(ctx, m, chosen.ID); err != nil {
		return nil, nil, err
	}
	return j.evaluate(ctx, m, keys)
}

// evaluate asks the index. P4: a record is adopted only if it alone holds the
// keys, no other source record has them, no other key of it contradicts, and it
// is nobody's.
func (j *job) evaluate(ctx context.Context, m *matcher, keys []NaturalKey) (chosen *Ref, rivals []string, err error) {
	contradicts, shared := false, false
	for _, key := range keys {
		shared = shared || len(m.sources[key]) > 1
		for _, id := range m.targets[key] {
			if !slices.Contains(rivals, id) {
				rivals = append(rivals, id)
			}
		}
	}
	slices.Sort(rivals)
	links, err := j.store.LinksOf(ctx, j.claim.Tenant, j.claim.Flow, rivals)
	if err != nil {
		return nil, nil, err
	}
	free := slices.DeleteFunc(slices.Clone(rivals), func(id string) bool {
		link, linked := links[id]
		return linked && link.State != Detached || !linked && m.held[id].external != ""
	})
	if len(free) == 0 {
		return nil, nil, nil // whoever holds them is somebody's: the target says if that matters
	}
	found := m.held[free[0]]
	for _, key := range keys {
		for _, other := range found.keys {
			contradicts = contradicts || other.Field == key.Field && other.Value != key.Value
		}
	}
	if len(rivals) > 1 || contradicts || shared {
		return nil, rivals, nil
	}
	return &found.ref, nil, nil
}

// prepare reads both sides once, and anew what was touched since.
func (j *job) prepare(ctx context.Context, m *matcher) error {
	now := time.Now()
	if m.read && now.Sub(m.heard) > deaf {
		m.forget()
	}
	if !m.read {
		since, err := j.store.Draw(ctx)
		if err == nil {
			err = j.readSides(ctx, m)
		}
		if err != nil {
			return err
		}
		m.read, m.noted = true, since
	}
	// Others may have been told of a record of the target that is not in the index.
	ids, last, err := j.store.NotedTargets(ctx, j.claim.Tenant, j.claim.Flow, m.noted)
	if err != nil {
		return err
	}
	for _, id := range ids {
		m.stale[id] = true
	}
	m.noted, m.heard = last, now
	for _, id := range slices.Sorted(maps.Keys(m.stale)) {
		if err := j.refresh(ctx, m, id); err != nil {
			return err
		}
	}
	return nil
}

// refresh reads one record of the target anew.
func (j *job) refresh(ctx context.Context, m *matcher, id string) error {
	record, err := j.held(ctx, Ref{ID: id})
	switch {
	case err == nil:
		keys, err := j.flow.sides.naturalKeys(record.Value)
		if err != nil {
			return err
		}
		m.putTarget(entry{ref: record.Ref, external: record.ExternalID, keys: keys})
	case kindOf(err) == KindGone:
		m.dropTarget(id)
	default:
		return err
	}
	delete(m.stale, id)
	return nil
}

func (j *job) readSides(ctx context.Context, m *matcher) error {
	for cursor := ""; ; {
		var page Page[Fields]
		err := j.callTarget(ctx, func(ctx context.Context) (err error) {
			page, err = j.flow.sides.listHeld(ctx, cursor)
			return err
		})
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			keys, err := j.flow.sides.naturalKeys(record.Value)
			if err != nil {
				return err
			}
			m.putTarget(entry{ref: record.Ref, external: record.ExternalID, keys: keys})
		}
		if page.Next == "" || page.Next == cursor {
			break
		}
		cursor = page.Next
	}
	for cursor := ""; ; {
		var page Page[json.RawMessage]
		err := j.callSource(ctx, func(ctx context.Context) (err error) {
			page, err = j.flow.sides.scan(ctx, Query{}, cursor)
			return err
		})
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			fields, _, err := j.flow.sides.mapped(ctx, record.Value)
			if errors.Is(err, mapping.Skip) || err != nil {
				continue // it claims nothing
			}
			keys, err := j.flow.sides.naturalKeys(fields)
			if err != nil {
				return err
			}
			m.putSource(record.ID, keys)
		}
		if page.Next == "" || page.Next == cursor {
			return nil
		}
		cursor = page.Next
	}
}
