package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/contactlink/contactlink/mapping"
)

// inForce returns the mapping that is in force. The first one is at once; a
// later one if the caller says so.
func (e *Engine) inForce(ctx context.Context, t *tenant, f *flow, enforce bool) (Spec, error) {
	spec, err := e.store.Spec(ctx, t.id, f.name)
	if err != nil || spec.Number != 0 && (spec.Version == f.version || !enforce) {
		return spec, err
	}
	before, err := e.store.Rules(ctx, t.id, f.name, f.version)
	if err != nil {
		return Spec{}, err
	}
	made, err := e.store.Enforce(ctx, t.id, f.name, f.version, f.rules.with(before), spec.Number)
	if errors.Is(err, ErrSpecMoved) {
		return e.store.Spec(ctx, t.id, f.name)
	}
	t.forget() // the rules of a version that came again may have changed
	return made, err
}

// follows returns an error if another mapping than this process's is in force: it
// writes nothing then. That is told once, and once more when it has ended. P9:
// the tenant's other flows go on.
func (e *Engine) follows(t *tenant, f *flow, spec Spec) error {
	var err error
	if spec.Version != f.version {
		err = fmt.Errorf("%w for the flow %s: this process writes nothing", ErrNotInForce, f.name)
	}
	before := t.outdated(f.name)
	news, superseded := t.outdate(f.name, spec.Number, err)
	switch {
	case superseded:
		return t.outdated(f.name) // a claim may be granted before, and looked at after
	case news:
		alert := Alert{Kind: AlertPaused, Tenant: t.id, Flow: f.name, Ended: err == nil}
		if err != nil {
			before = err
		}
		if before != nil {
			alert.Text = before.Error()
		}
		e.alert(alert)
	}
	return err
}

// enforce puts this process's mapping of a flow into force. What it makes of the
// records as they were read last is sent without reading them again.
func (e *Engine) enforce(ctx context.Context, t *tenant, f *flow) error {
	before, err := e.store.Spec(ctx, t.id, f.name)
	if err != nil {
		return err
	}
	spec, err := e.inForce(ctx, t, f, true)
	if err != nil {
		return err
	}
	if err := e.follows(t, f, spec); err != nil || before.Number == 0 || before.Version == f.version {
		return err
	}
	return e.remap(ctx, t, f)
}

// remapped is the trigger of marks whose rows are what was read before, mapped
// anew.
const remapped = "mapping"

// remapBatch is how many links are mapped anew together.
const remapBatch = 100

// remap marks the links of whose records, as they were read last, this mapping
// makes something else than another one did. P7: others are left alone. If it is
// cut short, the next sweep marks the rest. It also sees to the records of which
// the mapping reads what was not read then, and to those that left: whether they
// came back, a read says.
func (e *Engine) remap(ctx context.Context, t *tenant, f *flow) error {
	for after := ""; ; {
		since, err := e.store.Draw(ctx)
		if err != nil {
			return err
		}
		links, err := e.store.Walk(ctx, t.id, f.name, Linked, after, remapBatch)
		if err != nil {
			return err
		}
		var marks []Mark
		for _, link := range links {
			after = link.ID
			source := link.Base.Source
			if link.Refused != nil {
				source = link.Refused
			}
			if source == nil {
				continue
			}
			marked, err := e.remaps(ctx, t, f, link, source)
			if err != nil {
				return err
			}
			if !marked {
				continue
			}
			record := Record[json.RawMessage]{Ref: Ref{ID: link.ID, Parent: link.Parent}, Value: source}
			if _, _, err := f.sides.mapped(ctx, source); errors.Is(err, mapping.Skip) {
				record.Partial = true // before a removal the record is read
			}
			marks = append(marks, markOf(t, f, record, remapped))
		}
		if len(marks) > 0 {
			if err := e.store.Observe(ctx, Observation{Since: since, Marks: marks}); err != nil {
				return err
			}
		}
		if len(links) < remapBatch {
			return nil
		}
	}
}

// remaps reports whether the mapping makes something else of a link's record,
// which has all that it reads.
func (e *Engine) remaps(ctx context.Context, t *tenant, f *flow, link Link, source json.RawMessage) (bool, error) {
	stands, err := e.stands(ctx, t, f, link)
	if err != nil || stands {
		return false, err
	}
	by := link.Base.Mapping
	if link.Refused != nil {
		by = link.RefusedBy
	}
	c, err := e.changed(ctx, t, f, by)
	return !c.lacks(source), err
}
