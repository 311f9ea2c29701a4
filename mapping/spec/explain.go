package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/contactlink/contactlink/mapping"
)

// Explain maps a record rule by rule. It goes on after a rule that fails.
func (m *Mapper[S, T]) Explain(ctx context.Context, record S) mapping.Explanation {
	if m == nil {
		return mapping.Explanation{Fields: []mapping.FieldExplanation{{State: mapping.StateFailed, Err: errNoResource}}}
	}
	st := m.pool.Get().(*state[S, T])
	defer m.release(st)
	st.record = record
	r := &st.run
	r.start(ctx)
	var x mapping.Explanation
	if m.when != nil {
		wanted, err := m.when.wants(r)
		f := m.explain(r, &step{entry: m.when.entry, text: m.when.entry.text(), reads: m.when.expression.reads})
		f.State, f.Value, f.Err = mapping.StateSet, json.RawMessage(fmt.Sprint(wanted)), err
		if err != nil {
			f.State, f.Value = mapping.StateFailed, nil
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

func (m *Mapper[S, T]) explainBridge(ctx context.Context, r *run, x mapping.Explanation) mapping.Explanation {
	r.bridge = map[string]json.RawMessage{}
	kept := mapping.FieldExplanation{Field: bridgeField, File: m.bridge.file, Line: m.bridge.line, Rule: "unmapped: " + m.bridge.unmapped, State: mapping.StateUnset}
	collecting, collected := mapping.CollectWarnings(ctx)
	r.ctx, r.field = collecting, bridgeField
	if kept.Err = m.bridge.keep(r); kept.Err != nil {
		kept.State = mapping.StateFailed
	}
	kept.Warnings = texts(collected())
	if len(r.bridge) > 0 {
		kept.State, kept.Value = mapping.StateSet, encoded(r.bridge)
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
func (m *Mapper[S, T]) explain(r *run, s *step) mapping.FieldExplanation {
	f := mapping.FieldExplanation{
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
func (m *Mapper[S, T]) one(ctx context.Context, r *run, s *step) mapping.FieldExplanation {
	f := m.explain(r, s)
	collecting, collected := mapping.CollectWarnings(ctx)
	r.ctx = collecting
	f.Err = s.run(r)
	f.Warnings = texts(collected())
	switch name, custom := strings.CutPrefix(s.field, bridgeField+"."); {
	case f.Err != nil:
		f.State = mapping.StateFailed
	case custom:
		f.Value = r.bridge[name]
	default:
		f.State, f.Value = stateOf(r, fieldsOf(r.made.Type())[s.field])
	}
	if f.State == "" {
		f.State = mapping.StateSet
		switch string(f.Value) {
		case "":
			f.State = mapping.StateUnset
		case "null":
			f.State, f.Value = mapping.StateNull, nil
		}
	}
	return f
}

// stateOf is what a field of the target holds.
func stateOf(r *run, f *field) (mapping.State, json.RawMessage) {
	switch {
	case f.isNull(r.made):
		return mapping.StateNull, nil
	case f.value(r.made) == nil:
		return mapping.StateUnset, nil
	default:
		return mapping.StateSet, encoded(f.value(r.made))
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
