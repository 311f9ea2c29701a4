package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/contactlink/contactlink/syncer"
)

// person and card are the records of two small systems.
type person struct{ Name, City string }

type card struct {
	Title string `json:"title"`
	Town  string `json:"town"`
}

// people is a source and cards a target in memory.
type people map[string]person

func (people) Capabilities(context.Context) (syncer.SourceCapabilities, error) {
	return syncer.SourceCapabilities{}, nil
}

func (s people) Get(_ context.Context, ref syncer.Ref) (syncer.Record[person], error) {
	return syncer.Record[person]{}, fmt.Errorf("%s is not to be read", ref.ID)
}

func (s people) List(context.Context, syncer.Query, string) (syncer.Page[person], error) {
	var page syncer.Page[person]
	for _, id := range slices.Sorted(maps.Keys(s)) {
		page.Records = append(page.Records, syncer.Record[person]{Ref: syncer.Ref{ID: id}, Value: s[id]})
	}
	return page, nil
}

type cards struct {
	mu     sync.Mutex
	held   map[string]card
	writes int
}

func (*cards) Capabilities(context.Context) (syncer.TargetCapabilities, error) {
	return syncer.TargetCapabilities{ExternalIDs: true}, nil
}

func (c *cards) record(id string) syncer.Record[card] {
	return syncer.Record[card]{Ref: syncer.Ref{ID: id}, ExternalID: id, Value: c.held[id]}
}

func (c *cards) Get(_ context.Context, ref syncer.Ref) (syncer.Record[card], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.record(ref.ID), nil
}

func (c *cards) Find(_ context.Context, id string) (*syncer.Record[card], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	record := c.record(id)
	return &record, nil
}

func (c *cards) List(context.Context, string) (syncer.Page[card], error) {
	return syncer.Page[card]{}, nil
}

func (c *cards) Create(_ context.Context, draft syncer.Draft[card]) (syncer.Record[card], error) {
	return c.write(draft.ExternalID, draft.Value), nil
}

func (c *cards) Update(_ context.Context, ref syncer.Ref, patch syncer.Patch[card]) (syncer.Record[card], error) {
	return c.write(ref.ID, patch.Value), nil
}

func (c *cards) write(id string, value card) syncer.Record[card] {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := c.held[id]
	if value.Title != "" {
		held.Title = value.Title
	}
	if value.Town != "" {
		held.Town = value.Town
	}
	c.held[id] = held
	c.writes++
	return c.record(id)
}

func (*cards) Delete(context.Context, syncer.Ref, string) error { return nil }

// oslo is a mapper with a rule for each field: Oslo goes by a name.
type oslo string

func (m oslo) Map(_ context.Context, p person) (card, error) {
	if p.City == "Oslo" {
		p.City = string(m)
	}
	return card{Title: p.Name, Town: p.City}, nil
}

func (m oslo) Version() string { return "oslo " + string(m) }

func (m oslo) Fingerprints() map[string]string {
	return map[string]string{"title": "1", "town": string(m)}
}

func (m oslo) Reads() map[string][]string {
	return map[string][]string{"title": {"Name"}, "town": {"City"}}
}

// backfill runs an engine with a mapper on a store in a file, and returns how
// many rows its log has then, and how much was written.
func backfill(t *testing.T, path string, source people, target *cards, mapper oslo) (logged, written int) {
	t.Helper()
	store := open(t, path)
	defer func() { _ = store.Close() }()
	flow := syncer.FlowConfig[person, card]{Name: "people", Source: source, Mapper: mapper, Target: target}.Flow()
	engine, err := syncer.New(syncer.Config{Tenants: syncer.One("t", flow), Store: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	before := target.writes
	if _, err := engine.Backfill(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, err := store.Events(t.Context(), syncer.EventQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(events), target.writes - before
}

func TestAChangedMappingTouchesWhatItAffects(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	source, target := people{}, &cards{held: map[string]card{}}
	for i := range 40 {
		source[fmt.Sprint("p", i)] = person{Name: fmt.Sprint("Person ", i), City: []string{"Rome", "Oslo"}[i%8/7]}
	}
	check := func(mapper oslo, logged, written int) {
		t.Helper()
		gotLogged, gotWritten := backfill(t, path, source, target, mapper)
		if gotLogged != logged || gotWritten != written {
			t.Errorf("%s: %d rows in the log and %d writes, want %d and %d", mapper, gotLogged, gotWritten, logged, written)
		}
	}
	check("Oslo", 40, 40)
	check("Kristiania", 45, 5)
	check("Kristiania", 45, 0)
	check("Oslo", 50, 5)

	// What a version of this library left that kept no rules.
	db := database(t, path)
	exec(t, db, `DROP TABLE contactlink_rules`)
	exec(t, db, `ALTER TABLE contactlink_links DROP COLUMN refused_by`)
	exec(t, db, `DELETE FROM contactlink_schema WHERE version = 5`)
	check("Christiania", 55, 5)
	check("Oslo", 60, 5)
	var kept int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM contactlink_rules`).Scan(&kept); err != nil && err != sql.ErrNoRows || kept != 2 {
		t.Errorf("%d mappings are kept, %v; want 2", kept, err)
	}
}
