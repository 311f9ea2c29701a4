package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
	"github.com/contactlink/contactlink/syncer"
)

// thin is a source of people in any form. Its listing only shows when they
// changed: all else takes a read.
type thin[S any] struct{ *crm }

func as[S any](p person) (record S, err error) {
	data, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(data, &record)
	}
	return record, err
}

func (s thin[S]) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[S], error) {
	record, err := s.crm.Get(ctx, ref)
	if err != nil {
		return syncer.Record[S]{}, err
	}
	value, err := as[S](record.Value)
	return syncer.Record[S]{Ref: record.Ref, Value: value}, err
}

func (s thin[S]) List(ctx context.Context, query syncer.Query, cursor string) (syncer.Page[S], error) {
	page, err := s.crm.List(ctx, query, cursor)
	if err != nil {
		return syncer.Page[S]{}, err
	}
	rows := syncer.Page[S]{Next: page.Next, Total: page.Total, Date: page.Date}
	for _, record := range page.Records {
		value, err := as[S](person{ID: record.ID, At: record.Value.At})
		if err != nil {
			return syncer.Page[S]{}, err
		}
		rows.Records = append(rows.Records, syncer.Record[S]{Ref: record.Ref, Value: value, Updated: record.Updated, Partial: true})
	}
	return rows, nil
}

func (thin[S]) Unchanged(row, read S) bool {
	a, err := json.Marshal(row)
	b, err2 := json.Marshal(read)
	var listed, known struct{ At time.Time }
	return errors.Join(err, err2, json.Unmarshal(a, &listed), json.Unmarshal(b, &known)) == nil && listed.At.Equal(known.At)
}

// declare makes a new engine on the same store, with a mapping that is declared.
func declare[S any](t *testing.T, w *world, text string) {
	t.Helper()
	file, err := spec.Parse("people.yaml", []byte(text))
	require.NoError(t, err)
	mapper, err := spec.Compile[S, card](file, "people")
	require.NoError(t, err)
	by[S](t, w, mapper)
}

// by is declare for any mapper.
func by[S any](t *testing.T, w *world, mapper mapping.Mapper[S, card]) {
	t.Helper()
	w.peopleFlow = syncer.FlowConfig[S, card]{
		Name: "people", Source: thin[S]{w.people}, Mapper: mapper, Target: w.cards, Sets: []string{"tags"},
	}.Flow()
	w.config.Tenants = syncer.One("here", w.peopleFlow)
	engine, err := syncer.New(w.config)
	require.NoError(t, err)
	w.engine = engine
}

// cost is what something took: rows of the log, reads by id, writes.
type cost struct{ events, reads, writes int }

func (w *world) cost(t *testing.T, f func()) cost {
	t.Helper()
	events := func() int {
		found, err := w.store.Events(t.Context(), syncer.EventQuery{Limit: 10000})
		require.NoError(t, err)
		return len(found)
	}
	w.cards.took()
	before := cost{events: events(), reads: w.people.reads}
	f()
	return cost{events() - before.events, w.people.reads - before.reads, len(w.cards.took())}
}

// towns are some people: three in Oslo, one without a town, the others in Rome.
func (w *world) towns() {
	for i := range 20 {
		p := person{ID: fmt.Sprintf("p%03d", i), Name: fmt.Sprint("Person ", i), City: "Rome", Tags: []string{"a"}}
		switch {
		case i < 3:
			p.City = "Oslo"
		case i == 3:
			p.City = ""
		}
		w.people.put(p)
	}
}

// townsSpec maps them, with these rules instead of those of the same name.
func townsSpec(rules ...string) string {
	text := "people:\n  fields:\n"
	of := map[string]string{"title": "title: Name", "town": "town: City", "tags": "tags: Tags"}
	for _, rule := range rules {
		name, _, _ := strings.Cut(rule, ":")
		of[name] = rule
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if name != "when" {
			text += "    " + of[name] + "\n"
		}
	}
	return text + "  " + of["when"]
}

const renamedOslo = `town: 'City == "Oslo" ? "Kristiania" : City'`

