package syncer

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomTriples is how many triples each property is tried with.
const randomTriples = 5_000

// held is what the target holds, read or as it answered last.
func (r triple) held() Fields {
	switch {
	case r.s.held != nil:
		return r.s.held
	case r.s.base != nil:
		return r.s.base.Answered
	default:
		return Fields{}
	}
}

// after is the situation once a plan was carried out.
func (r triple) after(d diff) situation {
	next := r.s
	next.foreign = false
	next.held = r.answer(d.send, r.held())
	var restored Fields
	if r.s.base != nil {
		restored = r.s.base.Restored
	}
	next.base = &Base{
		Sent: r.s.desired, Answered: next.held.only(r.s.desired), Mapping: r.s.mapping, Restored: d.restored(restored),
	}
	return next
}

func TestPlanCarriedOutLeavesNothingToSend(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range randomTriples {
		c := randomTriple(r)
		d := plan(c.s)
		next := plan(c.after(d))
		require.Empty(t, next.send, "P5: %v", c)
		require.Empty(t, append(next.changed, next.drifted...), "and nothing to report: %v", c)
	}
}

func TestPlanTouchesNothingThatIsNotMapped(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range randomTriples {
		c := randomTriple(r)
		stranger := Fields{"stranger": json.RawMessage(`"s"`), "c.stranger": json.RawMessage(`1`)}
		if c.s.held != nil {
			c.s.held = maps.Clone(c.s.held)
			maps.Copy(c.s.held, stranger)
		}
		d := plan(c.s)
		for name := range stranger {
			require.NotContains(t, d.send, name, "P4: %v", c)
			require.NotContains(t, d.over, name)
		}
	}
}

func TestPlanLosesNoElementOfAStranger(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range randomTriples {
		c := randomTriple(r)
		if c.s.held == nil {
			continue
		}
		c.s.held = c.s.held.with("tags", setOf(append(tagsOf(c.s.held), "theirs")))
		d := plan(c.s)
		require.Contains(t, tagsOf(c.answer(d.send, c.s.held)), "theirs", "P4: %v", c)
	}
}

func tagsOf(fields Fields) []string {
	tags, _ := elements(fields.value("tags"))
	return tags
}

// TestHard4BothSidesChangedSinceTheBase: planned in both directions, whichever
// side is seen first, both end with the same: disjoint changes and tags are kept,
// and of a clash the source's value, which the policy prefers.
func TestHard4BothSidesChangedSinceTheBase(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	sets := map[string]bool{"tags": true}
	forth := func(base, source, target Fields) Fields {
		return plan(situation{base: &Base{Sent: base, Answered: base}, desired: source, held: target, sets: sets, drift: DriftKeep}).send
	}
	// back sends what the target changed, except where the source did, too.
	back := func(base, source, target Fields) Fields {
		send := plan(situation{base: &Base{Sent: base, Answered: base}, desired: target, held: source, sets: sets, drift: DriftKeep}).send
		maps.DeleteFunc(send, func(name string, _ json.RawMessage) bool {
			return !sets[name] && !equal(source[name], base[name])
		})
		return send
	}
	apply := func(to, send Fields) Fields {
		after := maps.Clone(to)
		maps.Copy(after, send)
		return after
	}
	for range randomTriples {
		base, source, target := randomFields(r, true), randomFields(r, true), randomFields(r, true)
		for _, side := range []Fields{source, target} {
			for name := range base {
				if r.IntN(2) == 0 {
					side[name] = base[name]
				}
			}
		}
		target1 := apply(target, forth(base, source, target))
		source1 := apply(source, back(base, source, target1))
		source2 := apply(source, back(base, source, target))
		target2 := apply(target, forth(base, source2, target))
		require.Equal(t, sorted(source1), sorted(target1), "both sides agree: %v %v %v", base, source, target)
		require.Equal(t, sorted(source1), sorted(source2), "in either order: %v %v %v", base, source, target)
		require.Equal(t, sorted(target1), sorted(target2))
		for name := range base {
			if mine := !equal(source[name], base[name]); mine && !sets[name] {
				require.Equal(t, source[name], target1[name], "the policy's side wins a clash")
			}
		}
	}
}

// sorted are fields whose set is in order, as setOf makes it.
func sorted(fields Fields) Fields { return fields.with("tags", setOf(tagsOf(fields))) }

// TestHard5ADeleteAgainstAnUpdate: what one side deleted and the other edited is
// seen as an edit of a record that has no counterpart: the whole record is sent,
// not the difference, whichever side deleted; and a second plan sends nothing.
func TestHard5ADeleteAgainstAnUpdateSendsTheWholeRecord(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 16))
	for range randomTriples {
		edited := randomFields(r, true)
		recreated := plan(situation{desired: edited, sets: map[string]bool{"tags": true}})
		for name, value := range edited {
			if name == "tags" && len(tagsOf(edited)) == 0 {
				continue // an empty set needs no word
			}
			require.Equal(t, value, recreated.send[name], name)
		}
		names := slices.Clone(recreated.changed)
		require.NotEmpty(t, names)
		again := plan(situation{base: &Base{Sent: edited, Answered: edited}, desired: edited, held: edited, sets: map[string]bool{"tags": true}})
		require.Empty(t, again.send)
	}
}
