package syncer

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
)

// triple is a random base, source and target, with few fields and few values, so
// that everything meets everything.
type triple struct {
	s      situation
	target string // how it alters what it is sent
}

// alterations are what targets make of the value of a field that they are sent;
// before is what they hold.
var alterations = map[string]func(name string, sent, before json.RawMessage) json.RawMessage{
	"nothing": func(_ string, sent, _ json.RawMessage) json.RawMessage { return sent },
	"lower case": func(_ string, sent, _ json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.ToLower(string(sent)))
	},
	"trimmed": func(_ string, sent, _ json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.ReplaceAll(string(sent), " ", ""))
	},
	"one field is dropped": func(name string, sent, before json.RawMessage) json.RawMessage {
		if name == "b" {
			return before
		}
		return sent
	},
	"nothing is cleared": func(_ string, sent, before json.RawMessage) json.RawMessage {
		if equal(sent, null) {
			return before
		}
		return sent
	},
	"sets in reverse": func(_ string, sent, _ json.RawMessage) json.RawMessage {
		list, isSet := elements(sent)
		if !isSet || list == nil {
			return sent
		}
		slices.Reverse(list)
		data, err := json.Marshal(list)
		if err != nil {
			panic(err)
		}
		return data
	},
}

func (c triple) String() string {
	data, err := json.Marshal(map[string]any{
		"base": c.s.base, "desired": c.s.desired, "mapping": c.s.mapping, "remade": c.s.remade, "held": c.s.held, "drift": c.s.drift,
		"foreign": c.s.foreign, "doubt": c.s.doubt, "left": c.s.left, "target": c.target,
	})
	return fmt.Sprint(string(data), err)
}

var planNames = []string{"a", "b", "c.x", "c.y", "tags"}

func randomFields(r *rand.Rand, all bool) Fields {
	values := []string{`"A"`, `"B "`, `"a"`, "null", "1"}
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
		for _, tag := range []string{"x", "Y", "z"} {
			if r.IntN(2) == 0 {
				tags = append(tags, tag)
			}
		}
		fields[name] = setOf(tags)
	}
	return fields
}

func randomTriple(r *rand.Rand) triple {
	targets := slices.Sorted(maps.Keys(alterations))
	c := triple{target: targets[r.IntN(len(targets))], s: situation{
		desired: randomFields(r, r.IntN(3) > 0), mapping: "m", sets: map[string]bool{"tags": true}, drift: DriftPolicy(r.IntN(3)),
	}}
	if r.IntN(5) > 0 {
		sent := randomFields(r, r.IntN(3) > 0)
		c.s.base = &Base{Sent: sent, Answered: c.answer(sent, randomFields(r, true)).only(sent), Mapping: "m"}
		switch r.IntN(6) {
		case 0, 1, 2:
			c.s.desired = sent
		case 3:
			c.s.base.Mapping = "another"
			c.s.remade = randomFields(r, false)
		}
	}
	if r.IntN(3) > 0 {
		c.s.held = randomFields(r, true)
		if c.s.base != nil && r.IntN(2) == 0 {
			for name, value := range c.s.base.Answered {
				if r.IntN(3) > 0 {
					c.s.held[name] = value
				}
			}
		}
	}
	if c.s.base != nil && c.s.held != nil && r.IntN(3) == 0 {
		c.s.base.Restored = Fields{}
		for _, name := range planNames {
			if r.IntN(2) == 0 {
				c.s.base.Restored[name] = c.s.held.value(name)
			}
		}
	}
	c.s.foreign = c.s.base == nil && c.s.held != nil && r.IntN(2) == 0
	c.s.doubt = c.s.base != nil && c.s.held != nil && r.IntN(8) == 0
	if c.s.base == nil && !c.s.foreign && r.IntN(4) == 0 {
		c.s.left = "z"
	}
	return c
}

// answer is what the target holds after a write.
func (c triple) answer(send, held Fields) Fields {
	after := maps.Clone(held)
	if after == nil {
		after = Fields{}
	}
	for name, value := range send {
		after[name] = alterations[c.target](name, value, held.value(name))
	}
	return after
}