func TestOneChangedLineWritesWhatItAffectsWithoutAsking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		declare[person](t, w, townsSpec())
		w.backfill(t)

		declare[person](t, w, townsSpec(renamedOslo))
		plan := w.plan(t)
		require.Equal(t, 3, plan.Operations())
		assert.Equal(t, 17, plan.Flows[0].Unchanged)
		assert.Contains(t, plan.String(), "3 updated, 17 unchanged, by other rules for town\n")
		assert.Equal(t, 7, plan.Spent.Source, "the listing, and no record")
		assert.Equal(t, "town", plan.Flows[0].Operations[0].Fields[0].Field)

		w.people.fail = func() error { return errors.New("503") }
		assert.Equal(t, cost{events: 3, writes: 3}, w.cost(t, func() {
			_, err := w.engine.Backfill(t.Context())
			require.Error(t, err, "the source does not answer, and is not needed")
			require.NoError(t, w.engine.Wait(t.Context()))
		}))
		for i := range 3 {
			assert.Equal(t, "Kristiania", w.cards.byExternal(fmt.Sprintf("p%03d", i)).value.Town.Or(""))
		}
		w.people.fail = nil
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t); w.backfill(t) }), "nothing is left to do for anyone")

		declare[person](t, w, townsSpec())
		assert.Equal(t, cost{events: 3, writes: 3}, w.cost(t, func() { w.backfill(t) }), "back is the same step")
		w.inStep(t)
	})
}

func TestAFilterThatChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		declare[person](t, w, townsSpec())
		w.backfill(t)
		declare[person](t, w, townsSpec("when: City != 'Oslo'"))
		assert.Contains(t, w.plan(t).String(), "3 deleted, 17 unchanged, by other rules for when\n")
		assert.Equal(t, cost{events: 3, reads: 3, writes: 3}, w.cost(t, func() { w.backfill(t) }), "who leaves is read before")
		assert.Len(t, w.cards.records, 17)

		declare[person](t, w, townsSpec("when: City != 'Oslo'", "title: upper(Name)"))
		assert.Equal(t, cost{events: 17, writes: 17}, w.cost(t, func() { w.backfill(t) }), "who is left out is not looked at")

		declare[person](t, w, townsSpec("when: City != ''"))
		assert.Equal(t, cost{events: 20, reads: 4, writes: 20}, w.cost(t, func() { w.backfill(t) }), "three come and one goes")
		assert.Len(t, w.cards.records, 19)
		w.inStep(t)
	})
}

func TestARuleThatReadsWhatWasNotReadYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		for i := range 20 {
			p := w.people.records[fmt.Sprintf("p%03d", i)]
			p.Phone = []string{"", fmt.Sprint("+1", i)}[i%2]
			w.people.put(p)
		}
		type elder struct { // of a version of the source that knows no phones
			ID, Boss, Name, City string
			Tags                 []string
			At                   time.Time
		}
		declare[elder](t, w, townsSpec())
		w.backfill(t)
		declare[person](t, w, townsSpec())
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t) }), "that the source knows more is no reason")

		declare[elder](t, w, townsSpec(renamedOslo))
		assert.Equal(t, cost{events: 3, writes: 3}, w.cost(t, func() { w.backfill(t) }))
		elapse(time.Minute)
		w.people.put(person{ID: "p019", Name: "Ann", City: "Rome", Tags: []string{"a"}, Phone: "+119"})
		declare[person](t, w, townsSpec(renamedOslo))
		assert.Equal(t, cost{events: 1, reads: 1, writes: 1}, w.cost(t, func() { w.backfill(t) }))

		declare[person](t, w, townsSpec(renamedOslo, "phone: Phone"))
		assert.Equal(t, cost{events: 20, reads: 19, writes: 20}, w.cost(t, func() { w.backfill(t) }), "p019 was read with its phone")
		for i := range 20 {
			assert.Equal(t, w.people.records[fmt.Sprintf("p%03d", i)].Phone, w.cards.byExternal(fmt.Sprintf("p%03d", i)).value.Phone.Or(""))
		}
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t) }))
		w.inStep(t)
	})
}

func TestHowASpecIsWrittenIsNoChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		declare[person](t, w, townsSpec())
		w.backfill(t)
		before, err := w.store.Spec(t.Context(), "here", "people")
		require.NoError(t, err)
		declare[person](t, w, "# in another order\npeople: {fields: {tags: Tags,\n    town: {expr: City}, title: Name}}")
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t) }))
		after, err := w.store.Spec(t.Context(), "here", "people")
		require.NoError(t, err)
		assert.Equal(t, before, after)
	})
}

// A mapper in Go has no fields that it could be asked for: what it makes is
// compared.
func TestAVersionThatChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		version := func(version string, town func(person) string) {
			by(t, w, mapping.WithVersion(mapping.Func(func(_ context.Context, p person) (card, error) {
				return card{Title: opt.Set(p.Name), Town: opt.OrNull(town(p)), Tags: opt.Set(p.Tags)}, nil
			}), version))
		}
		city := func(p person) string { return p.City }
		version("1", city)
		w.backfill(t)
		version("2", city)
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t) }))
		version("3", func(p person) string {
			if p.City == "" {
				return "nowhere"
			}
			return p.City
		})
		assert.Equal(t, cost{events: 1, writes: 1}, w.cost(t, func() { w.backfill(t) }))
		w.inStep(t)
	})
}

// In a store from before there are no rules: what the mapping makes is compared.
func TestRulesThatWereNeverKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		w.store = forgetful{w.store}
		w.config.Store = w.store
		declare[person](t, w, townsSpec())
		w.backfill(t)
		declare[person](t, w, townsSpec("town: coalesce(City, 'nowhere')"))
		assert.Equal(t, cost{events: 1, writes: 1}, w.cost(t, func() { w.backfill(t) }))
		w.inStep(t)
	})
}

type forgetful struct{ syncer.Store }

func (forgetful) Rules(context.Context, string, string, string) (syncer.Rules, error) {
	return syncer.Rules{}, nil
}

// A process with the older mapping writes nothing, and says so; so does one that
// is told of the record that is affected.
func TestAnOlderProcessWritesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		declare[person](t, w, townsSpec())
		w.backfill(t)
		older := w.engine
		declare[person](t, w, townsSpec("title: upper(Name)"))
		w.backfill(t)
		newer := w.engine
		w.people.put(person{ID: "p000", Name: "Changed", City: "Bergen", Tags: []string{"a"}})
		w.engine, w.alerts = older, nil
		w.running(t, func() {
			require.NoError(t, older.Notify(t.Context(), syncer.Change{Tenant: "here", Flow: "people", Ref: syncer.Ref{ID: "p000"}}))
			elapse(time.Minute)
		})
		assert.Equal(t, "Oslo", w.cards.byExternal("p000").value.Town.Or(""))
		require.Len(t, w.alerts, 1)
		assert.Contains(t, w.alerts[0].Text, "this process writes nothing")
		w.engine = newer
		w.backfill(t)
		assert.Equal(t, "Bergen", w.cards.byExternal("p000").value.Town.Or(""))
		w.inStep(t)
	})
}

// What was refused is left alone until it changes, under a new mapping as under
// the one before.
func TestWhatIsRefusedUnderANewMappingIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.towns()
		declare[person](t, w, townsSpec())
		w.backfill(t)
		refuse := map[string]bool{"update " + w.cards.byExternal("p000").id: true}
		w.cards.fail = func(call string) error {
			if refuse[call] {
				return &syncer.Error{Kind: syncer.KindRow, Err: errors.New("422: it is not wanted")}
			}
			return nil
		}
		declare[person](t, w, townsSpec("title: Name + '!'"))
		assert.Equal(t, cost{events: 20, writes: 19}, w.cost(t, func() { w.backfill(t) }))
		assert.Equal(t, cost{}, w.cost(t, func() { w.backfill(t); w.backfill(t) }))
		refuse = nil
		declare[person](t, w, townsSpec("title: Name + '?'"))
		assert.Equal(t, cost{events: 20, reads: 1, writes: 20}, w.cost(t, func() { w.backfill(t) }), "a new mapping may be the remedy")
		w.inStep(t)
	})
}
