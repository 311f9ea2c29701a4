package simtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// RecordsOptions describe a source in memory.
type RecordsOptions[S any] struct {
	// Flow is the name of the flow that it is the source of.
	Flow string
	// Draw makes a new value of the one before, which is the zero value for a new
	// record.
	Draw func(r *rand.Rand, before S) S
	// Parents are the records that these belong to; nil if they have none.
	Parents Parents
	// Can is what the source can do. With a Lag, its listings show what was before,
	// for as long.
	Can syncer.SourceCapabilities
	// PageSize is how many records a page has; 0 means 3.
	PageSize int
	// Skew is how far its clock is ahead of the engine's.
	Skew time.Duration
	// Webhooks says what becomes of its webhooks; nil if it has none.
	Webhooks *Deliveries
	// Jumps says that its clock is set now and then, by up to ten minutes: what a
	// sweep of changes misses then, a full sweep has to find.
	Jumps bool
	// Kept says that no record goes. Distinct says that no record is made anew: two
	// that are alike can't be told apart in a target without external ids.
	Kept, Distinct bool
}

// Parents are records that others belong to. *Records is one.
type Parents interface {
	ids() []string
	adopt(child family)
}

// family are the records of a child.
type family interface {
	dropUnder(parent string)
	moveUnder(from, to string)
}

// Records is a source in memory. Its records change while a simulation goes on:
// they come, change, go, are made anew, move and are merged.
type Records[S any] struct {
	sim      *Sim
	o        RecordsOptions[S]
	records  map[string]*record[S]
	children []family
	hidden   map[string]time.Time // until when listings lack a record
	next     int
}

// record has all the versions of a record, the latest last.
type record[S any] struct {
	id       string
	versions []version[S]
}

type version[S any] struct {
	value   S
	parent  string
	gone    bool
	at      time.Time
	stamp   time.Time // by the source's clock
	visible time.Time // in listings
}

func (r *record[S]) latest() version[S] { return r.versions[len(r.versions)-1] }

// NewRecords makes an empty source, and lets a simulation change it.
func NewRecords[S any](s *Sim, o RecordsOptions[S]) *Records[S] {
	o.PageSize = cmp.Or(o.PageSize, 3)
	r := &Records[S]{sim: s, o: o, records: map[string]*record[S]{}, hidden: map[string]time.Time{}}
	if o.Parents != nil {
		o.Parents.adopt(r)
	}
	return r
}

func (r *Records[S]) adopt(child family) { r.children = append(r.children, child) }

