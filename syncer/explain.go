package syncer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// Explanation says what would be done with one record now, and why. It holds the
// record's values, which are personal; String shows them too.
type Explanation struct {
	Key Key       `json:"key"`
	At  time.Time `json:"at"`
	// Operation is what would be done; its Action is Unchanged if nothing would be.
	Operation Operation `json:"operation"`
	// State is what the record is at the target, as far as the engine knows.
	State State `json:"state"`
	// Mark is the change that waits, is parked or is a dead letter; nil if there is
	// none.
	Mark *StoredMark `json:"mark,omitempty"`
	// Fields are the mapped fields.
	Fields []FieldExplanation `json:"fields,omitempty"`
	// Last is the last row of the log; nil if there is none.
	Last *Event `json:"last,omitempty"`
}

// FieldExplanation says of one field what either side has, what would be done, and
// since when and why it is so. Values are JSON; nil if unknown.
type FieldExplanation struct {
	Field string `json:"field"`
	// Wanted is what the mapping makes of the source now, Held what the target holds
	// now.
	Wanted json.RawMessage `json:"wanted,omitempty"`
	Held   json.RawMessage `json:"held,omitempty"`
	// Sent and Answered are what was agreed on last.
	Sent     json.RawMessage `json:"sent,omitempty"`
	Answered json.RawMessage `json:"answered,omitempty"`
	// Write is what would be sent; nil if nothing would be.
	Write json.RawMessage `json:"write,omitempty"`
	// Side says which side moved since then: "source", "target", "both", or "" if
	// neither did. Why says it in plain words.
	Side string `json:"side,omitempty"`
	Why  string `json:"why"`
	// Rule is what makes the field, with its place if it stands in a file, and Inputs
	// are what it reads, by field of the source: see mapping.Explain.
	Rule   string                     `json:"rule,omitempty"`
	Inputs map[string]json.RawMessage `json:"inputs,omitempty"`
	// Written is the last row of the log that sent the field: what caused it, and
	// when. Nil if the log has none any more.
	Written *Event `json:"written,omitempty"`
}

// Explain says what would be done with one record now, and why: what it would
// write, field by field, what moved since both sides agreed last, by which rule,
// and from which event the present value came. It reads the record on both sides
// and writes nothing, anywhere.
func (e *Engine) Explain(ctx context.Context, key Key) (*Explanation, error) {
	explanation, err := e.explain(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("syncer: explain %s: %w", key, err)
	}
	return explanation, nil
}

func (e *Engine) explain(ctx context.Context, key Key) (*Explanation, error) {
	t, f, err := e.planned(ctx, FlowPlan{Tenant: key.Tenant, Flow: key.Flow})
	if err != nil {
		return nil, err
	}
	links, err := e.store.Links(ctx, key.Tenant, key.Flow, []string{key.ID})
	if err != nil {
		return nil, err
	}
	marks, err := e.store.Marks(ctx, MarkQuery{Tenant: key.Tenant, Flow: key.Flow, IDs: []string{key.ID}})
	if err != nil {
		return nil, err
	}
	link, known := links[key.ID]
	claim := Claim{Mark: Mark{Key: key, Parent: link.Parent, Trigger: "explain", Drift: true}}
	x := &Explanation{Key: key, At: time.Now(), State: link.State}
	if known {
		claim.Link = &link
	}
	if len(marks) > 0 {
		x.Mark = &marks[0]
		claim.Gone, claim.Released = marks[0].Gone, marks[0].Released
		if claim.Parent == "" {
			claim.Parent = marks[0].Parent
		}
	}
	rehearsed, err := e.dryRun().rehearse(ctx, t, f, claim, nil)
	if err != nil {
		return nil, err
	}
	x.Operation = rehearsed.operation(ctx)
	switch action := x.Operation.Action; {
	case action == Retried || action == Snoozed:
		x.Operation.Why = "it can't be told now: " + x.Operation.Why
	case rehearsed.side.written == 0 && (action == Adopted || action == Updated):
		x.Operation.Action = Unchanged
	}
	if err := e.explainFields(ctx, f, rehearsed, link, x); err != nil {
		return nil, err
	}
	return x, e.history(ctx, x)
}

