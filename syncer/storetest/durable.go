package storetest

import (
	"errors"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// durableChecks are for stores whose data can be opened again.
var durableChecks = []check{
	{"what was acknowledged is there when the store is opened again", func(k *kit) {
		k.link(syncer.Mark{Key: key("a"), EventID: "e"}, "x")
		k.mark(syncer.Mark{Key: key("a")})
		held := k.claim()
		k.mark(syncer.Mark{Key: key("b"), Evidence: []byte("e")})
		state := k.begin(full())
		state.Cursor, state.Watermark = "c", "w"
		k.must(k.Observe(k.ctx(), syncer.Observation{SweepID: full(), State: state, Lease: long}))
		k.reopen()
		stored, err := k.Sweep(k.ctx(), full())
		k.must(err)
		k.equal("sweep", stored.Cursor+stored.Watermark, "cw")
		_, err = k.BeginSweep(k.ctx(), full(), long)
		k.refused(err, syncer.ErrSweeping)
		k.mark(syncer.Mark{Key: key("c"), EventID: "e"}) // known
		c := k.claim()
		k.equal("claimed", c.ID+string(c.Evidence), "be")
		k.commit(result(held)) // a lease outlives the process
		k.equal("marks", k.counts("f"), syncer.MarkCounts{Claimed: 1})
		events, err := k.Events(k.ctx(), syncer.EventQuery{})
		k.must(err)
		k.equal("rows of the log", len(events), 2)
	}},
	{"numbers grow when the store is opened again, and start past the clock", func(k *kit) {
		before, err := k.Draw(k.ctx())
		k.must(err)
		opened := time.Now().Add(-time.Second) // the store's clock may be another machine's
		k.reopen()
		after, err := k.Draw(k.ctx())
		k.must(err)
		if after <= before || after < opened.UnixMicro() {
			k.Errorf("%d, then %d at %d", before, after, opened.UnixMicro())
		}
	}},
	{"a closed store says so", func(k *kit) {
		store := k.again()
		k.must(store.Close())
		k.must(store.Close())
		_, _, claim := store.Claim(k.ctx(), syncer.ClaimRequest{N: 1, Lease: long})
		_, links := store.Links(k.ctx(), "t", "f", []string{"a"})
		for _, err := range []error{
			claim, links, store.Notify(k.ctx(), []syncer.Mark{{Key: key("a")}}),
			store.Commit(k.ctx(), []syncer.Result{{Key: key("a")}})[0],
		} {
			if !errors.Is(err, syncer.ErrStoreClosed) {
				k.Errorf("got the error %v, want %v", err, syncer.ErrStoreClosed)
			}
		}
	}},
}

// reopen closes the store and opens its data again.
func (k *kit) reopen() {
	k.Helper()
	k.must(k.Close())
	k.Store = k.again()
}
