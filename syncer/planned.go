package syncer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// planFormat is the version of the form in which plans are saved.
const planFormat = 1

// Plan says what a backfill would write, and what that costs. Nothing was written
// for it, anywhere. It is a value: it can be looked at, saved as JSON, read again
// with ReadPlan, and carried out with Apply. It holds the records' values, which
// are personal; String does not show them.
//
// What only the target's answer to a write would tell is not foreseen: that it
// refuses a value, or that another of its records holds a phone number.
type Plan struct {
	Format int       `json:"format"`
	At     time.Time `json:"at"`
	// Flows are those that were planned, parents before their children.
	Flows []FlowPlan `json:"flows"`
	// Price is what Apply asks of both sides, Spent what the planning asked.
	Price Price `json:"price"`
	Spent Price `json:"spent"`
}

// FlowPlan is one flow's part of a Plan.
type FlowPlan struct {
	Tenant string `json:"tenant"`
	Flow   string `json:"flow"`
	// Mapping is the version of the mapping that the plan was made with, InForce the
	// number of the one that was in force, 0 if none was.
	Mapping string `json:"mapping"`
	InForce int64  `json:"inForce"`
	// Rules are the fields whose rules are not those in force, "" for the filter. Nil
	// also if that isn't known, as of a mapper in Go.
	Rules []string `json:"rules,omitempty"`
	// Operations are what would be written.
	Operations []Operation `json:"operations,omitempty"`
	// Withheld are the records that would not be written although they are not in
	// step: a removal that the guard would hold, a record that can't be mapped, one
	// that another claims, one that others changed and that is left so. Their Why says
	// it.
	Withheld []Operation `json:"withheld,omitempty"`
	// Unknown are records of which a plan can't tell what becomes of them. They are
	// not in the price.
	Unknown []Unplanned `json:"unknown,omitempty"`
	// Unchanged counts records that are as they should be, those included that are
	// rightly left out.
	Unchanged int `json:"unchanged"`
}

// Operation is what would be done with one record.
type Operation struct {
	ID string `json:"id"`
	// Action is Created, Adopted, Updated or Deleted; for one that is withheld also
	// HeldAction, DeadLetter, Conflict, and with drift GoneRespected and Unchanged.
	Action Action `json:"action"`
	// Drift: others changed or deleted the target's record.
	Drift bool `json:"drift,omitempty"`
	// Target is the id of the target's record, empty for one that is created.
	Target string `json:"target,omitempty"`
	// Parent is the target's id of the parent under which the record is created, or
	// to which it moves.
	Parent string `json:"parent,omitempty"`
	// Fields are the fields that change.
	Fields []FieldChange `json:"fields,omitempty"`
	Why    string        `json:"why,omitempty"`
}

// FieldChange is a field before and after an Operation, as JSON. Before is what
// the target holds as far as it is known: nil if it isn't.
type FieldChange struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Rule is what makes the field, with its place, if it stands in a file.
	Rule string `json:"rule,omitempty"`
}

// Unplanned are records that could not be planned.
type Unplanned struct {
	Why string `json:"why"`
	// IDs are their ids; empty if not even those are known: then N counts what they
	// belong to.
	IDs []string `json:"ids,omitempty"`
	N   int      `json:"n"`
}

// Price is how many requests something takes of either side, and how long that is
// under Config.SourceLimit and TargetLimit, both sides at work at once.
type Price struct {
	Source int           `json:"source"`
	Target int           `json:"target"`
	Time   time.Duration `json:"time"`
	// Share is the source's requests as a share of Config.DailyBudget.
	Share float64 `json:"share"`
}

// price adds a time to requests.
func (c Config) price(source, target int) Price {
	return Price{
		Source: source, Target: target, Share: float64(source) / float64(c.DailyBudget),
		Time: max(time.Duration(source)*c.SourceLimit.each(), time.Duration(target)*c.TargetLimit.each()),
	}
}

// String is the price in plain words.
func (p Price) String() string {
	return fmt.Sprintf("%d requests of the source (%.1f %% of a day's budget) and %d of the target, %v under the limits",
		p.Source, p.Share*100, p.Target, p.Time.Round(time.Second))
}