// held is what the target holds, read or as it answered last.
func (c triple) held() Fields {
	if held := c.s.before(); held != nil {
		return held
	}
	return Fields{}
}

// after is the situation once a plan was carried out.
func (c triple) after(d diff) situation {
	next := c.s
	next.foreign, next.doubt, next.left = false, false, ""
	next.held = c.answer(d.send, c.held())
	var restored Fields
	if c.s.base != nil {
		restored = c.s.base.Restored
	}
	next.base = &Base{
		Sent: c.s.desired, Answered: next.held.only(c.s.desired), Mapping: c.s.mapping, Restored: d.restored(restored),
	}
	return next
}

// invariants are what every plan keeps. Each says what is wrong, or nothing.
var invariants = map[string]func(c triple, d diff) string{
	"P4: unmapped fields are never written, unset never clears": func(c triple, d diff) string {
		for name := range d.send {
			_, mapped := c.s.desired[name]
			member := c.member(name)
			switch {
			case !mapped && !member:
				return name + " is not mapped"
			case !mapped && !equal(d.send[name], null):
				return name + " is gone, and can only be cleared"
			case mapped && name != "tags" && !equal(d.send[name], c.s.desired[name]):
				return name + " is sent with another value than the mapping's"
			}
		}
		return ""
	},
	"only what changed or drifted is sent, and all of it": func(c triple, d diff) string {
		for _, name := range planNames {
			if name == "tags" {
				continue
			}
			value, sent := d.send[name]
			if want := c.wants(name); sent != want {
				return fmt.Sprintf("%s is sent: %t, wanted: %t", name, sent, want)
			}
			if sent && c.s.held != nil && equal(value, c.s.held.value(name)) {
				return name + " is held already"
			}
		}
		return ""
	},
	"P4: nothing of a foreign record is cleared": func(c triple, d diff) string {
		for name, value := range d.send {
			if c.s.foreign && (equal(value, null) || name == "tags" && len(without(tagsOf(c.s.held), tagsOf(d.send))) > 0) {
				return name + " is cleared"
			}
		}
		return ""
	},
	"P4: sets are merged by add and remove against the base": func(c triple, d diff) string {
		if _, mapped := c.s.desired["tags"]; !mapped {
			return ""
		}
		var has []string
		if has = tagsOf(c.held()); d.send["tags"] != nil {
			has = tagsOf(d.send)
		}
		if want := c.tags(); len(without(want, has))+len(without(has, want)) > 0 {
			return fmt.Sprintf("the target would hold the tags %v, not %v", has, want)
		}
		return ""
	},
	"a plan that was carried out leaves nothing to do": func(c triple, d diff) string {
		next := c.after(d)
		if again := plan(next); len(again.send)+len(again.changed)+len(again.drifted) > 0 {
			return fmt.Sprintf("the target was read, and %v is planned", again)
		}
		next.held = nil
		if again := plan(next); len(again.send)+len(again.changed)+len(again.drifted) > 0 {
			return fmt.Sprintf("the target was not read, and %v is planned", again)
		}
		return ""
	},
	"a clash is the source's, and is told": func(c triple, d diff) string {
		if c.s.base == nil || c.s.held == nil {
			return ""
		}
		for name, want := range c.s.desired {
			sent, was := c.s.base.Sent[name]
			if name == "tags" || !was || equal(want, sent) || equal(c.s.held.value(name), c.s.base.Answered.value(name)) {
				continue
			}
			if !slices.Contains(d.changed, name) || !slices.Contains(d.drifted, name) {
				return name + " changed on both sides, and the plan does not say so"
			}
			if !equal(want, c.s.held.value(name)) && !equal(d.send[name], want) {
				return name + " is not the source's"
			}
		}
		return ""
	},
	"who insists is written over once": func(c triple, d diff) string {
		next := c.after(d)
		next.held = maps.Clone(next.held)
		maps.Copy(next.held, d.over)     // the stranger sets it again
		for name, lost := range d.lost { // and takes away again what was taken away
			kept, _ := elements(c.after(d).held.value(name))
			next.held[name] = setOf(without(kept, lost))
		}
		if again := plan(next); next.drift == DriftRestore && len(again.send) > 0 {
			return fmt.Sprintf("%v is written over again", again.send)
		}
		return ""
	},
}

