package syncer

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// randomTriples is how many triples each property of two sides is tried with.
const randomTriples = 5_000

// TestPlanOfTwoSides: what changed on one side only is no business of the other
// (cases 2 and 4): planned in both directions, disjoint changes both arrive, and a
// value that both chose is sent by neither.
func TestPlanOfTwoSides(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range randomTriples {
		base := randomFields(r, true)
		delete(base, "tags")
		source, target := randomFields(r, true), randomFields(r, true)
		for _, name := range base.names() {
			switch r.IntN(3) {
			case 0:
				source[name] = base[name]
			case 1:
				target[name] = base[name]
			}
		}
		delete(source, "tags")
		delete(target, "tags")
		agreed := &Base{Sent: base, Answered: base}
		forth := plan(situation{base: agreed, desired: source, held: target, drift: DriftKeep})
		back := plan(situation{base: agreed, desired: target, held: source, drift: DriftKeep})
		for _, name := range base.names() {
			mine, theirs := !equal(source[name], base[name]), !equal(target[name], base[name])
			require.Equal(t, mine && !equal(source[name], target[name]), forth.send[name] != nil, name)
			require.Equal(t, theirs && !equal(source[name], target[name]), back.send[name] != nil, name)
			if mine && theirs {
				require.Contains(t, forth.drifted, name, "a clash is seen from both sides")
				require.Contains(t, back.drifted, name)
			}
		}
	}
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

// A member that another mapping sent and that is absent now is a clear if this
// mapping made it of the record of then, and nobody's if it did not.
func TestPlanClearsWhatAnotherMappingSentOnlyIfThisOneWould(t *testing.T) {
	t.Parallel()
	sent := Fields{"c.a": json.RawMessage("1"), "c.b": json.RawMessage("2"), "d": json.RawMessage("3")}
	s := situation{base: &Base{Sent: sent, Answered: sent, Mapping: "1"}, desired: Fields{"c.b": json.RawMessage("2")}, mapping: "2"}
	require.Empty(t, plan(s).send, "P4")
	s.remade = Fields{"c.a": json.RawMessage("9"), "d": json.RawMessage("3")}
	require.Equal(t, Fields{"c.a": null}, plan(s).send, "P1")
}