// Operations is how many operations there are in all flows.
func (p *Plan) Operations() int {
	n := 0
	for _, f := range p.Flows {
		n += len(f.Operations)
	}
	return n
}

// Unknown is how many records, as far as known, could not be planned. A plan with
// any is not the whole truth.
func (p *Plan) Unknown() int {
	n := 0
	for _, f := range p.Flows {
		for _, u := range f.Unknown {
			n += u.N
		}
	}
	return n
}

// ReadPlan reads a plan that was saved as JSON.
func ReadPlan(r io.Reader) (*Plan, error) {
	var plan Plan
	if err := json.NewDecoder(r).Decode(&plan); err != nil {
		return nil, fmt.Errorf("syncer: read a plan: %w", err)
	}
	if plan.Format != planFormat {
		return nil, fmt.Errorf("syncer: the plan is saved in format %d, this library reads %d: plan anew", plan.Format, planFormat)
	}
	return &plan, nil
}

// String is the plan in plain words, with the names of fields, not their values.
func (p *Plan) String() string {
	var text lines
	for _, f := range p.Flows {
		text.add("%s/%s: %s", f.Tenant, f.Flow, f.summary())
		for _, list := range [][]Operation{f.Operations, f.Withheld} {
			for _, op := range list {
				text.add("  %s", op)
			}
		}
		for _, u := range f.Unknown {
			text.add("  unknown: %d, %s", u.N, u.Why)
		}
	}
	text.add("price: %s", p.Price)
	return text.text.String()
}

func (f FlowPlan) summary() string {
	counts := map[Action]int{}
	for _, op := range f.Operations {
		counts[op.Action]++
	}
	var parts []string
	for _, action := range []Action{Created, Adopted, Updated, Deleted} {
		if counts[action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[action], action))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing to write")
	}
	parts = append(parts, fmt.Sprintf("%d unchanged", f.Unchanged))
	if len(f.Rules) > 0 {
		names := slices.Clone(f.Rules)
		if names[0] == "" {
			names[0] = "when"
		}
		parts = append(parts, "by other rules for "+strings.Join(names, " "))
	}
	return strings.Join(parts, ", ")
}

// String is the operation without values.
func (o Operation) String() string {
	words := fmt.Sprintf("%s %s", o.ID, o.Action)
	var names []string
	for _, field := range o.Fields {
		names = append(names, field.Field)
	}
	if len(names) > 0 {
		words += " [" + strings.Join(names, " ") + "]"
	}
	if o.Why != "" {
		words += ": " + o.Why
	}
	return oneLine(words)
}

// same reports whether two operations write the same over the same.
func (o Operation) same(other Operation) bool {
	return o.ID == other.ID && o.Action == other.Action && o.Target == other.Target && o.Parent == other.Parent &&
		slices.EqualFunc(o.Fields, other.Fields, func(a, b FieldChange) bool {
			return a.Field == b.Field && sameValue(a.Before, b.Before) && sameValue(a.After, b.After)
		})
}

// sameValue compares values of which one may have been saved and read again.
func sameValue(a, b json.RawMessage) bool {
	return bytes.Equal(a, b) || a != nil && b != nil && equal(canonical(a), canonical(b))
}

// operation is what a rehearsal would write.
func (r *rehearsal) operation(ctx context.Context) Operation {
	event := r.result.Event
	op := Operation{ID: r.job.claim.ID, Action: event.Action, Target: r.job.link.Target.ID, Why: event.Error}
	switch {
	case event.Action == Created:
		op.Parent = r.job.parent
	case r.side.moves != "":
		op.Parent = r.side.moves
	}
	if event.Action == Deleted {
		for _, name := range r.job.link.Base.Answered.names() {
			op.Fields = append(op.Fields, FieldChange{Field: name, Before: r.job.link.Base.Answered[name]})
		}
		return op
	}
	if len(event.Fields) == 0 {
		return op
	}
	rules := rulesOf(r.job.flow.sides.explained(ctx, r.job.source.Value))
	for _, name := range event.Fields {
		values := event.Values[name]
		op.Fields = append(op.Fields, FieldChange{Field: name, Before: values.Before, After: values.After, Rule: ruleText(rules[name])})
	}
	return op
}