func (r *Records[S]) ids() []string {
	var ids []string
	for id, record := range r.records {
		if !record.latest().gone {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (r *Records[S]) settled(*Sim) error { return nil }
func (r *Records[S]) wrote() int         { return 0 }

func (r *Records[S]) actions(*Sim) []Action {
	of := func(what string) string { return r.o.Flow + ": " + what }
	actions := []Action{{of("a record comes"), 5, r.come}, {of("a record changes"), 7, r.change}}
	if r.o.Jumps {
		actions = append(actions, Action{of("the clock is set"), 1, r.jump})
	}
	if r.o.Kept {
		return actions
	}
	actions = append(actions, []Action{
		{of("a record goes"), 2, r.goes},
		{of("listings lack a record for a while"), 1, r.hide}, {of("a webhook says wrongly that a record is gone"), 1, r.lie},
	}...)
	if !r.o.Distinct {
		actions = append(actions, Action{of("a record is made anew"), 1, r.anew})
	}
	if len(r.children) > 0 {
		actions = append(actions, Action{of("two records are merged"), 1, r.merge})
	}
	if r.o.Parents != nil && r.o.Can.Moves {
		actions = append(actions, Action{of("a record moves"), 2, r.move})
	}
	return actions
}

// some is one of the records; "" if there is none.
func (r *Records[S]) some(random *rand.Rand) string {
	n := random.IntN(1 << 20)
	if ids := r.ids(); len(ids) > 0 {
		return ids[n%len(ids)]
	}
	return ""
}

func (r *Records[S]) come(random *rand.Rand) string {
	var none S
	parent := ""
	if r.o.Parents != nil {
		if ids := r.o.Parents.ids(); len(ids) > 0 {
			parent = ids[random.IntN(1<<20)%len(ids)]
		} else {
			return ""
		}
	}
	r.next++
	id := fmt.Sprintf("%s-%d", r.o.Flow, r.next)
	r.put(id, version[S]{value: r.o.Draw(random, none), parent: parent})
	return id
}

func (r *Records[S]) change(random *rand.Rand) string {
	id := r.some(random)
	if id == "" {
		return ""
	}
	v := r.records[id].latest()
	v.value = r.o.Draw(random, v.value)
	r.put(id, v)
	return fmt.Sprintf("%s %+v", id, v.value)
}

func (r *Records[S]) goes(random *rand.Rand) string {
	id := r.some(random)
	if id != "" {
		r.drop(id)
	}
	return id
}

// jump sets the clock.
func (r *Records[S]) jump(random *rand.Rand) string {
	r.o.Skew = time.Duration(random.Int64N(int64(20*time.Minute))) - 10*time.Minute
	return "ahead by " + r.o.Skew.Round(time.Second).String()
}

// hide lets listings lack a record that is there.
func (r *Records[S]) hide(random *rand.Rand) string {
	id := r.some(random)
	if id != "" {
		r.hidden[id] = time.Now().Add(time.Duration(1 + random.Int64N(int64(20*time.Minute))))
	}
	return id
}

// lie tells of a deletion that did not happen.
func (r *Records[S]) lie(random *rand.Rand) string {
	id := r.some(random)
	if id != "" {
		r.tell(syncer.Change{Ref: syncer.Ref{ID: id, Parent: r.records[id].latest().parent}, Gone: true})
	}
	return id
}

// quiet reports whether a record has been there, unchanged, for a while.
func (r *Records[S]) quiet(id string) (value S, quiet bool) {
	stored := r.records[id]
	if stored == nil || stored.latest().gone || time.Since(stored.latest().at) < 5*time.Minute {
		return value, false
	}
	return stored.latest().value, true
}

// drop deletes a record and what belongs to it.
func (r *Records[S]) drop(id string) {
	v := r.records[id].latest()
	v.gone = true
	r.put(id, v)
	for _, child := range r.children {
		child.dropUnder(id)
	}
}

// anew deletes a record and makes another one like it.
func (r *Records[S]) anew(random *rand.Rand) string {
	id := r.some(random)
	if id == "" {
		return ""
	}
	v := r.records[id].latest()
	r.drop(id)
	r.next++
	now := fmt.Sprintf("%s-%d", r.o.Flow, r.next)
	r.put(now, v)
	return id + " is " + now
}

// merge deletes a record whose children go to another one.
func (r *Records[S]) merge(random *rand.Rand) string {
	loser, winner := r.some(random), r.some(random)
	if loser == winner {
		return ""
	}
	for _, child := range r.children {
		child.moveUnder(loser, winner)
	}
	r.drop(loser)
	return loser + " into " + winner
}

func (r *Records[S]) move(random *rand.Rand) string {
	id, parents := r.some(random), r.o.Parents.ids()
	if id == "" || len(parents) == 0 {
		return ""
	}
	v := r.records[id].latest()
	v.parent = parents[random.IntN(1<<20)%len(parents)]
	r.put(id, v)
	return id + " to " + v.parent
}

func (r *Records[S]) under(parent string) []string {
	return slices.DeleteFunc(r.ids(), func(id string) bool { return r.records[id].latest().parent != parent })
}

func (r *Records[S]) dropUnder(parent string) {
	for _, id := range r.under(parent) {
		r.drop(id)
	}
}

func (r *Records[S]) moveUnder(from, to string) {
	if !r.o.Can.Moves {
		return // they are dropped with their parent
	}
	for _, id := range r.under(from) {
		v := r.records[id].latest()
		v.parent = to
		r.put(id, v)
	}
}

// put stores a version, and tells of it.
func (r *Records[S]) put(id string, v version[S]) {
	if r.records[id] == nil {
		r.records[id] = &record[S]{id: id}
	}
	stored := r.records[id]
	random := r.sim.draws(fmt.Sprintf("version %d of %s", len(stored.versions), id))
	v.at = time.Now()
	v.stamp, v.visible = v.at.Add(r.o.Skew), v.at
	if r.o.Can.Lag > 0 {
		v.visible = v.at.Add(time.Duration(random.Int64N(int64(r.o.Can.Lag))))
	}
	if n := len(stored.versions); n > 0 && stored.versions[n-1].visible.After(v.visible) {
		v.visible = stored.versions[n-1].visible
	}
	stored.versions = append(stored.versions, v)
	change := syncer.Change{Ref: syncer.Ref{ID: id, Parent: v.parent}, Gone: v.gone, At: v.stamp}
	if random.IntN(3) == 0 && r.o.Can.Moves {
		change.Ref.Parent = ""
	}
	r.tell(change)
}

// tell sends a webhook.
func (r *Records[S]) tell(change syncer.Change) {
	if r.o.Webhooks == nil {
		return
	}
	change.Tenant, change.Flow = Tenant, r.o.Flow
	r.sim.deliver(*r.o.Webhooks, change.Ref.ID, func(ctx context.Context, e *syncer.Engine, event string) (syncer.Key, error) {
		change := change
		change.EventID = event
		return syncer.Key{Tenant: Tenant, Flow: r.o.Flow, ID: change.Ref.ID}, e.Notify(ctx, change)
	})
}

var errNotThere = &syncer.Error{Kind: syncer.KindGone, Err: errors.New("404 not there")}

// Capabilities is RecordsOptions.Can.
func (r *Records[S]) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return r.o.Can, nil
}

// Get reads a record as it is now.
func (r *Records[S]) Get(_ context.Context, ref syncer.Ref) (syncer.Record[S], error) {
	stored := r.records[ref.ID]
	if stored == nil || stored.latest().gone {
		return syncer.Record[S]{}, errNotThere
	}
	v := stored.latest()
	if r.o.Can.ListsByParent && ref.Parent != "" && ref.Parent != v.parent {
		return syncer.Record[S]{}, errNotThere // it is not there under that parent
	}
	return r.record(ref.ID, v), nil
}

func (r *Records[S]) record(id string, v version[S]) syncer.Record[S] {
	return syncer.Record[S]{Ref: syncer.Ref{ID: id, Parent: v.parent}, Value: v.value, Updated: v.stamp}
}

// List lists the records as they are visible, in the order of their ids, or of
// the times of their changes.
func (r *Records[S]) List(_ context.Context, query syncer.Query, cursor string) (syncer.Page[S], error) {
	now := time.Now()
	type row struct {
		place string
		syncer.Record[S]
	}
	var rows []row
	for id, stored := range r.records {
		at := len(stored.versions) - 1
		for at >= 0 && stored.versions[at].visible.After(now) {
			at--
		}
		if !r.sim.calm && r.hidden[id].After(now) {
			continue
		}
		if at < 0 || stored.versions[at].gone || query.Parent.ID != "" && stored.versions[at].parent != query.Parent.ID {
			continue
		}
		found := row{id, r.record(id, stored.versions[at])}
		if !query.Since.IsZero() {
			if found.Updated.Before(query.Since) {
				continue
			}
			found.place = found.Updated.UTC().Format("2006-01-02T15:04:05.000000000") + id
		}
		if found.place > cursor {
			rows = append(rows, found)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.place, b.place) })
	page := syncer.Page[S]{Date: now.Add(r.o.Skew), Total: len(r.records)}
	for i, found := range rows {
		if i == r.o.PageSize {
			page.Next = rows[i-1].place
			break
		}
		page.Records = append(page.Records, found.Record)
	}
	return page, nil
}
