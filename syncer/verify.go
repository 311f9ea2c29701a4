package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// Verification says whether both sides agree: each record of the source was
// mapped anew and compared, field by field, with what the target holds.
type Verification struct {
	At       time.Time
	Duration time.Duration
	Flows    map[string]FlowVerification
}

// FlowVerification is one flow's part of a Verification.
type FlowVerification struct {
	// Source and Target are how many records each side has.
	Source, Target int
	// Equal records agree in every mapped field.
	Equal int
	// Differences are the records that do not.
	Differences []Difference
	// Altered counts records in which the target holds something else than was
	// sent, and has done so since: it trims, lower-cases or rounds. They are Equal.
	Altered int
	// Excepted counts records that are rightly not in step: left out by the
	// mapping, detached, or deleted at the target by others.
	Excepted int
	// Warnings counts records of which the mapping warned.
	Warnings int
}

// Difference is a record on which both sides do not agree.
type Difference struct {
	Key Key
	// Target is the id of the target's record, if there is one.
	Target string
	// What is "missing" (at the target), "extra" (at the target), "differs",
	// "unmappable" or "held" (a removal that the guard holds).
	What string
	// Fields are the names of the fields that differ.
	Fields []string
}

// Differing is how many records differ in all flows.
func (v *Verification) Differing() int {
	n := 0
	for _, flow := range v.Flows {
		n += len(flow.Differences)
	}
	return n
}

// Verify reads both sides and compares them. It writes nothing, anywhere. What
// changes while it goes on may be among the differences.
func (e *Engine) Verify(ctx context.Context, scope ...Scope) (*Verification, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	verification := &Verification{At: time.Now(), Flows: map[string]FlowVerification{}}
	err = e.each(ctx, within, func(t *tenant) error {
		if err := e.start(ctx, t); err != nil {
			return err
		}
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) || t.skips(f.name) {
				continue
			}
			c := comparison{sweep: &sweep{Engine: e, tenant: t, flow: f}, result: verification.Flows[f.name]}
			if err := c.compare(ctx); err != nil {
				return fmt.Errorf("syncer: verify %s/%s: %w", t.id, f.name, err)
			}
			verification.Flows[f.name] = c.result
		}
		return nil
	})
	verification.Duration = time.Since(verification.At)
	return verification, err
}

// comparison is the verification of one flow.
type comparison struct {
	*sweep
	held   map[string]Record[Listed[Fields]] // by the source's id
	result FlowVerification
}

func (c *comparison) compare(ctx context.Context) error {
	if err := c.readTarget(ctx); err != nil {
		return err
	}
	capabilities, err := c.flow.sides.sourceCapabilities(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	if capabilities.ListsByParent {
		err = c.compareChildren(ctx, seen)
	} else {
		err = c.compareAll(ctx, seen)
	}
	if err != nil {
		return err
	}
	return c.extras(ctx, seen)
}

// readTarget reads all of the target. Records that nobody here made are extra.
func (c *comparison) readTarget(ctx context.Context) error {
	c.held = map[string]Record[Listed[Fields]]{}
	for cursor := ""; ; {
		var page Page[Listed[Fields]]
		err := c.attempt(ctx, targetSide, func(ctx context.Context) (err error) {
			page, err = c.flow.sides.listHeld(ctx, cursor)
			return err
		})
		if err != nil {
			return err
		}
		ids := make([]string, len(page.Records))
		for i, record := range page.Records {
			ids[i] = record.ID
		}
		links, err := c.store.LinksOf(ctx, c.tenant.id, c.flow.name, ids)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			c.result.Target++
			id := record.Value.ExternalID
			if link, linked := links[record.ID]; linked {
				id = link.ID
			}
			if id == "" {
				c.differs(Difference{Target: record.ID, What: "extra"})
				continue
			}
			c.held[id] = record
		}
		if page.Next == "" || page.Next == cursor {
			return nil
		}
		cursor = page.Next
	}
}

func (c *comparison) compareAll(ctx context.Context, seen map[string]bool) error {
	for cursor := ""; ; {
		page, err := c.page(ctx, Query{}, cursor)
		if err != nil {
			return err
		}
		if err := c.compareRows(ctx, page.Records, seen); err != nil {
			return err
		}
		if page.Next == "" || page.Next == cursor {
			return nil
		}
		cursor = page.Next
	}
}

// compareChildren lists the records of every parent that is known, in whatever
// state.
func (c *comparison) compareChildren(ctx context.Context, seen map[string]bool) error {
	for after := ""; ; {
		parents, err := c.store.Walk(ctx, c.tenant.id, c.flow.parent, "", after, parentsAtOnce)
		if err != nil {
			return err
		}
		records, err := c.children(ctx, parents)
		if err != nil {
			return err
		}
		if err := c.compareRows(ctx, records, seen); err != nil {
			return err
		}
		if len(parents) < parentsAtOnce {
			return nil
		}
		after = parents[len(parents)-1].ID
	}
}