// member reports whether a field that is not mapped now is a member of an object
// that this mapping sent before, or would have: it is mapped, too.
func (c triple) member(name string) bool {
	if !strings.Contains(name, ".") || c.s.base == nil || c.s.base.Sent[name] == nil {
		return false
	}
	_, remade := c.s.remade[name]
	return remade || c.s.base.Mapping == c.s.mapping
}

// wants says, by the rules alone, whether a field that is no set is to be sent.
func (c triple) wants(name string) bool {
	want, mapped := c.s.desired[name]
	if !mapped {
		want = null
		if !c.member(name) {
			return false
		}
	}
	if c.s.held != nil && equal(c.s.held.value(name), want) || c.s.foreign && equal(want, null) {
		return false
	}
	if c.s.base == nil {
		return true
	}
	sent, was := c.s.base.Sent[name]
	if !was || !equal(sent, want) {
		return true
	}
	drifted := c.s.held != nil && !equal(c.s.held.value(name), c.s.base.Answered.value(name))
	return drifted && c.s.drift == DriftRestore && !equal(c.s.base.Restored[name], c.s.held.value(name))
}

// tags are, by the rules alone, what the target holds when the plan is carried out.
func (c triple) tags() []string {
	want, holds := tagsOf(c.s.desired), tagsOf(c.held())
	sent, answered := []string(nil), []string(nil)
	if c.s.base != nil {
		sent, answered = tagsOf(c.s.base.Sent), tagsOf(c.s.base.Answered)
	}
	if c.s.left != "" {
		sent = []string{c.s.left}
	}
	add, remove := without(want, sent), without(sent, want)
	if c.s.doubt {
		add = want
	}
	if lost := without(without(answered, holds), remove); len(lost) > 0 && c.s.drift == DriftRestore {
		before, again := c.s.base.Restored["tags"]
		if !again || len(without(lost, tagsOf(Fields{"tags": before}))) < len(lost) {
			add = append(add, lost...)
		}
	}
	return append(without(holds, remove), add...)
}

func tagsOf(fields Fields) []string {
	tags, _ := elements(fields.value("tags"))
	return tags
}

// TestPlanOfRandomTriples tries what every plan keeps with many triples. The long
// form tries some millions, other ones each time: it tells its seed, and
// CONTACTLINK_SEED repeats one.
func TestPlanOfRandomTriples(t *testing.T) {
	t.Parallel()
	n := 30_000
	if testing.Short() {
		n = 10_000
	}
	tryTriples(t, 1, n)
}

func TestPlanOfMillionsOfRandomTriples(t *testing.T) {
	t.Parallel()
	testenv.Long(t)
	seed := rand.Uint64()
	if given := os.Getenv("CONTACTLINK_SEED"); given != "" {
		_, err := fmt.Sscan(given, &seed)
		require.NoError(t, err)
	}
	t.Logf("CONTACTLINK_SEED=%d", seed)
	tryTriples(t, seed, 5_000_000)
}

func tryTriples(t *testing.T, seed uint64, n int) {
	t.Helper()
	names := slices.Sorted(maps.Keys(invariants))
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range n {
		c := randomTriple(r)
		d := plan(c.s)
		for _, name := range names {
			if wrong := invariants[name](c, d); wrong != "" {
				t.Fatalf("%s: %s\ntriple %d of seed %d: %s\nthe plan: %v", name, wrong, i, seed, c, d)
			}
		}
	}
}

// TestPlanIsPure: the same situation has the same plan, whatever was planned
// before, and is not changed by it.
func TestPlanIsPure(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 3_000 {
		c := randomTriple(r)
		before := c.String()
		first := plan(c.s)
		require.Equal(t, first, plan(c.s))
		require.Equal(t, before, c.String())
	}
}
