package syncer

import (
	"maps"
	"slices"
	"strings"
)

// situation is all that a plan depends on.
type situation struct {
	// base is what was agreed on last; nil if nothing ever was.
	base *Base
	// desired is what the mapping makes of the source now.
	desired Fields
	// mapping is the version of the mapping that made it.
	mapping string
	// remade is what that makes of base.Source, if another one made the base.
	remade Fields
	// held is what the target holds now; nil if it was not read: then it is taken
	// to be what it answered last.
	held Fields
	// sets are the fields that are merged element by element.
	sets map[string]bool
	// drift is what to do about fields that others changed.
	drift DriftPolicy
	// foreign: the target's record was nobody's. Nothing of it is cleared.
	foreign bool
	// doubt: an earlier write may have happened or not.
	doubt bool
	// left is the tag that a record got when it left, and loses now.
	left string
}

// before is what the target holds, as far as it is known.
func (s situation) before() Fields {
	switch {
	case s.held != nil:
		return s.held
	case s.base != nil:
		return s.base.Answered
	default:
		return nil
	}
}

// diff is what a plan says: which fields are to be sent, and why.
type diff struct {
	send    Fields
	changed []string // at the source, since the base
	drifted []string // at the target, since the base
	// insisted are those of drifted that were restored before, and are left now.
	insisted []string
	// over are the values of others that are written over, lost the elements of
	// those that are sets which others took away.
	over Fields
	lost map[string][]string
}

// merges reports whether a set is to be sent.
func (d diff) merges(sets map[string]bool) bool {
	for name := range d.send {
		if sets[name] {
			return true
		}
	}
	return false
}

// restored is what base.Restored becomes when the plan was carried out.
func (d diff) restored(before Fields) Fields {
	after := Fields{}
	for name, value := range before {
		if !slices.Contains(d.changed, name) {
			after[name] = value
		}
	}
	maps.Copy(after, d.over)
	for name, lost := range d.lost { // what was added meanwhile was never taken away
		sent, _ := elements(d.send.value(name))
		after[name] = setOf(without(sent, lost))
	}
	if len(after) == 0 {
		return nil
	}
	return after
}

// plan compares both sides with their base, field by field. It is a pure
// function.
//
// P4: only mapped fields are in it. P5: what the source makes is compared with
// what was sent, what the target holds with what it answered, never one with
// the other, except to spare a write: a field that holds the desired value
// already isn't sent.
func plan(s situation) diff {
	d := diff{send: Fields{}, over: Fields{}, lost: map[string][]string{}}
	for _, name := range s.names() {
		if s.sets[name] {
			s.planSet(&d, name)
		} else {
			s.planValue(&d, name)
		}
	}
	return d
}

// names are the mapped fields (P4: unset never clears), and the members of mapped objects that were sent
// before and are gone now: an authoritative read that lacks them is a clear.
// One that another mapping sent, and this one would not, is nobody's now.
func (s situation) names() []string {
	names := s.desired.names()
	if s.base == nil {
		return names
	}
	for name := range s.base.Sent {
		_, mapped := s.desired[name]
		_, ours := s.remade[name]
		if !mapped && strings.Contains(name, ".") && (ours || s.base.Mapping == s.mapping) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s situation) planValue(d *diff, name string) {
	want := s.desired.value(name)
	changed, drifted := s.base == nil, false
	if s.base != nil {
		sent, before := s.base.Sent[name]
		changed = !before || !equal(want, sent)
		drifted = s.held != nil && before && !equal(s.held.value(name), s.base.Answered.value(name))
	}
	if changed {
		d.changed = append(d.changed, name)
	}
	if drifted {
		d.drifted = append(d.drifted, name)
	}
	switch {
	case s.held != nil && equal(s.held.value(name), want):
	case s.foreign && equal(want, null):
	case changed:
		d.send[name] = want
	case !drifted || s.drift != DriftRestore:
	case equal(s.base.Restored[name], s.held.value(name)):
		d.insisted = append(d.insisted, name) // it would go on for ever
	default:
		d.send[name], d.over[name] = want, s.held.value(name)
	}
}

// planSet merges (P4): what the source added or removed since the base is added to
// or removed from what the target holds. What others put there stays.
func (s situation) planSet(d *diff, name string) {
	want, isSet := elements(s.desired.value(name))
	if !isSet {
		s.planValue(d, name)
		return
	}
	var sent, answered []string
	if s.base != nil {
		sent, _ = elements(s.base.Sent.value(name))
		answered, _ = elements(s.base.Answered.value(name))
	}
	holds := answered
	if s.held != nil {
		holds, _ = elements(s.held.value(name))
	}
	if s.left != "" && s.base == nil {
		sent = []string{s.left}
	}
	add, remove := without(want, sent), without(sent, want)
	if s.doubt {
		add = want // whether all that was sent is there, is not certain
	}
	if len(add)+len(remove) > 0 {
		d.changed = append(d.changed, name)
	}
	if lost := without(without(answered, holds), remove); len(lost) > 0 {
		d.drifted = append(d.drifted, name)
		before, was := elements(s.base.Restored.value(name))
		switch {
		case s.drift != DriftRestore:
		case was && s.base.Restored[name] != nil && len(without(lost, before)) == len(lost):
			d.insisted = append(d.insisted, name) // all of them were taken away before
		default:
			add = append(add, lost...)
			d.over[name], d.lost[name] = setOf(holds), lost
		}
	}
	merged := append(without(holds, remove), without(add, holds)...)
	if len(without(merged, holds))+len(without(holds, merged)) > 0 {
		d.send[name] = setOf(merged)
	}
}

// without returns the elements of a that b has not, in any spelling of their
// letters' case: targets lower-case.
func without(a, b []string) []string {
	var rest []string
	for _, element := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return strings.EqualFold(element, other) }) {
			rest = append(rest, element)
		}
	}
	return rest
}
