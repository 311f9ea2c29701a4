package syncer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Verification is a proof of equality: it says of how many records both sides
// agree at this time, and names the others. Each record of the source was mapped
// anew and compared, field by field, with what the target holds.
type Verification struct {
	At       time.Time     `json:"at"`
	Duration time.Duration `json:"duration"`
	// Flows are the parts of the flows, by name. Those of several tenants are added
	// up; keys say whose a record is.
	Flows map[string]FlowVerification `json:"flows"`
}

// FlowVerification is one flow's part of a Verification.
type FlowVerification struct {
	// Source and Target are how many records each side has.
	Source int `json:"source"`
	Target int `json:"target"`
	// Equal records agree in every mapped field.
	Equal int `json:"equal"`
	// Differences are the records that do not. Counts has how many there are of each
	// kind, Fields how many by the name of a field that differs.
	Differences []Difference           `json:"differences,omitempty"`
	Counts      map[DifferenceKind]int `json:"counts,omitempty"`
	Fields      map[string]int         `json:"fields,omitempty"`
	// Altered counts records in which the target holds something else than was
	// sent, and has done so since: it trims, lower-cases or rounds. They are Equal.
	Altered int `json:"altered,omitempty"`
	// Excepted are the records that are rightly not in step.
	Excepted []Exception `json:"excepted,omitempty"`
	// Warnings counts records of which the mapping warned.
	Warnings int `json:"warnings,omitempty"`
}

// DifferenceKind says why both sides do not agree on a record.
type DifferenceKind string

// The kinds of differences.
const (
	DifferenceChanged    DifferenceKind = "changed"    // at the source, and not written yet
	DifferenceDrifted    DifferenceKind = "drifted"    // somebody changed it at the target
	DifferenceMissing    DifferenceKind = "missing"    // at the target
	DifferenceExtra      DifferenceKind = "extra"      // at the target
	DifferenceHeld       DifferenceKind = "held"       // a removal that the guard holds
	DifferenceParked     DifferenceKind = "parked"     // it waits for another record
	DifferenceDead       DifferenceKind = "dead"       // it is a dead letter
	DifferenceUnmappable DifferenceKind = "unmappable" // the mapper fails
)

// Difference is a record on which both sides do not agree.
type Difference struct {
	// Key is empty if the target's record is nobody's.
	Key Key `json:"key,omitzero"`
	// Target is the id of the target's record, if there is one.
	Target string         `json:"target,omitempty"`
	What   DifferenceKind `json:"what"`
	// Fields are the names of the fields that differ; "(parent)" if the record is
	// under another one.
	Fields []string `json:"fields,omitempty"`
	// Why is the error of a dead letter, or of one that is parked.
	Why string `json:"why,omitempty"`
}

// Exception is a record that is rightly not in step.
type Exception struct {
	Key Key             `json:"key"`
	Why ExceptionReason `json:"why"`
}

// ExceptionReason says why a record is rightly not in step.
type ExceptionReason string

// The reasons.
const (
	ExceptedFiltered ExceptionReason = "filtered"   // the mapping, or its parent, leaves it out
	ExceptedDetached ExceptionReason = "detached"   // the counterpart stays as it is, by policy
	ExceptedGone     ExceptionReason = "gone"       // others deleted it at the target, which is respected
	ExceptedUnlisted ExceptionReason = "unlisted"   // the source's listing does not reach so far
	ExceptedDrift    ExceptionReason = "drift kept" // others changed it at the target, which is left
)

// Differing is how many records differ in all flows.
func (v *Verification) Differing() int {
	n := 0
	for _, flow := range v.Flows {
		n += len(flow.Differences)
	}
	return n
}

// String is the verification in plain words, without values.
func (v *Verification) String() string {
	var text lines
	for _, name := range slices.Sorted(maps.Keys(v.Flows)) {
		f := v.Flows[name]
		text.add("%s: at %s both sides agreed on %d of %d; %d differ, %d excepted", name,
			v.At.UTC().Format(time.RFC3339), f.Equal, f.Equal+len(f.Differences), len(f.Differences), len(f.Excepted))
		for _, d := range f.Differences {
			text.add("  %s", d)
		}
	}
	return text.text.String()
}

// String is the difference in plain words, without values.
func (d Difference) String() string {
	words := fmt.Sprintf("%s %s", d.Key.ID, d.What)
	if d.Key.ID == "" {
		words = fmt.Sprintf("(target) %s %s", d.Target, d.What)
	}
	if len(d.Fields) > 0 {
		words += " [" + strings.Join(d.Fields, " ") + "]"
	}
	if d.Why != "" {
		words += ": " + d.Why
	}
	return oneLine(words)
}

// Verify reads both sides and compares them. It writes nothing, anywhere. What
// changes while it goes on may be among the differences.
func (e *Engine) Verify(ctx context.Context, scope ...Scope) (*Verification, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	r := e.beginApart("verify", within)
	defer r.end()
	verification := &Verification{At: time.Now(), Flows: map[string]FlowVerification{}}
	err = e.each(ctx, within, func(t *tenant) error {
		if err := e.start(ctx, t); err != nil {
			return err
		}
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) || t.skips(f.name) {
				continue
			}
			c := comparison{sweep: &sweep{Engine: e, tenant: t, flow: f, run: r}, result: verification.Flows[f.name]}
			if err := c.compare(ctx); err != nil {
				return fmt.Errorf("syncer: verify %s/%s: %w", t.id, f.name, err)
			}
			verification.Flows[f.name] = c.result
			r.complete(t, f)
		}
		return nil
	})
	verification.Duration = time.Since(verification.At)
	return verification, err
}
