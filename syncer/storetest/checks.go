package storetest

import (
	"fmt"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

var markChecks = []check{
	{"ten notifications of a waiting key are one mark with the newest evidence", func(k *kit) {
		for i := range 10 {
			k.mark(syncer.Mark{Key: key("a"), Lane: syncer.Sweep, Evidence: []byte{byte('0' + i)}})
		}
		k.mark(syncer.Mark{Key: key("a"), Lane: syncer.RealTime, Gone: true})
		c := k.claim()
		k.equal("evidence", string(c.Evidence), "9")
		k.equal("lane", c.Lane, syncer.RealTime)
		k.equal("gone", c.Gone, true)
	}},
	{"an event id is marked once", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a"), EventID: "e"})
		k.commit(result(k.claim()))
		k.mark(syncer.Mark{Key: key("a"), EventID: "e"}, syncer.Mark{Key: key("b"), EventID: "e2"})
		k.same("claimed", k.ids(k.claimAll(long)), []string{"b"})
	}},
	{"the most urgent lane goes first, then the oldest number", func(k *kit) {
		k.mark(syncer.Mark{Key: key("sweep"), Lane: syncer.Sweep}, syncer.Mark{Key: key("retry"), Lane: syncer.Retry},
			syncer.Mark{Key: key("now"), Lane: syncer.RealTime}, syncer.Mark{Key: key("now2"), Lane: syncer.RealTime})
		k.same("claimed", k.ids(k.claimAll(long)), []string{"now", "now2", "retry", "sweep"})
	}},
	{"a claimed key is not claimed again", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		k.claim()
		k.mark(syncer.Mark{Key: key("a")})
		k.same("claimed", k.ids(k.claimAll(long)), nil)
	}},
	{"what is skipped is not claimed: a tenant, a flow, a tenant's flow, all of it or the lane of sweeps", func(k *kit) {
		drop := func(claims []syncer.Claim) {
			for _, claim := range claims {
				k.commit(result(claim))
			}
		}
		for _, c := range []struct {
			what string
			skip []syncer.Skip
			want []string
		}{
			{"everything", []syncer.Skip{{}}, nil},
			{"a tenant", []syncer.Skip{{Tenant: "t"}}, []string{"uf", "ug", "ufs", "ugs"}},
			{"a flow", []syncer.Skip{{Flow: "f"}}, []string{"tg", "ug", "tgs", "ugs"}},
			{"a tenant's flow", []syncer.Skip{{Tenant: "t", Flow: "g"}}, []string{"tf", "uf", "ug", "tfs", "ufs", "ugs"}},
			{"sweeps", []syncer.Skip{{Sweeps: true}}, []string{"tf", "uf", "tg", "ug"}},
			{"a tenant's sweeps", []syncer.Skip{{Tenant: "u", Sweeps: true}}, []string{"tf", "uf", "tg", "ug", "tfs", "tgs"}},
			{"a flow's sweeps", []syncer.Skip{{Flow: "g", Sweeps: true}}, []string{"tf", "uf", "tg", "ug", "tfs", "ufs"}},
			{"several", []syncer.Skip{
				{Tenant: "t"}, {Tenant: "u", Flow: "f", Sweeps: true}, {Tenant: "u", Flow: "g"}, {Flow: "none"},
			}, []string{"uf"}},
		} {
			for _, of := range []syncer.Key{{Tenant: "t", Flow: "f"}, {Tenant: "t", Flow: "g"}, {Tenant: "u", Flow: "f"}, {Tenant: "u", Flow: "g"}} {
				now, swept := of, of
				now.ID, swept.ID = of.Tenant+of.Flow, of.Tenant+of.Flow+"s"
				k.mark(syncer.Mark{Key: now}, syncer.Mark{Key: swept, Lane: syncer.Sweep})
			}
			claims := k.claimAll(long, c.skip...)
			k.same(c.what, k.ids(claims), c.want)
			drop(claims)
			drop(k.claimAll(long))
		}
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Next, r.After = syncer.Again, long
		k.commit(r)
		_, idle, err := k.Claim(k.ctx(), syncer.ClaimRequest{N: 9, Lease: long, Skip: []syncer.Skip{{Flow: "f"}, {Flow: "g"}}})
		k.must(err)
		k.equal("nothing else may become due", idle < 0, true)
	}},
	{"as many tenants as there are can be skipped", func(k *kit) {
		skip := make([]syncer.Skip, 70_000)
		for i := range skip {
			skip[i].Tenant = fmt.Sprint("t", i)
		}
		k.mark(syncer.Mark{Key: syncer.Key{Tenant: "t0", Flow: "f", ID: "a"}}, syncer.Mark{Key: syncer.Key{Tenant: "u", Flow: "f", ID: "b"}})
		k.same("claimed", k.ids(k.claimAll(long, skip...)), []string{"b"})
		k.same("claimed", k.ids(k.claimAll(long, skip...)), nil)
	}},
	{"a claim says how long ago its key was marked last", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Next = syncer.Again
		k.commit(r)
		again := time.Now()
		k.mark(syncer.Mark{Key: key("a")})
		if age := k.claim().Age; age < 0 || age > time.Since(again) {
			k.Errorf("the age is %v, %v after it was marked", age, time.Since(again))
		}
	}},
	{"a mark that came while its key was claimed is due when the result is committed", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		k.mark(syncer.Mark{Key: key("a")})
		k.commit(result(c))
		again := k.claim()
		k.equal("doubt", again.Doubt, false)
		k.commit(result(again))
		k.equal("marks", k.counts("f"), syncer.MarkCounts{})
	}},
	{"a lease that ran out may be claimed, with doubt, and its holder is refused", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		late := k.claimAll(-time.Second)[0]
		c := k.claim()
		k.equal("doubt", c.Doubt, true)
		if c.Fence <= late.Fence {
			k.Errorf("fences must grow: %d after %d", c.Fence, late.Fence)
		}
		errs := k.Commit(k.ctx(), []syncer.Result{linked(late, "x"), linked(c, "y")})
		k.refused(errs[0], syncer.ErrFenced)
		k.must(errs[1])
		links, err := k.Links(k.ctx(), "t", "f", []string{"a"})
		k.must(err)
		k.equal("target", links["a"].Target.ID, "y")
		k.equal("the refused key is marked anew", k.counts("f").Waiting, 1)
		k.refused(k.Extend(k.ctx(), []syncer.Lease{{Key: late.Key, Fence: late.Fence}}, long)[0], syncer.ErrFenced)
	}},
	{"a lease can be extended", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claimAll(-time.Second)[0]
		k.must(k.Extend(k.ctx(), []syncer.Lease{{Key: c.Key, Fence: c.Fence}}, long)[0])
		k.same("claimed", k.ids(k.claimAll(long)), nil)
		k.commit(result(c))
	}},
	{"a link comes back as it was committed", func(k *kit) {
		k.link(syncer.Mark{Key: key("a"), Parent: "p"}, "x")
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		link := c.Link
		if link == nil {
			k.Fatal("the claim has no link")
		}
		k.equal("source", string(link.Base.Source), `{"a":1}`)
		k.equal("sent", string(link.Base.Sent["a"]), "1")
		k.equal("answered", string(link.Base.Answered["a"]), "2")
		k.equal("parent", link.Parent, "p")
		k.equal("version", link.Base.Version+link.Base.Mapping, "vm")
		by, err := k.LinksOf(k.ctx(), "t", "f", []string{"x", "none"})
		k.must(err)
		if len(by) != 1 || by["x"].ID != "a" {
			k.Errorf("by target: got %v", by)
		}
		refused := linked(c, "x")
		refused.Link.Refused, refused.Link.RefusedBy = []byte(`{"a":2}`), "n"
		k.commit(refused)
		links, err := k.Links(k.ctx(), "t", "f", []string{"a"})
		k.must(err)
		k.equal("refused", string(links["a"].Refused)+links["a"].RefusedBy, `{"a":2}n`)
	}},
	{"two keys never share a target record, and a refusal undoes no neighbour", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("b")}, syncer.Mark{Key: key("c")})
		claims := k.claimAll(long)
		errs := k.Commit(k.ctx(), []syncer.Result{linked(claims[0], "x"), linked(claims[1], "z")})
		k.refused(errs[0], syncer.ErrTargetTaken)
		k.must(errs[1])
		k.commit(result(claims[0])) // the lease is still held
		k.equal("marks", k.counts("f"), syncer.MarkCounts{})
	}},
	{"a failed mark is due later, with its attempt and doubt", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Next, r.After, r.Attempt, r.Doubt = syncer.Again, long, 3, true
		k.commit(r)
		_, idle, err := k.Claim(k.ctx(), syncer.ClaimRequest{N: 1, Lease: long})
		k.must(err)
		if idle < long-time.Minute || idle > long {
			k.Errorf("idle is %v, want about %v", idle, long)
		}
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		k.equal("attempt", c.Attempt, 3)
		k.equal("doubt", c.Doubt, true)
	}},
	{"a dead letter stays until its key is marked again", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Next, r.Attempt = syncer.Dead, 8
		k.commit(r)
		k.same("claimed", k.ids(k.claimAll(long)), nil)
		k.equal("dead", k.counts("f").Dead, 1)
		k.mark(syncer.Mark{Key: key("a")})
		k.equal("attempt", k.claim().Attempt, 0)
	}},
	{"a parked mark is released by its parent's result", func(k *kit) {
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
		r := result(k.claim())
		r.Next, r.Park = syncer.Parked, syncer.Park{Parent: key("a")}
		k.commit(r)
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
		k.same("claimed", k.ids(k.claimAll(long)), nil)
		k.equal("parked", k.counts("child").Parked, 1)
		k.mark(syncer.Mark{Key: key("a")})
		parent := linked(k.claim(), "x")
		parent.Children = []string{"child"}
		k.commit(parent)
		c := k.claim()
		k.equal("claimed", c.ID, "c")
		if c.ParentLink == nil || c.ParentLink.Target.ID != "x" {
			k.Errorf("the claim's parent link is %v", c.ParentLink)
		}
	}},
	{"a mark does not park under a parent that is there by now", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
		r := result(k.claim())
		r.Next, r.Park = syncer.Parked, syncer.Park{Parent: key("a")}
		k.commit(r)
		k.equal("claimed", k.claim().ID, "c")
	}},
	{"no child of a leaving parent is claimed", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		allowed, err := k.Leave(k.ctx(), syncer.LeaveRequest{Key: c.Key, Fence: c.Fence, Guard: syncer.DefaultGuard})
		k.must(err)
		k.equal("allowed", allowed, true)
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
		k.same("claimed", k.ids(k.claimAll(long)), nil)
		r := result(c)
		r.Forget = true
		k.commit(r)
		k.same("claimed", k.ids(k.claimAll(long)), []string{"c"})
	}},
	{"a cascade unlinks the children and marks them", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: theChild(), Parent: "a"}, "y")
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Forget, r.Children, r.Cascade = true, []string{"child"}, true
		k.commit(r)
		c := k.claim()
		k.equal("marked", c.ID, "c")
		k.equal("state", c.Link.State, syncer.Unlinked)
		k.equal("target", c.Link.Target, syncer.Ref{})
		links, err := k.Links(k.ctx(), "t", "f", []string{"a"})
		k.must(err)
		k.equal("links of the parent", len(links), 0)
	}},
	{"a cascade leaves children on which somebody works, or worked last", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: theChild(), Parent: "a"}, "y")
		k.mark(syncer.Mark{Key: theChild(), Parent: "a"})
		working := k.claim()
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Forget, r.Children, r.Cascade = true, []string{"child"}, true
		k.commit(r)
		r = result(working)
		r.Next, r.Doubt = syncer.Again, true
		k.commit(r)
		c := k.claim()
		k.equal("state", c.Link.State, syncer.Linked)
		k.equal("target", c.Link.Target.ID, "y")
	}},
	{"the guard counts removals and forbids too many, and the last of many", func(k *kit) {
		guard := syncer.Guard{Min: 3, Share: 0, Window: time.Hour}
		removed := 0
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			k.link(syncer.Mark{Key: key(id)}, "x"+id)
		}
		for _, id := range []string{"a", "b", "c", "d"} {
			k.mark(syncer.Mark{Key: key(id)})
			c := k.claim()
			for range 2 { // the second call finds it leaving already: it was counted
				allowed, err := k.Leave(k.ctx(), syncer.LeaveRequest{Key: c.Key, Fence: c.Fence, Guard: guard})
				k.must(err)
				k.equal(id, allowed, removed < 3)
			}
			r := result(c)
			if removed < 3 {
				r.Forget = true
				removed++
			}
			k.commit(r)
		}
	}},
	{"the guard counts the removal of a record that no link knows", func(k *kit) {
		guard := syncer.Guard{Min: 2, Window: time.Hour}
		for i, id := range []string{"a", "b", "c"} {
			k.mark(syncer.Mark{Key: key(id)})
			c := k.claim()
			allowed, err := k.Leave(k.ctx(), syncer.LeaveRequest{Key: c.Key, Fence: c.Fence, Guard: guard})
			k.must(err)
			k.equal(id, allowed, i < 2)
			k.commit(result(c))
		}
	}},
	{"a scanned row stands in for a read only if nothing else happened to the key", func(k *kit) {
		observe := func(since int64, id string) {
			k.must(k.Observe(k.ctx(), syncer.Observation{
				Since: since,
				Marks: []syncer.Mark{{Key: key(id), Lane: syncer.Sweep, Row: []byte(`{}`)}},
			}))
		}
		since, err := k.Draw(k.ctx())
		k.must(err)
		observe(since, "fresh")
		c := k.claim()
		k.equal("row", string(c.Row), "{}")
		k.commit(linked(c, "x"))

		later, err := k.Draw(k.ctx())
		k.must(err)
		observe(later, "again")
		c = k.claim()
		k.equal("row of the first claim", string(c.Row), "{}")
		r := result(c)
		r.Next = syncer.Again
		k.commit(r)
		c = k.claim()
		k.equal("row of a later claim", string(c.Row), "")
		k.commit(result(c))

		observe(since, "fresh") // a commit came after the page was requested
		c = k.claim()
		k.equal("row after a commit", string(c.Row), "")
		k.commit(result(c))

		since, err = k.Draw(k.ctx())
		k.must(err)
		observe(since, "fresh")
		k.mark(syncer.Mark{Key: key("fresh")}) // and a notification after the scan
		c = k.claim()
		k.equal("row after a notification", string(c.Row), "")
		k.commit(result(c))

		k.mark(syncer.Mark{Key: key("waits")})
		observe(since, "waits")
		k.equal("row of a key that waited", string(k.claim().Row), "")
	}},
	{"links are walked in order", func(k *kit) {
		for _, id := range []string{"c", "a", "b"} {
			k.link(syncer.Mark{Key: key(id)}, "x"+id)
		}
		some, err := k.Walk(k.ctx(), "t", "f", syncer.Linked, "", 2)
		k.must(err)
		rest, err := k.Walk(k.ctx(), "t", "f", "", "b", 2)
		k.must(err)
		k.equal("pages", len(some)*10+len(rest), 21)
		k.equal("order", some[0].ID+some[1].ID+rest[0].ID, "abc")
	}},
	{"the log has a row for each result", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: key("b")}, "y")
		events, err := k.Events(k.ctx(), syncer.EventQuery{Tenant: "t", ID: "b"})
		k.must(err)
		if len(events) != 1 || len(events[0].Fields) != 1 || events[0].Fields[0] != "name" || events[0].Time.IsZero() {
			k.Fatalf("got %+v", events)
		}
		events, err = k.Events(k.ctx(), syncer.EventQuery{After: events[0].Number})
		k.must(err)
		k.equal("after the last row", len(events), 0)
	}},
}
