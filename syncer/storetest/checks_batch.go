package storetest

import "github.com/contactlink/contactlink/syncer"

// batchChecks hold that results of one batch happen one after another.
var batchChecks = []check{
	{"a result marks what an earlier one of its batch has done", func(k *kit) {
		child := syncer.Mark{Key: theChild(), Parent: "a"}
		k.mark(child)
		r := linked(k.claim(), "")
		r.Link.State = syncer.Filtered
		k.commit(r)
		k.mark(syncer.Mark{Key: key("a")}, child)
		claims := k.claimAll(long)
		k.same("claimed", k.ids(claims), []string{"a", "c"})
		parent := linked(claims[0], "x")
		parent.Children = []string{"child"}
		k.all(result(claims[1]), parent)
		k.same("marked", k.ids(k.claimAll(long)), []string{"c"})
	}},
	{"a result takes a record of the target that an earlier one of its batch let go", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: key("b")})
		claims := k.claimAll(long)
		k.all(linked(claims[0], "y"), linked(claims[1], "x"))
		links, err := k.LinksOf(k.ctx(), "t", "f", []string{"x", "y"})
		k.must(err)
		k.equal("holders", links["x"].ID+links["y"].ID, "ba")
	}},
	{"a result does not take a record that an earlier one of its batch took", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: key("b")})
		claims := k.claimAll(long)
		errs := k.Commit(k.ctx(), []syncer.Result{linked(claims[0], "x"), linked(claims[1], "x")})
		k.must(errs[0])
		k.refused(errs[1], syncer.ErrTargetTaken)
	}},
	{"a result inherits from a key that an earlier one of its batch released", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: key("b")})
		claims := k.claimAll(long)
		heir := linked(claims[1], "x")
		heir.Inherits = "a"
		k.all(result(claims[0]), heir)
		links, err := k.LinksOf(k.ctx(), "t", "f", []string{"x"})
		k.must(err)
		k.equal("holder", links["x"].ID, "b")
	}},
	{"of two results for one lease, the first holds", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		c := k.claim()
		errs := k.Commit(k.ctx(), []syncer.Result{linked(c, "x"), linked(c, "y")})
		k.must(errs[0])
		k.refused(errs[1], syncer.ErrFenced)
		links, err := k.Links(k.ctx(), "t", "f", []string{"a"})
		k.must(err)
		k.equal("target", links["a"].Target.ID, "x")
		k.equal("the refused key is marked anew", k.counts("f").Waiting, 1)
	}},
	{"a mark parks and is released within one batch", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: theChild(), Parent: "a"})
		claims := k.claimAll(long)
		child := result(claims[1])
		child.Next, child.Park = syncer.Parked, syncer.Park{Parent: key("a")}
		parent := linked(claims[0], "x")
		parent.Children = []string{"child"}
		k.all(child, parent)
		k.same("released", k.ids(k.claimAll(long)), []string{"c"})
	}},
	{"a mark parks under a record and is released by a later result of the batch", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: key("b")}, syncer.Mark{Key: key("c")})
		claims := k.claimAll(long)
		waits := result(claims[1])
		waits.Next, waits.Park = syncer.Parked, syncer.Park{Target: "x", Field: "a"}
		k.all(linked(claims[0], "z"), waits, linked(claims[2], "x"))
		k.same("released", k.ids(k.claimAll(long)), []string{"b"})
	}},
}

// all commits results in one batch.
func (k *kit) all(results ...syncer.Result) {
	k.Helper()
	for _, err := range k.Commit(k.ctx(), results) {
		k.must(err)
	}
}