// explainFields compares the fields as a plan does.
func (e *Engine) explainFields(ctx context.Context, f *flow, r *rehearsal, link Link, x *Explanation) error {
	if r.job.source.Value == nil {
		return nil // it is gone, or could not be read
	}
	explained := f.sides.explained(ctx, r.job.source.Value)
	rules := rulesOf(explained)
	for _, rule := range explained {
		if rule.Err != nil {
			x.Fields = append(x.Fields, FieldExplanation{
				Field: rule.Field, Why: "it can't be made: " + rule.Err.Error(), Rule: ruleText(rule), Inputs: rule.Inputs,
			})
		}
	}
	desired, _, err := f.sides.mapped(ctx, r.job.source.Value)
	if err != nil {
		return nil // the operation says so, and the fields that failed do
	}
	var held Fields
	if link.State.HasTarget() {
		ctx, cancel := context.WithTimeout(ctx, e.config.RequestTimeout)
		defer cancel()
		record, err := f.sides.held(ctx, link.Target)
		if err != nil && kindOf(err) != KindGone {
			return err
		}
		held = record.Value
	}
	now := situation{desired: desired, mapping: f.version, held: held, sets: f.sets, drift: f.onDrift}
	if link.Base.Sent != nil {
		now.base, now.remade = &link.Base, f.remade(ctx, &link.Base, desired)
	}
	d := plan(now)
	writes := map[string]json.RawMessage{}
	for _, field := range x.Operation.Fields {
		writes[field.Field] = field.After
	}
	for _, name := range now.names() {
		field := FieldExplanation{
			Field: name, Wanted: desired.value(name), Held: held[name], Sent: link.Base.Sent[name],
			Answered: link.Base.Answered[name], Write: writes[name], Rule: ruleText(rules[name]), Inputs: rules[name].Inputs,
		}
		field.Side, field.Why = d.why(f, link, name, field.Write != nil)
		x.Fields = append(x.Fields, field)
	}
	return nil
}

// why says which side moved a field, and what follows.
func (d diff) why(f *flow, link Link, name string, written bool) (side, why string) {
	changed, drifted := slices.Contains(d.changed, name), slices.Contains(d.drifted, name)
	switch {
	case link.Base.Sent == nil && written:
		return "source", "it was never sent"
	case link.Base.Sent == nil:
		return "", "it was never sent, and there is nothing to send"
	case changed && drifted:
		return "both", "it changed at the source, and somebody changed it at the target: the source wins"
	case changed && !written:
		return "source", "it changed at the source, and the target holds the new value already"
	case changed:
		return "source", "it changed at the source since it was sent"
	case drifted && slices.Contains(d.insisted, name):
		return "target", "somebody changed it at the target again after it was restored: it is left"
	case drifted && f.onDrift != DriftRestore:
		return "target", "somebody changed it at the target: it is kept, by policy"
	case drifted:
		return "target", "somebody changed it at the target: it is restored"
	case !equal(link.Base.Sent.value(name), link.Base.Answered.value(name)):
		return "", "nothing moved; the target keeps it in a form of its own"
	default:
		return "", "nothing moved since both sides agreed"
	}
}

// history finds out from the log which attempts wrote the fields last.
func (e *Engine) history(ctx context.Context, x *Explanation) error {
	for event, err := range e.Events(ctx, EventQuery{Tenant: x.Key.Tenant, Flow: x.Key.Flow, ID: x.Key.ID}) {
		if err != nil {
			return err
		}
		x.Last = &event
		for _, name := range event.Fields {
			for i := range x.Fields {
				if x.Fields[i].Field == name {
					x.Fields[i].Written = &event
				}
			}
		}
	}
	return nil
}

// String is the explanation in plain words. It shows the record's values.
func (x *Explanation) String() string {
	var all lines
	all.add("%s: %s", x.Key, x.Operation.Action)
	if x.Operation.Why != "" {
		all.add("  %s", x.Operation.Why)
	}
	for _, f := range x.Fields {
		var text strings.Builder
		fmt.Fprintf(&text, "  %s = %s: %s", f.Field, valueText(f.Wanted), f.Why)
		if f.Write != nil {
			fmt.Fprintf(&text, ", %s is sent", valueText(f.Write))
		}
		if f.Rule != "" {
			fmt.Fprintf(&text, " (by %s)", f.Rule)
		}
		if w := f.Written; w != nil {
			fmt.Fprintf(&text, "; last sent %s, trigger %s", w.Time.UTC().Format(time.RFC3339), w.Trigger)
			if w.EventID != "" {
				fmt.Fprintf(&text, " %s", w.EventID)
			}
		}
		all.add("%s", text.String())
	}
	return all.text.String()
}

func valueText(value json.RawMessage) string {
	if value == nil {
		return "nothing"
	}
	return string(value)
}

// rulesOf are the rules by the fields that they make.
func rulesOf(explained []mapping.FieldExplanation) map[string]mapping.FieldExplanation {
	rules := make(map[string]mapping.FieldExplanation, len(explained))
	for _, rule := range explained {
		rules[rule.Field] = rule
	}
	return rules
}

// ruleText is a rule with its place; empty for what is written in Go, which has
// none.
func ruleText(rule mapping.FieldExplanation) string {
	if rule.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: %s", rule.File, rule.Line, rule.Rule)
}

// explained asks the mapper how it makes a record's fields. A mapper that panics
// says nothing: mapped tells of it.
func (t typed[S, T]) explained(ctx context.Context, data json.RawMessage) (fields []mapping.FieldExplanation) {
	defer func() {
		if recover() != nil {
			fields = nil
		}
	}()
	var record S
	if err := json.Unmarshal(data, &record); err != nil {
		return nil
	}
	return mapping.Explain(ctx, t.mapper, record).Fields
}
