package storetest

import (
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// holderOf is the Touched of the link that holds a record of the target.
func (k *kit) holderOf(target string) int64 {
	k.Helper()
	links, err := k.LinksOf(k.ctx(), "t", "f", []string{target})
	k.must(err)
	return links[target].Touched
}

var parkChecks = []check{
	{"what a parent decided is looked at again if the parent was touched since", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		decide := func(touch bool) int {
			k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
			c := k.claim()
			if touch {
				k.link(syncer.Mark{Key: key("a")}, "x")
			}
			r := result(c)
			r.Park = syncer.Park{Parent: key("a"), Seen: c.ParentLink.Touched}
			k.commit(r)
			return k.counts("child").Waiting
		}
		k.equal("waiting", decide(false), 0)
		k.equal("waiting after a touch", decide(true), 1)
	}},
	{"a mark that is parked under a record of the target waits for the field that it holds", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.park(syncer.Mark{Key: key("b")}, syncer.Park{Target: "x", Field: "a", Seen: k.holderOf("x")})
		k.equal("parked", k.counts("f").Parked, 1)
		park := k.markOf("f", "b").Park
		k.equal("park", park.Target+park.Field, "xa")
		k.mark(syncer.Mark{Key: key("a")})
		same := linked(k.claim(), "x")
		k.commit(same)
		k.same("claimed after a result that changed nothing", k.ids(k.claimAll(long)), nil)
		k.mark(syncer.Mark{Key: key("a")})
		other := linked(k.claim(), "x")
		other.Link.Base.Answered = syncer.Fields{"a": []byte("3")}
		k.commit(other)
		k.same("claimed after the field changed", k.ids(k.claimAll(long)), []string{"b"})
	}},
	{"a mark that is parked under a record of the target is released when its link goes", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.park(syncer.Mark{Key: key("b")}, syncer.Park{Target: "x", Field: "z", Seen: k.holderOf("x")})
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Forget = true
		k.commit(r)
		k.same("claimed", k.ids(k.claimAll(long)), []string{"b"})
	}},
	{"a mark does not park under a record whose link was touched since it was looked at", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		seen := k.holderOf("x")
		k.mark(syncer.Mark{Key: key("a")})
		k.commit(result(k.claim()))
		k.park(syncer.Mark{Key: key("b")}, syncer.Park{Target: "x", Field: "a", Seen: seen})
		k.same("claimed", k.ids(k.claimAll(long)), []string{"b"})
	}},
	{"what is parked under records of the target can be released by name, or all at once", func(k *kit) {
		for _, id := range []string{"a", "b", "c", "d"} {
			k.park(syncer.Mark{Key: key(id)}, syncer.Park{Target: "of " + id})
		}
		k.must(k.Unpark(k.ctx(), syncer.UnparkRequest{Tenant: "t", Flow: "f", IDs: []string{"a"}, Targets: []string{"of b"}}))
		k.same("by name", k.ids(k.claimAll(long)), []string{"a", "b"})
		k.must(k.Unpark(k.ctx(), syncer.UnparkRequest{Tenant: "t", Flow: "f"}))
		k.same("all", k.ids(k.claimAll(long)), []string{"c", "d"})
	}},
	{"a mark that is parked under a parent is released by a mark under another one, and by a deletion", func(k *kit) {
		under := func(id string) syncer.Park { return syncer.Park{Parent: key(id)} }
		k.park(syncer.Mark{Key: theChild(), Parent: "a"}, under("a"))
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"}, syncer.Mark{Key: theChild()})
		k.equal("parked", k.counts("child").Parked, 1)
		k.park(syncer.Mark{Key: theChild(), Parent: "b"}, under("b"))
		k.equal("parked under the other", k.markOf("child", "c").Park.Parent.ID, "b")
		k.mark(syncer.Mark{Key: theChild(), Gone: true})
		k.same("claimed after the deletion", k.ids(k.claimAll(long)), []string{"c"})
	}},
	{"all children of a link are marked when its record of the target is replaced", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: theChild(), Parent: "a"}, "y")
		k.mark(syncer.Mark{Key: key("a")})
		r := linked(k.claim(), "z")
		r.Children, r.Replaced = []string{"child"}, true
		k.commit(r)
		k.same("claimed", k.ids(k.claimAll(long)), []string{"c"})
	}},
	{"records of the target that were noted are read after a number, in order", func(k *kit) {
		read := func(after int64) (ids []string, last int64) {
			ids, last, err := k.NotedTargets(k.ctx(), "t", "f", after)
			k.must(err)
			return ids, last
		}
		before, err := k.Draw(k.ctx())
		k.must(err)
		ids, last := read(before)
		k.same("none", ids, nil)
		k.equal("number of none", last, before)
		k.must(k.NoteTargets(k.ctx(), "t", "f", []string{"x", "y"}))
		k.must(k.NoteTargets(k.ctx(), "t", "other", []string{"z"}))
		k.must(k.NoteTargets(k.ctx(), "u", "f", []string{"z"}))
		ids, last = read(before)
		k.same("first", ids, []string{"x", "y"})
		k.must(k.NoteTargets(k.ctx(), "t", "f", []string{"x"}))
		ids, _ = read(last)
		k.same("since", ids, []string{"x"})
		ids, last = read(before)
		k.same("all", ids, []string{"y", "x"})
		ids, _ = read(last)
		k.same("nothing new", ids, nil)
	}},
	{"a detached link yields its record to another key", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("a")})
		r := linked(k.claim(), "x")
		r.Link.State = syncer.Detached
		k.commit(r)
		k.link(syncer.Mark{Key: key("b")}, "x")
		links, err := k.Links(k.ctx(), "t", "f", []string{"a", "b"})
		k.must(err)
		k.equal("links", len(links), 1)
		k.equal("target", links["b"].Target.ID, "x")
	}},
	{"a key inherits a record from one that nobody works on, whose children are marked", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: theChild(), Parent: "a"}, "y")
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: key("b")})
		claims := k.claimAll(long)
		heir := linked(claims[1], "x")
		heir.Inherits, heir.Children = "a", []string{"child"}
		k.refused(k.Commit(k.ctx(), []syncer.Result{heir})[0], syncer.ErrTargetTaken)
		k.commit(result(claims[0]))
		k.commit(heir)
		c := k.claim()
		k.equal("marked", c.ID, "c")
		k.equal("the child's record", c.Link.Target.ID, "y")
		links, err := k.Links(k.ctx(), "t", "f", []string{"a", "b"})
		k.must(err)
		k.equal("links", len(links), 1)
	}},
	{"intents of a batch are stored together, each under its fence, until a result without doubt", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		errs := k.Intend(k.ctx(), []syncer.Intent{
			{Key: c.Key, Fence: c.Fence, Parent: "p", Sent: syncer.Fields{"a": []byte("1")}, IdempotencyKey: "i", Body: "h"},
			{Key: key("b"), Fence: 1},
		})
		k.must(errs[0])
		k.refused(errs[1], syncer.ErrFenced)
		r := result(c)
		r.Next, r.Doubt = syncer.Again, true
		k.commit(r)
		c = k.claim()
		if c.Intent == nil {
			k.Fatal("the claim has no intent")
		}
		k.equal("intent", c.Intent.Parent+c.Intent.IdempotencyKey+c.Intent.Body+string(c.Intent.Sent["a"]), "pih1")
		if c.Intent.First.IsZero() || c.Intent.Age < 0 || c.Intent.Age > time.Minute {
			k.Errorf("the intent is of %v, %v ago", c.Intent.First, c.Intent.Age)
		}
		first := c.Intent.First
		k.must(k.Intend(k.ctx(), []syncer.Intent{{Key: c.Key, Fence: c.Fence, Parent: "q"}})[0])
		r = result(c)
		r.Next, r.Doubt = syncer.Again, true
		k.commit(r)
		c = k.claim()
		k.equal("the newer intent", c.Intent.Parent, "q")
		k.equal("first", c.Intent.First.Equal(first), true)
		k.commit(result(c))
		k.mark(syncer.Mark{Key: key("a")})
		k.equal("intent after a result without doubt", k.claim().Intent == nil, true)
	}},
	{"tenants take turns, and one may be bounded", func(k *kit) {
		other := func(id string) syncer.Key { return syncer.Key{Tenant: "u", Flow: "f", ID: id} }
		k.mark(syncer.Mark{Key: key("1")}, syncer.Mark{Key: key("2")}, syncer.Mark{Key: key("3")}, syncer.Mark{Key: other("4")},
			syncer.Mark{Key: other("5"), Lane: syncer.Sweep})
		claim := func(request syncer.ClaimRequest) []string {
			request.Lease = long
			claims, _, err := k.Claim(k.ctx(), request)
			k.must(err)
			return k.ids(claims)
		}
		k.same("two", claim(syncer.ClaimRequest{N: 2}), []string{"1", "4"})
		k.same("bounded", claim(syncer.ClaimRequest{N: 1, PerTenant: 1, First: syncer.Sweep}), []string{"5"})
		k.same("one a tenant", claim(syncer.ClaimRequest{N: 9, PerTenant: 1}), []string{"2"})
	}},
	{"snoozes are counted apart from attempts, until the key is marked again", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a"), Drift: true})
		r := result(k.claim())
		r.Next, r.Snoozes, r.Attempt = syncer.Again, 2, 1
		r.Event.Kind, r.Event.Error = "stale", "why"
		k.commit(r)
		k.equal("why", k.markOf("f", "a").Kind+k.markOf("f", "a").Error, "stalewhy")
		c := k.claim()
		k.equal("snoozes", c.Snoozes*10+c.Attempt, 21)
		k.commit(resultAgain(r, c))
		k.mark(syncer.Mark{Key: key("a")})
		c = k.claim()
		k.equal("snoozes", c.Snoozes, 0)
		k.equal("drift stays", c.Drift, true)
	}},
	{"a result can mark further keys", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Marks = []syncer.Mark{{Key: theChild(), Parent: "a", Lane: syncer.Sweep, Trigger: "parent"}}
		k.commit(r)
		k.equal("marked", k.claim().Parent, "a")
	}},
	{"marks beyond a number fold into one sweep that is owed", func(k *kit) {
		k.mark(syncer.Mark{Key: key("held")}, syncer.Mark{Key: key("dead")}, syncer.Mark{Key: key("leased")})
		for _, c := range k.claimAll(long) {
			r := linked(c, "of "+c.ID)
			switch c.ID {
			case "held":
				r.Link.State = syncer.Held
			case "dead":
				r.Next = syncer.Dead
			case "leased":
				continue
			}
			k.commit(r)
		}
		k.mark(syncer.Mark{Key: key("held")}, syncer.Mark{Key: key("x")}, syncer.Mark{Key: key("y")}, syncer.Mark{Key: theChild()})
		fold := func(most int) int {
			n, err := k.Fold(k.ctx(), syncer.FoldRequest{Tenant: "t", Most: most, Flows: []string{"f"}})
			k.must(err)
			return n
		}
		owed := syncer.SweepID{Tenant: "t", Name: syncer.SweepOwed}
		k.equal("folded while there is room", fold(6), 0)
		k.equal("folded", fold(5), 2)
		k.same("claimed", k.ids(k.claimAll(long)), []string{"held", "c"})
		state, err := k.Sweep(k.ctx(), owed)
		k.must(err)
		k.equal("owed", state.Generation > 0 && !state.Complete, true)
	}},
	{"one mapping is in force, and claims say which", func(k *kit) {
		first, err := k.Enforce(k.ctx(), "t", "f", "1", syncer.Rules{Fingerprints: map[string]string{"a": "1"}, Source: []string{"x", "y"}}, 0)
		k.must(err)
		_, err = k.Enforce(k.ctx(), "t", "f", "2", syncer.Rules{Source: []string{"refused"}}, 0)
		k.refused(err, syncer.ErrSpecMoved)
		second, err := k.Enforce(k.ctx(), "t", "f", "2", syncer.Rules{}, first.Number)
		k.must(err)
		if second.Number <= first.Number {
			k.Errorf("numbers must grow: %d after %d", second.Number, first.Number)
		}
		spec, err := k.Spec(k.ctx(), "t", "f")
		k.must(err)
		k.equal("in force", spec, second)
		k.mark(syncer.Mark{Key: key("a")})
		k.equal("of the claim", k.claim().Spec, second)
	}},
	{"the rules of every mapping that came into force are kept", func(k *kit) {
		rules := func(version string) syncer.Rules {
			rules, err := k.Rules(k.ctx(), "t", "f", version)
			k.must(err)
			return rules
		}
		enforce := func(version string, rules syncer.Rules, expected int64) int64 {
			spec, err := k.Enforce(k.ctx(), "t", "f", version, rules, expected)
			k.must(err)
			return spec.Number
		}
		first := enforce("1", syncer.Rules{Fingerprints: map[string]string{"": "w", "a.b": "1"}, Source: []string{"x", "y"}}, 0)
		second := enforce("2", syncer.Rules{}, first)
		_, err := k.Enforce(k.ctx(), "t", "f", "3", syncer.Rules{Source: []string{"z"}}, first)
		k.refused(err, syncer.ErrSpecMoved)
		k.equal("fingerprints", len(rules("1").Fingerprints), 2)
		k.equal("fingerprint", rules("1").Fingerprints["a.b"], "1")
		k.same("source", rules("1").Source, []string{"x", "y"})
		k.equal("unknown", rules("2").Fingerprints == nil && rules("2").Source == nil, true)
		k.equal("refused", rules("3").Source == nil, true)
		enforce("1", syncer.Rules{Fingerprints: map[string]string{"": "v"}, Source: []string{}}, second)
		k.equal("of the last time", rules("1").Fingerprints[""], "v")
		k.equal("known to be none", rules("1").Source != nil && len(rules("1").Source) == 0, true)
	}},
}
