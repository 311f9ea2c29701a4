package storetest

import "github.com/contactlink/contactlink/syncer"

func full() syncer.SweepID {
	return syncer.SweepID{Tenant: "t", Flow: "f", Name: syncer.SweepFull}
}

func (k *kit) begin(id syncer.SweepID) syncer.SweepState {
	k.Helper()
	state, err := k.BeginSweep(k.ctx(), id, long)
	k.must(err)
	return state
}

func (k *kit) unseen(request syncer.UnseenRequest) []string {
	k.Helper()
	request.N = 10
	links, err := k.Unseen(k.ctx(), request)
	k.must(err)
	var ids []string
	for _, link := range links {
		ids = append(ids, link.ID)
	}
	return ids
}

var sweepChecks = []check{
	{"a page's marks, cursor and seen ids are stored together, and absence is known", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.link(syncer.Mark{Key: key("b")}, "y")
		state := k.begin(full())
		state.Cursor, state.Watermark = "next", "w"
		k.must(k.Observe(k.ctx(), syncer.Observation{SweepID: full(), Since: state.Generation, Seen: []string{"a"}, State: state, Lease: long}))
		request := syncer.UnseenRequest{SweepID: full(), Generation: state.Generation}
		k.same("unseen", k.unseen(request), []string{"b"})
		request.Lag = long
		k.same("unseen that was touched before the lag", k.unseen(request), nil)
		request.Lag = 0
		k.mark(syncer.Mark{Key: key("b")})
		k.same("a marked link is no candidate", k.unseen(request), nil)
	}},
	{"absence is known of what is parked, or a dead letter", func(k *kit) {
		for id, next := range map[string]syncer.Next{"a": syncer.Parked, "b": syncer.Dead} {
			k.link(syncer.Mark{Key: key(id)}, "t "+id)
			k.mark(syncer.Mark{Key: key(id)})
			r := result(k.claim())
			r.Next = next
			if next == syncer.Parked {
				r.Park.Parent = syncer.Key{Tenant: "t", Flow: "p", ID: "none"}
			}
			k.commit(r)
		}
		state := k.begin(full())
		request := syncer.UnseenRequest{SweepID: full(), Generation: state.Generation}
		k.same("unseen and stuck", k.unseen(request), []string{"a", "b"})
	}},
	{"a sweep is one process's, goes on where it was cut short, and begins anew when it was complete", func(k *kit) {
		first := k.begin(full())
		_, err := k.BeginSweep(k.ctx(), full(), long)
		k.refused(err, syncer.ErrSweeping)
		first.Cursor, first.Watermark = "next", "w"
		observe := func(state syncer.SweepState) error {
			return k.Observe(k.ctx(), syncer.Observation{SweepID: full(), Seen: []string{"a"}, State: state})
		}
		k.must(observe(first)) // and gives it back
		second := k.begin(full())
		k.equal("generation", second.Generation, first.Generation)
		k.equal("cursor", second.Cursor, "next")
		if second.Fence <= first.Fence || second.Started.IsZero() || !second.Completed.IsZero() {
			k.Errorf("the second state is %+v", second)
		}
		k.refused(observe(first), syncer.ErrFenced)
		second.Complete = true
		k.must(observe(second))
		third := k.begin(full())
		k.equal("previous", third.Previous, first.Generation)
		k.equal("cursor and watermark", third.Cursor+third.Watermark, "w")
		if third.Generation <= second.Generation || third.Completed.IsZero() {
			k.Errorf("the third state is %+v", third)
		}
		stored, err := k.Sweep(k.ctx(), full())
		k.must(err)
		k.equal("generation", stored.Generation, third.Generation)
	}},
	{"a new generation forgets what was seen, and sweeps go on side by side", func(k *kit) {
		k.link(syncer.Mark{Key: key("a")}, "x")
		state := k.begin(full())
		state.Complete = true
		k.must(k.Observe(k.ctx(), syncer.Observation{SweepID: full(), Seen: []string{"a"}, State: state}))
		state = k.begin(full())
		target := full()
		target.Name = syncer.SweepTarget
		other := k.begin(target)
		k.must(k.Observe(k.ctx(), syncer.Observation{SweepID: target, Seen: []string{"a"}, State: other, Lease: long}))
		k.same("unseen", k.unseen(syncer.UnseenRequest{SweepID: full(), Generation: state.Generation}), []string{"a"})
		k.same("unseen by the other", k.unseen(syncer.UnseenRequest{SweepID: target, Generation: other.Generation}), nil)
	}},
	// Seed 4948 of the simulation.
	{"a row of a key that was forgotten since the page was requested stands in for no read", func(k *kit) {
		since, err := k.Draw(k.ctx())
		k.must(err)
		k.link(syncer.Mark{Key: key("a")}, "x")
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Forget = true
		k.commit(r)
		k.must(k.Observe(k.ctx(), syncer.Observation{Since: since, Marks: []syncer.Mark{
			{Key: key("a"), Row: []byte(`{"a":1}`)}, {Key: key("b"), Row: []byte(`{"b":1}`)},
		}}))
		claims := k.claimAll(long)
		k.same("claimed", k.ids(claims), []string{"a", "b"})
		k.equal("rows", string(claims[0].Row)+string(claims[1].Row), `{"b":1}`)
	}},
	{"links are walked by when they were touched last, too", func(k *kit) {
		for _, id := range []string{"c", "a", "b"} {
			k.link(syncer.Mark{Key: key(id)}, "x"+id)
		}
		all, err := k.Recent(k.ctx(), "t", "f", 0, 1<<62, 10)
		k.must(err)
		k.equal("order", all[0].ID+all[1].ID+all[2].ID, "bac")
		some, err := k.Recent(k.ctx(), "t", "f", all[2].Touched, all[0].Touched, 10)
		k.must(err)
		k.equal("between", len(some) == 1 && some[0].ID == "a", true)
		counts, err := k.CountLinks(k.ctx(), "t", "f")
		k.must(err)
		k.equal("linked", counts[syncer.Linked], 3)
	}},
}
