package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/mapping"
)

// Rules are what is known of a mapping that came into force. A base names its
// mapping by the version, so that its rules are kept once, however many records
// they mapped.
type Rules struct {
	// Fingerprints are those of mapping.Fielded: of each field a text that changes
	// with its rule. Nil if the mapper knows no fields.
	Fingerprints map[string]string
	// Source are the names of the fields that the source's records had, in JSON. Nil
	// if that isn't known.
	Source []string
}

// declared asks a flow's mapper, and its source's type.
func declared(mapper any, source reflect.Type) (rules Rules, reads map[string][]string) {
	rules.Source = namesOf(source)
	if fielded, ok := mapper.(mapping.Fielded); ok {
		rules.Fingerprints, reads = fielded.Fingerprints(), fielded.Reads()
	}
	return rules, reads
}

// namesOf are the names in JSON of a struct's fields, nil of anything else.
func namesOf(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	names := []string{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && name != "-" && (!field.Anonymous || name != "") {
			if name == "" {
				name = field.Name
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// with are the rules of one version that came into force before, too: the records
// of both times have the fields that both know.
func (r Rules) with(before Rules) Rules {
	switch {
	case before.Source != nil:
		r.Source = slices.DeleteFunc(slices.Clone(r.Source), func(name string) bool { return !slices.Contains(before.Source, name) })
	case before.Fingerprints != nil:
		r.Source = nil
	}
	return r
}

// change is what differs between the mapping that made a base and the one of this
// process.
type change struct {
	// fields are those whose rules differ; nil if that isn't known: then all may.
	fields map[string]bool
	// fresh are the fields of the source that those rules read, and that its records
	// did not have when the base was made.
	fresh []string
}

// since says what differs between a mapping and this flow's.
func (f *flow) since(before Rules) change {
	var c change
	var reads []string
	now := f.rules.Fingerprints
	if now == nil || before.Fingerprints == nil || now[mapping.Any] != before.Fingerprints[mapping.Any] {
		for _, some := range f.reads {
			reads = append(reads, some...)
		}
		if now == nil {
			reads = []string{mapping.Any}
		}
	} else {
		c.fields = map[string]bool{}
		for name := range before.Fingerprints {
			c.fields[name] = true
		}
		for name, mark := range now {
			if old, had := before.Fingerprints[name]; had && old == mark {
				delete(c.fields, name)
				continue
			}
			c.fields[name] = true
			reads = append(reads, f.reads[name]...)
		}
	}
	if before.Source == nil {
		return c
	}
	if slices.Contains(reads, mapping.Any) {
		reads = f.rules.Source
	}
	for _, read := range reads {
		name, _, _ := strings.Cut(read, ".")
		if !slices.Contains(before.Source, name) && !slices.Contains(c.fresh, name) {
			c.fresh = append(c.fresh, name)
		}
	}
	return c
}

// none reports whether no rule differs.
func (c change) none() bool { return c.fields != nil && len(c.fields) == 0 }

// filters reports whether the rule that leaves records out may be another one.
func (c change) filters() bool { return c.fields == nil || c.fields[""] }

// lacks reports whether a record, as it was read last, lacks what the rules read
// now: then only a read says what they make of it.
func (c change) lacks(source json.RawMessage) bool {
	if len(c.fresh) == 0 {
		return false
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(source, &members) != nil ||
		slices.ContainsFunc(c.fresh, func(name string) bool { return members[name] == nil })
}

// changed says what differs between the mapping with a version and the flow's.
func (e *Engine) changed(ctx context.Context, t *tenant, f *flow, version string) (change, error) {
	if version == f.version {
		return change{fields: map[string]bool{}}, nil
	}
	id := Scope{f.name, version}
	t.mu.Lock()
	c, known := t.changes[id]
	t.mu.Unlock()
	if known {
		return c, nil
	}
	before, err := e.store.Rules(ctx, t.id, f.name, version)
	if err != nil {
		return change{}, err
	}
	c = f.since(before)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changes == nil {
		t.changes = map[Scope]change{}
	}
	t.changes[id] = c
	return c, nil
}

// forget forgets what differs from other mappings: it is asked anew.
func (t *tenant) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changes = nil
}

// stands reports whether a key needs nothing although another mapping may have
// made its base: no rule differs, or they make of the record, as it was read last,
// what was sent. Its base keeps the version of the other mapping until something
// else is written to it.
func (e *Engine) stands(ctx context.Context, t *tenant, f *flow, link Link) (bool, error) {
	if link.Refused != nil {
		c, err := e.changed(ctx, t, f, link.RefusedBy)
		return c.none(), err
	}
	c, err := e.changed(ctx, t, f, link.Base.Mapping)
	if err != nil || c.none() {
		return err == nil, err
	}
	source := link.Base.Source
	switch link.State {
	case Filtered:
		if !c.filters() {
			return true, nil
		}
		if c.lacks(source) {
			return false, nil
		}
		_, _, err := f.sides.mappedOnce(ctx, source)
		return errors.Is(err, mapping.Skip), ctx.Err()
	case Linked, GoneAtTarget:
		if link.Base.Sent == nil || c.lacks(source) {
			return false, nil
		}
		desired, _, err := f.sides.mappedOnce(ctx, source)
		return err == nil && sameFields(desired, link.Base.Sent), ctx.Err()
	default:
		return false, nil
	}
}

// remade is what this process's mapping makes of the record of which another one
// made the base; nil if the base is of this one, or holds no member of an object
// that isn't mapped any more.
func (f *flow) remade(ctx context.Context, base *Base, desired Fields) Fields {
	if base == nil || base.Mapping == f.version || base.Source == nil {
		return nil
	}
	for name := range base.Sent {
		if _, mapped := desired[name]; !mapped && strings.Contains(name, ".") {
			fields, _, err := f.sides.mapped(ctx, base.Source)
			if err != nil {
				return nil
			}
			return fields
		}
	}
	return nil
}
