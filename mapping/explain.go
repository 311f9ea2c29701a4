package mapping

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Explainer is a Mapper of S that says for one record what it makes of it, and
// why. See Explain, which asks any mapper.
type Explainer[S any] interface {
	Explain(ctx context.Context, src S) Explanation
}

// Explanation says for one record what a mapper makes of it, and why. It holds
// the record's values, which are personal: show it, don't log it.
type Explanation struct {
	// When is the filter, nil if there is none.
	When *FieldExplanation
	// Skipped says that the record is left out. There are no fields then.
	Skipped bool
	// Fields are the fields of the result, in the order in which they are made.
	// Those of a mapper in Go that are unset are not among them.
	Fields []FieldExplanation
}

// FieldExplanation says what became of one field.
type FieldExplanation struct {
	// Field is its name in JSON, that of an object's member "object.member". It is
	// empty for what is about the whole record.
	Field string
	// Rule is what makes the field, in one line: as it stands in the file, or that
	// a function in Go does.
	Rule string
	// File and Line say where the rule stands; empty for one in Go.
	File string
	Line int
	// Inputs are what the rule reads, by field of the source.
	Inputs   map[string]json.RawMessage
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

// ruleInGo is the Rule of what only Go knows.
const ruleInGo = "a function in Go"

// Explain asks a mapper what it makes of a record. What is written in Go can't
// tell how: its fields have their values only.
func Explain[S, T any](ctx context.Context, mapper Mapper[S, T], src S) Explanation {
	if explainer, ok := mapper.(Explainer[S]); ok {
		return explainer.Explain(ctx, src)
	}
	if mapper == nil {
		return failed(errNoFunction)
	}
	collecting, collected := CollectWarnings(ctx)
	made, err := mapper.Map(collecting, src)
	if err != nil {
		return failed(err)
	}
	return Explanation{}.changed(*new(T), made, collected())
}

// failed explains an error, or that the record is left out.
func failed(err error) Explanation {
	if errors.Is(err, Skip) {
		return Explanation{When: &FieldExplanation{Rule: ruleInGo, State: StateSet, Value: json.RawMessage("false")}, Skipped: true}
	}
	return Explanation{Fields: []FieldExplanation{{Rule: ruleInGo, State: StateFailed, Err: err}}}
}

// changed adds what a function in Go changed: the fields that differ, and those
// that it warned of.
func (x Explanation) changed(before, after any, warnings []Warning) Explanation {
	old, err := members(before)
	if err == nil {
		var made map[string]json.RawMessage
		if made, err = members(after); err == nil {
			x.Fields = overlaid(x.Fields, old, made)
		}
	}
	if err != nil {
		x.Fields = append(slices.Clip(x.Fields), failed(err).Fields...)
	}
	for _, w := range warnings {
		i := slices.IndexFunc(x.Fields, func(f FieldExplanation) bool { return f.Field == w.Field })
		if i < 0 {
			i, x.Fields = len(x.Fields), append(slices.Clip(x.Fields), FieldExplanation{Field: w.Field, Rule: ruleInGo, State: StateUnset})
		}
		x.Fields[i].Warnings = append(slices.Clip(x.Fields[i].Warnings), w.Text)
	}
	return x
}

func overlaid(under []FieldExplanation, old, made map[string]json.RawMessage) []FieldExplanation {
	names := slices.Sorted(maps.Keys(made))
	for name := range old {
		if _, still := made[name]; !still {
			names = append(names, name)
		}
	}
	fields := slices.Clone(under)
	for _, name := range names {
		before, was := old[name]
		value, is := made[name]
		if was == is && bytes.Equal(before, value) {
			continue
		}
		f := FieldExplanation{Field: name, Rule: ruleInGo, State: StateSet, Value: value}
		switch {
		case !is:
			f.State = StateUnset
		case string(value) == "null":
			f.State, f.Value = StateNull, nil
		}
		if i := slices.IndexFunc(fields, func(f FieldExplanation) bool { return f.Field == name }); i >= 0 {
			fields[i] = f
		} else {
			fields = append(fields, f)
		}
	}
	return fields
}

// members are the members of a record's JSON, and those of its objects as
// "object.member". What is no object is one member without a name.
func members(record any) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode the mapped record: %w", err)
	}
	var outer map[string]json.RawMessage
	all := map[string]json.RawMessage{}
	if data[0] != '{' {
		all[""] = data
		return all, nil
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return nil, fmt.Errorf("decode the mapped record: %w", err)
	}
	for name, value := range outer {
		var inner map[string]json.RawMessage
		if json.Unmarshal(value, &inner) != nil || len(inner) == 0 {
			all[name] = value
		}
		for member, value := range inner {
			all[name+"."+member] = value
		}
	}
	return all, nil
}

// Err is what failed, nil if nothing did.
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

// String is some lines for each field.
func (x Explanation) String() string {
	var lines []string
	if x.When != nil {
		lines = append(lines, x.When.lines("when")...)
	}
	if x.Skipped {
		lines = append(lines, "the record is left out")
	}
	for _, f := range x.Fields {
		lines = append(lines, f.lines(cmp.Or(f.Field, "the record"))...)
	}
	return strings.Join(lines, "\n")
}

func (f FieldExplanation) lines(name string) []string {
	value := string(f.State)
	if f.State == StateSet {
		value = string(f.Value)
	}
	place := ""
	if f.File != "" {
		place = fmt.Sprintf(" (%s:%d)", f.File, f.Line)
	}
	lines := []string{name + " = " + value, "    rule:  " + f.Rule + place}
	for _, input := range slices.Sorted(maps.Keys(f.Inputs)) {
		lines = append(lines, fmt.Sprintf("    input: %s = %s", input, f.Inputs[input]))
	}
	for _, warning := range f.Warnings {
		lines = append(lines, "    warning: "+warning)
	}
	if f.Err != nil {
		lines = append(lines, "    error: "+f.Err.Error())
	}
	return lines
}
