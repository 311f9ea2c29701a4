package syncer

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// triple is a random base, source and target, with few fields and few values, so
// that everything meets everything.
type triple struct {
	s       situation
	lowered bool // the target lower-cases
}

func (r triple) String() string {
	data, err := json.Marshal(map[string]any{
		"base": r.s.base, "desired": r.s.desired, "held": r.s.held, "drift": r.s.drift, "foreign": r.s.foreign, "lowered": r.lowered,
	})
	return fmt.Sprint(string(data), err)
}

var planNames = []string{"a", "b", "c.x", "c.y", "tags"}

func randomFields(r *rand.Rand, all bool) Fields {
	values := []string{`"A"`, `"B"`, `"C"`, "null", "1"}
	fields := Fields{}
	for _, name := range planNames {
		if !all && r.IntN(4) == 0 {
			continue
		}
		if name != "tags" {
			fields[name] = json.RawMessage(values[r.IntN(len(values))])
			continue
		}
		var tags []string
		for _, tag := range []string{"x", "y", "z"} {
			if r.IntN(2) == 0 {
				tags = append(tags, tag)
			}
		}
		fields[name] = setOf(tags)
	}
	return fields
}

func randomTriple(r *rand.Rand) triple {
	t := triple{lowered: r.IntN(2) == 0, s: situation{
		desired: randomFields(r, r.IntN(3) > 0), mapping: "m", sets: map[string]bool{"tags": true}, drift: DriftPolicy(r.IntN(3)),
	}}
	if r.IntN(5) > 0 {
		sent := randomFields(r, true)
		t.s.base = &Base{Sent: sent, Answered: t.answer(sent, Fields{}), Mapping: "m"}
		if r.IntN(2) == 0 {
			t.s.desired = sent
		}
	}
	if r.IntN(3) > 0 {
		t.s.held = randomFields(r, true)
		if t.s.base != nil && r.IntN(2) == 0 {
			t.s.held = t.s.base.Answered
		}
	}
	t.s.foreign = t.s.base == nil && t.s.held != nil && r.IntN(2) == 0
	return t
}

// answer is what the target holds after a write.
func (r triple) answer(send, held Fields) Fields {
	after := Fields{}
	maps.Copy(after, held)
	for name, value := range send {
		if r.lowered {
			value = json.RawMessage(strings.ToLower(string(value)))
		}
		after[name] = value
	}
	return after
}

// TestPlanOfRandomTriples holds what every plan promises.
func TestPlanOfRandomTriples(t *testing.T) {
	t.Parallel()
	const n = 4_000
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		c := randomTriple(r)
		d := plan(c.s)
		held := c.s.held
		if held == nil && c.s.base != nil {
			held = c.s.base.Answered
		}
		for name, value := range d.send {
			_, mapped := c.s.desired[name]
			_, sent := Fields{}, false
			if c.s.base != nil {
				_, sent = c.s.base.Sent[name]
			}
			require.True(t, mapped || sent, "P4: only mapped fields are sent: %s in %v", name, c)
			require.Truef(t, slices.Contains(d.changed, name) || slices.Contains(d.drifted, name), "only changed or drifted: %s in %v", name, c)
			if c.s.held != nil && name != "tags" {
				require.False(t, equal(value, c.s.held.value(name)), "a held value is not sent again: %s in %v", name, c)
			}
			require.False(t, c.s.foreign && equal(value, null), "nothing of a foreign record is cleared: %v", c)
			if c.s.drift != DriftRestore && !slices.Contains(d.changed, name) {
				t.Fatalf("drift is kept: %s in %v", name, c)
			}
		}
		// P5: after the write, the same situation sends nothing.
		after := c.answer(d.send, held)
		next := c.s
		next.foreign = false
		next.base = &Base{Sent: c.s.desired, Answered: after.only(c.s.desired), Mapping: "m"}
		next.held = nil
		require.Empty(t, plan(next).send, "a second plan is empty: %v", c)
		next.held = after
		require.Empty(t, plan(next).send, "also when the target is read: %v", c)
		c.sets(t, d, after)
	}
}

// sets: case 4 of two sides that changed a set. What the source added is there,
// what it removed is not, what others added stays.
func (r triple) sets(t *testing.T, d diff, after Fields) {
	t.Helper()
	want, mapped := r.s.desired["tags"]
	if !mapped || r.s.base == nil || r.s.held == nil {
		return
	}
	wants, _ := elements(want)
	sent, _ := elements(r.s.base.Sent["tags"])
	answered, _ := elements(r.s.base.Answered["tags"])
	holds, _ := elements(r.s.held["tags"])
	has, _ := elements(after["tags"])
	require.Empty(t, without(without(wants, sent), has), "added at the source: %v", r)
	require.Empty(t, without(without(holds, answered), append(has, without(sent, wants)...)), "added by others: %v", r)
	for _, removed := range without(sent, wants) {
		require.NotContains(t, has, removed, "removed at the source: %v", r)
	}
	_ = d
}

// TestPlanIsPure: the same situation has the same plan, whatever was planned
// before, and is not changed by it.
func TestPlanIsPure(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 2_000 {
		c := randomTriple(r)
		before := c.String()
		first, second := plan(c.s), plan(c.s)
		require.Equal(t, first, second)
		require.Equal(t, before, c.String())
	}
}

// TestPlanOfTwoSides: what changed on one side only is no business of the other
// (cases 2 and 4): planned in both directions, disjoint changes both arrive, and a
// value that both chose is sent by neither.
func TestPlanOfTwoSides(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 2_000 {
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
