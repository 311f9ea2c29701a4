package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/contactlink/contactlink/mapping"
)

// comparison is the verification of one flow.
type comparison struct {
	*sweep
	held   map[string]Record[Fields] // by the source's id
	total  int                       // of the source's listing, as far as it says
	result FlowVerification
}

func (c *comparison) compare(ctx context.Context) (err error) {
	if err := c.readTarget(ctx); err != nil {
		return err
	}
	if c.can, err = c.capable(ctx, c.tenant, c.flow); err != nil {
		return err
	}
	seen := map[string]bool{}
	err = c.eachPage(ctx, func(rows []Record[json.RawMessage]) error { return c.compareRows(ctx, rows, seen) })
	if err != nil {
		return err
	}
	if err := c.extras(ctx, seen); err != nil {
		return err
	}
	c.result.count()
	return nil
}

// readTarget reads all of the target. Records that nobody here made are extra.
func (c *comparison) readTarget(ctx context.Context) error {
	c.held = map[string]Record[Fields]{}
	for cursor := ""; ; {
		var page Page[Fields]
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
			id := record.ExternalID
			if link, linked := links[record.ID]; linked {
				id = link.ID
			}
			if id == "" {
				c.differs(Difference{Target: record.ID, What: DifferenceExtra})
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

// eachPage calls f for all records of the source, some at a time.
func (c *comparison) eachPage(ctx context.Context, f func([]Record[json.RawMessage]) error) error {
	if c.can.source.ListsByParent {
		return c.eachParent(ctx, f)
	}
	for cursor := ""; ; {
		page, err := c.page(ctx, Query{}, cursor)
		if err != nil {
			return err
		}
		c.total = max(c.total, page.Total)
		if err := f(page.Records); err != nil {
			return err
		}
		if page.Next == "" || page.Next == cursor {
			return nil
		}
		cursor = page.Next
	}
}

// eachParent lists the records of every parent that is known, in whatever state.
func (c *comparison) eachParent(ctx context.Context, f func([]Record[json.RawMessage]) error) error {
	for after := ""; ; {
		parents, err := c.store.Walk(ctx, c.tenant.id, c.flow.parent, "", after, parentsAtOnce)
		if err != nil {
			return err
		}
		records, err := c.children(ctx, parents)
		if err != nil {
			return err
		}
		if err := f(records); err != nil {
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
	before := len(c.result.Differences)
	for _, row := range rows {
		c.compareRow(ctx, row, links[row.ID], parentLinks[row.Parent])
	}
	c.run.compared(c.tenant, c.flow, len(rows), c.total)
	return c.explainAll(ctx, c.result.Differences[before:])
}

// explainAll says of those differences that wait for something, or failed, why.
func (c *comparison) explainAll(ctx context.Context, differences []Difference) error {
	places := map[string]int{}
	for i, d := range differences {
		if d.Key.ID != "" && d.What != DifferenceHeld {
			places[d.Key.ID] = i
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(places)), marksAtOnce) {
		marks, err := c.store.Marks(ctx, MarkQuery{Tenant: c.tenant.id, Flow: c.flow.name, IDs: ids, N: len(ids)})
		if err != nil {
			return err
		}
		for _, mark := range marks {
			d := &differences[places[mark.ID]]
			switch mark.Status {
			case MarkParked:
				d.What, d.Why = DifferenceParked, mark.Error
			case MarkDead:
				d.What, d.Why = DifferenceDead, mark.Error
			case MarkAny, MarkWaiting, MarkClaimed:
			}
		}
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
	// A child is like its parent.
	leftOut := errors.Is(err, mapping.Skip) || link.State == Filtered || parent.State == Filtered || parent.State == Detached
	gone := link.State == GoneAtTarget || parent.State == GoneAtTarget
	// It stays where a target without cascades keeps it.
	withParent := link.State == GoneAtTarget && parent.State == GoneAtTarget
	switch {
	case link.State == Detached:
		c.excepted(key, ExceptedDetached)
		return
	case leftOut && link.State == Held:
		c.differs(Difference{Key: key, Target: held.ID, What: DifferenceHeld})
		return
	case leftOut && there:
		c.differs(Difference{Key: key, Target: held.ID, What: DifferenceExtra})
		return
	case leftOut:
		c.excepted(key, ExceptedFiltered)
		return
	case gone && !there, withParent:
		c.excepted(key, ExceptedGone)
		return
	case err != nil:
		c.differs(Difference{Key: key, Target: held.ID, What: DifferenceUnmappable, Why: err.Error()})
		return
	case !there:
		c.differs(Difference{Key: key, What: DifferenceMissing})
		return
	}
	of := c.fields(desired, held.Value, link.Base)
	if c.flow.parent != "" && held.Parent != parent.Target.ID {
		of.changed = append(of.changed, "(parent)")
	}
	switch differ := append(of.changed, of.drifted...); {
	case len(of.changed) > 0:
		c.differs(Difference{Key: key, Target: held.ID, What: DifferenceChanged, Fields: differ})
	case len(of.drifted) > 0:
		c.differs(Difference{Key: key, Target: held.ID, What: DifferenceDrifted, Fields: differ})
	case len(of.kept) > 0:
		c.excepted(key, ExceptedDrift)
	default:
		c.result.Equal++
		if of.altered {
			c.result.Altered++
		}
	}
}

// differing are the names of the fields that differ, by why.
type differing struct {
	changed, drifted []string
	kept             []string // drifted, and left by policy
	// altered: the target was sent what is wanted, and still holds what it answered
	// to that.
	altered bool
}

func (c *comparison) fields(desired, held Fields, base Base) (d differing) {
	for _, name := range desired.names() {
		want, holds := desired[name], held.value(name)
		if equal(want, holds) || c.flow.sets[name] && contains(holds, want) {
			continue
		}
		sent, was := base.Sent[name]
		left := c.flow.onDrift != DriftRestore || equal(base.Restored[name], holds)
		agreed := equal(base.Answered.value(name), holds)
		switch {
		case !was || !equal(sent, want):
			d.changed = append(d.changed, name)
		case agreed && (!left || alikeValues(want, holds)):
			d.altered = true
		case left: // what was kept counts as answered by now: only its look tells it from what a target alters
			d.kept = append(d.kept, name)
		default:
			d.drifted = append(d.drifted, name)
		}
	}
	return d
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
		key := Key{Tenant: c.tenant.id, Flow: c.flow.name, ID: id}
		what := DifferenceExtra
		switch links[id].State {
		case Held:
			what = DifferenceHeld
		case Detached:
			c.excepted(key, ExceptedDetached)
			continue
		case Unlinked, Linked, Filtered, Leaving, GoneAtTarget:
			if links[id].State == Linked && !c.flow.sides.lists(links[id].Base.Source) {
				c.excepted(key, ExceptedUnlisted)
				continue
			}
		}
		c.differs(Difference{Key: key, Target: c.held[id].ID, What: what})
	}
	return nil
}

func (c *comparison) differs(d Difference) { c.result.Differences = append(c.result.Differences, d) }

func (c *comparison) excepted(key Key, why ExceptionReason) {
	c.result.Excepted = append(c.result.Excepted, Exception{Key: key, Why: why})
}

// count counts the differences by kind and by field.
func (f *FlowVerification) count() {
	f.Counts, f.Fields = map[DifferenceKind]int{}, map[string]int{}
	for _, d := range f.Differences {
		f.Counts[d.What]++
		for _, name := range d.Fields {
			f.Fields[name]++
		}
	}
}