func (c *comparison) compareRows(ctx context.Context, rows []Record[json.RawMessage], seen map[string]bool) error {
	rows = slices.DeleteFunc(rows, func(row Record[json.RawMessage]) bool { return seen[row.ID] })
	ids, parents := make([]string, len(rows)), make([]string, len(rows))
	for i, row := range rows {
		ids[i], parents[i] = row.ID, row.Parent
		seen[row.ID] = true
	}
	links, err := c.store.Links(ctx, c.tenant.id, c.flow.name, ids)
	if err != nil {
		return err
	}
	var parentLinks map[string]Link
	if c.flow.parent != "" {
		if parentLinks, err = c.store.Links(ctx, c.tenant.id, c.flow.parent, parents); err != nil {
			return err
		}
	}
	if err := c.complete(ctx, rows, links); err != nil {
		return err
	}
	for _, row := range rows {
		c.compareRow(ctx, row, links[row.ID], parentLinks[row.Parent])
	}
	return nil
}

// complete makes whole records of partial rows: what was read before, if the
// row proves that it is still so, else what a read by id says now.
func (c *comparison) complete(ctx context.Context, rows []Record[json.RawMessage], links map[string]Link) error {
	errs := make([]error, len(rows))
	c.sideBySide(len(rows), func(i int) {
		if !rows[i].Partial {
			return
		}
		base := links[rows[i].ID].Base
		if base.Source != nil && c.flow.sides.unchanged(rows[i].Value, base.Source) {
			rows[i].Value = base.Source
			return
		}
		errs[i] = c.attempt(ctx, sourceSide, func(ctx context.Context) error {
			record, err := c.flow.sides.read(ctx, rows[i].Ref)
			if err == nil {
				rows[i] = record
			}
			return err
		})
		if errs[i] != nil && kindOf(errs[i]) == KindGone {
			errs[i] = nil // deleted since the page: the row stands for what it was
		}
	})
	return errors.Join(errs...)
}

func (c *comparison) compareRow(ctx context.Context, row Record[json.RawMessage], link, parent Link) {
	c.result.Source++
	key := Key{Tenant: c.tenant.id, Flow: c.flow.name, ID: row.ID}
	held, there := c.held[row.ID]
	desired, warnings, err := c.flow.sides.mapped(ctx, row.Value)
	if len(warnings) > 0 {
		c.result.Warnings++
	}
	excepted := errors.Is(err, mapping.Skip) || link.State == Filtered || link.State == Detached
	switch {
	case excepted && !there, link.State == Detached, link.State == GoneAtTarget && !there:
		c.result.Excepted++
		return
	case excepted:
		c.differs(Difference{Key: key, Target: held.ID, What: "extra"})
		return
	case err != nil:
		c.differs(Difference{Key: key, Target: held.ID, What: "unmappable"})
		return
	case !there:
		c.differs(Difference{Key: key, What: "missing"})
		return
	}
	fields, altered := c.fields(desired, held.Value.Value, link.Base)
	if c.flow.parent != "" && held.Parent != parent.Target.ID {
		fields = append(fields, "(parent)")
	}
	switch {
	case len(fields) > 0:
		c.differs(Difference{Key: key, Target: held.ID, What: "differs", Fields: fields})
	default:
		c.result.Equal++
		if altered {
			c.result.Altered++
		}
	}
}

// fields names the fields that differ, and says whether the target altered one:
// it was sent what is wanted, and still holds what it answered to that.
func (c *comparison) fields(desired, held Fields, base Base) (differ []string, altered bool) {
	for _, name := range desired.names() {
		want, holds := desired[name], held.value(name)
		if equal(want, holds) || c.flow.sets[name] && contains(holds, want) {
			continue
		}
		sent, was := base.Sent[name]
		if was && equal(sent, want) && equal(base.Answered.value(name), holds) {
			altered = true
			continue
		}
		differ = append(differ, name)
	}
	return differ, altered
}

// contains reports whether a set has all elements of another.
func contains(set, of json.RawMessage) bool {
	holds, ok := elements(set)
	want, wanted := elements(of)
	return ok && wanted && len(without(want, holds)) == 0
}

// extras are the target's records whose source the listing did not show.
func (c *comparison) extras(ctx context.Context, seen map[string]bool) error {
	var ids []string
	for id := range c.held {
		if !seen[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	links, err := c.store.Links(ctx, c.tenant.id, c.flow.name, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		what := "extra"
		switch links[id].State {
		case Held:
			what = "held"
		case Detached:
			c.result.Excepted++
			continue
		case Unlinked, Linked, Filtered, Leaving, GoneAtTarget:
		}
		c.differs(Difference{
			Key: Key{Tenant: c.tenant.id, Flow: c.flow.name, ID: id}, Target: c.held[id].ID, What: what,
		})
	}
	return nil
}

func (c *comparison) differs(d Difference) { c.result.Differences = append(c.result.Differences, d) }
