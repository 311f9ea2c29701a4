package spec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/mapping"
)

// Explanation says for one record what the spec makes of it, and why. It holds
// the record's values, which are personal: show it, don't log it.
type Explanation struct {
	Resource string
	// When is the filter, nil if there is none.
	When *FieldExplanation
	// Skipped says that the filter leaves the record out. There are no fields then.
	Skipped bool
	Fields  []FieldExplanation
}

// FieldExplanation says what became of one field.
type FieldExplanation struct {
	Field    string // "email", "customFields.level"
	Rule     string // as it stands in the file, in one line
	File     string
	Line     int
	Inputs   map[string]json.RawMessage // what the rule reads, by field of the source
	State    State
	Value    json.RawMessage // of a field that is set
	Warnings []string
	Err      error // why it failed
}

// State is what became of a field.
type State string

// The states of a field.
const (
	StateSet    State = "set"
	StateNull   State = "null"   // it is cleared
	StateUnset  State = "unset"  // it isn't touched
	StateFailed State = "failed" // and with it the record
)

// Explain maps a record rule by rule. It goes on after a rule that fails.
func (m *Mapper[S, T]) Explain(ctx context.Context, record S) Explanation {
	st := m.pool.Get().(*state[S, T])
	defer m.release(st)
	st.record = record
	r := &st.run
	r.start(ctx)
	x := Explanation{Resource: m.resource}
	if m.when != nil {
		wanted, err := m.when.wants(r)
		f := m.explain(r, &step{entry: m.when.entry, text: m.when.entry.text(), reads: m.when.expression.reads})
		f.State, f.Value, f.Err = StateSet, json.RawMessage(fmt.Sprint(wanted)), err
		if err != nil {
			f.State, f.Value = StateFailed, nil
		}
		x.When, x.Skipped = &f, err == nil && !wanted
		if !wanted {
			return x
		}
	}
	for _, s := range m.steps {
		x.Fields = append(x.Fields, m.one(ctx, r, s))
	}
	if m.bridge == nil {
		return x
	}
	return m.explainBridge(ctx, r, x)
}

func (m *Mapper[S, T]) explainBridge(ctx context.Context, r *run, x Explanation) Explanation {
	r.bridge = map[string]json.RawMessage{}
	kept := FieldExplanation{Field: bridgeField, File: m.file.name, Rule: "unmapped: " + m.bridge.unmapped, State: StateUnset}
	collecting, collected := mapping.CollectWarnings(ctx)
	r.ctx, r.field = collecting, bridgeField
	if kept.Err = m.bridge.keep(r); kept.Err != nil {
		kept.State = StateFailed
	}
	kept.Warnings = texts(collected())
	if len(r.bridge) > 0 {
		kept.State, kept.Value = StateSet, encoded(r.bridge)
	}
	if m.bridge.unmapped != "" {
		x.Fields = append(x.Fields, kept)
	}
	for _, s := range m.bridge.steps {
		x.Fields = append(x.Fields, m.one(ctx, r, s))
	}
	return x
}

// explain is what is known of a rule before it is run.
func (m *Mapper[S, T]) explain(r *run, s *step) FieldExplanation {
	f := FieldExplanation{
		Field: s.field, Rule: s.text, File: s.entry.file.name, Line: s.entry.key.Line, Inputs: map[string]json.RawMessage{},
	}
	for _, name := range s.reads {
		if p := r.shared.source[name].value(r.record); p != nil {
			f.Inputs[name] = encoded(p)
		} else {
			f.Inputs[name] = json.RawMessage("null")
		}
	}
	return f
}

// one runs a rule.
func (m *Mapper[S, T]) one(ctx context.Context, r *run, s *step) FieldExplanation {
	f := m.explain(r, s)
	collecting, collected := mapping.CollectWarnings(ctx)
	r.ctx = collecting
	f.Err = s.run(r)
	f.Warnings = texts(collected())
	switch name, custom := strings.CutPrefix(s.field, bridgeField+"."); {
	case f.Err != nil:
		f.State = StateFailed
	case custom:
		f.Value = r.bridge[name]
	default:
		f.State, f.Value = stateOf(r, fieldsOf(r.made.Type())[s.field])
	}
	if f.State == "" {
		f.State = StateSet
		switch string(f.Value) {
		case "":
			f.State = StateUnset
		case "null":
			f.State, f.Value = StateNull, nil
		}
	}
	return f
}

// stateOf is what a field of the target holds.
func stateOf(r *run, f *field) (State, json.RawMessage) {
	switch {
	case f.isNull(r.made):
		return StateNull, nil
	case f.value(r.made) == nil:
		return StateUnset, nil
	default:
		return StateSet, encoded(f.value(r.made))
	}
}

func texts(warnings []mapping.Warning) []string {
	var all []string
	for _, w := range warnings {
		all = append(all, w.Text)
	}
	return all
}

func encoded(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		return nil // it is shown, not sent
	}
	return data
}

// Err is the first failure.
func (x Explanation) Err() error {
	var errs []error
	if x.When != nil && x.When.Err != nil {
		errs = append(errs, x.When.Err)
	}
	for _, f := range x.Fields {
		if f.Err != nil {
			errs = append(errs, f.Err)
		}
	}
	return errors.Join(errs...)
}

// String is a line for each field.
func (x Explanation) String() string {
	var lines []string
	line := func(name string, f FieldExplanation) {
		value := string(f.State)
		if f.State == StateSet {
			value = string(f.Value)
		}
		text := []string{fmt.Sprintf("%s = %s\n    rule:  %s (%s:%d)", name, value, f.Rule, f.File, f.Line)}
		for _, input := range slices.Sorted(maps.Keys(f.Inputs)) {
			text = append(text, fmt.Sprintf("    input: %s = %s", input, f.Inputs[input]))
		}
		for _, warning := range f.Warnings {
			text = append(text, "    warning: "+warning)
		}
		if f.Err != nil {
			text = append(text, "    error: "+f.Err.Error())
		}
		lines = append(lines, text...)
	}
	if x.When != nil {
		line("when", *x.When)
	}
	if x.Skipped {
		lines = append(lines, "the record is left out")
	}
	for _, f := range x.Fields {
		line(f.Field, f)
	}
	return x.Resource + "\n" + strings.Join(lines, "\n")
}
