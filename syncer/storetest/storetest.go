// Package storetest checks a syncer.Store against its contract. An
// implementation calls it from its own tests:
//
//	func TestStore(t *testing.T) {
//		dir := t.TempDir()
//		storetest.Run(t, storetest.Features{Durable: true}, func(t *testing.T, data string) syncer.Store {
//			return open(t, filepath.Join(dir, data))
//		})
//	}
//
// The names of the tests are sentences of the contract.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Features are what a store promises beyond what all promise.
type Features struct {
	// Durable: what a store acknowledged is there when it is opened again.
	Durable bool
	// Processes: the same data may be open several times at once, as it is by
	// several processes.
	Processes bool
}

// Open opens a store on the data with this name, which is empty the first time.
// A name has lower-case letters, digits and underscores, and is unique in the
// process. Without Durable or Processes, Run opens each name once.
type Open func(t *testing.T, data string) syncer.Store

// Run runs all checks that the features ask for, and closes what it opens.
func Run(t *testing.T, features Features, open Open) {
	run := func(sentence string, check func(*kit)) {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			k := &kit{T: t, features: features, data: newData(), open: open}
			k.Store = k.again()
			check(k)
			if err := k.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	for _, list := range [][]check{
		markChecks, batchChecks, parkChecks, sweepChecks, logChecks, budgetChecks, valueChecks, concurrentChecks,
	} {
		for _, c := range list {
			run(c.sentence, c.check)
		}
	}
	if features.Durable {
		for _, c := range durableChecks {
			run(c.sentence, c.check)
		}
	}
	for seed := range uint64(seeds) {
		run(fmt.Sprintf("a random history has the same answers as the store in memory (seed %d)", seed), func(k *kit) {
			history(k, seed)
		})
	}
}

// check is a sentence of the contract, and what holds it.
type check struct {
	sentence string
	check    func(*kit)
}

var datas atomic.Int64

func newData() string { return fmt.Sprintf("check_%d", datas.Add(1)) }

// long is a lease that no check outlives.
const long = time.Hour

// kit is what a check works with.
type kit struct {
	*testing.T
	syncer.Store
	features Features
	data     string
	open     Open
}

// again opens the check's data once more.
func (k *kit) again() syncer.Store {
	k.Helper()
	return k.open(k.T, k.data)
}

// handles are several stores on the check's data, or the one that there is.
func (k *kit) handles() []syncer.Store {
	k.Helper()
	handles := []syncer.Store{k.Store}
	for k.features.Processes && len(handles) < 3 {
		store := k.again()
		k.Cleanup(func() { _ = store.Close() })
		handles = append(handles, store)
	}
	return handles
}

func (k *kit) ctx() context.Context { return k.Context() }

func key(id string) syncer.Key { return syncer.Key{Tenant: "t", Flow: "f", ID: id} }

// theChild is the key of a record of another flow.
func theChild() syncer.Key { return syncer.Key{Tenant: "t", Flow: "child", ID: "c"} }

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kit) equal(what string, got, want any) {
	k.Helper()
	if got != want {
		k.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (k *kit) mark(marks ...syncer.Mark) {
	k.Helper()
	k.must(k.Notify(k.ctx(), marks))
}

func (k *kit) claimAll(lease time.Duration, skip ...syncer.Skip) []syncer.Claim {
	k.Helper()
	claims, _, err := k.Claim(k.ctx(), syncer.ClaimRequest{
		N: 100, Lease: lease, Parents: map[string]string{"child": "f"}, Skip: skip,
	})
	k.must(err)
	return claims
}

func (k *kit) ids(claims []syncer.Claim) []string {
	var ids []string
	for _, claim := range claims {
		ids = append(ids, claim.ID)
	}
	return ids
}

// claim claims the one mark that there is.
func (k *kit) claim() syncer.Claim {
	k.Helper()
	claims := k.claimAll(long)
	if len(claims) != 1 {
		k.Fatalf("claimed %v, want one", k.ids(claims))
	}
	return claims[0]
}

func (k *kit) markOf(flow, id string) syncer.StoredMark {
	k.Helper()
	marks, err := k.Marks(k.ctx(), syncer.MarkQuery{Tenant: "t", Flow: flow, IDs: []string{id}})
	k.must(err)
	if len(marks) != 1 {
		k.Fatalf("the key %s has %d marks", id, len(marks))
	}
	return marks[0]
}

// park parks the one mark that there is under a record of the target.
func (k *kit) park(mark syncer.Mark, park syncer.Park) {
	k.Helper()
	k.mark(mark)
	r := result(k.claim())
	r.Next, r.Park = syncer.Parked, park
	k.commit(r)
}

func result(c syncer.Claim) syncer.Result {
	return syncer.Result{
		Key: c.Key, Number: c.Number, Fence: c.Fence,
		Event: syncer.Event{Key: c.Key, Action: syncer.Updated, Fields: []string{"name"}},
	}
}

// resultAgain is a result for another claim of the same key.
func resultAgain(r syncer.Result, c syncer.Claim) syncer.Result {
	r.Number, r.Fence = c.Number, c.Fence
	return r
}

func linked(c syncer.Claim, target string) syncer.Result {
	r := result(c)
	r.Link = &syncer.Link{
		Key: c.Key, State: syncer.Linked, Parent: c.Parent, Target: syncer.Ref{ID: target},
		Base: syncer.Base{
			Source: []byte(`{"a":1}`), Sent: syncer.Fields{"a": []byte("1")},
			Answered: syncer.Fields{"a": []byte("2")}, Restored: syncer.Fields{"a": []byte("3")}, Version: "v", Mapping: "m",
		},
	}
	return r
}

func (k *kit) commit(r syncer.Result) {
	k.Helper()
	k.must(k.Commit(k.ctx(), []syncer.Result{r})[0])
}

// link makes a key linked.
func (k *kit) link(mark syncer.Mark, target string) {
	k.Helper()
	k.mark(mark)
	k.commit(linked(k.claim(), target))
}

func (k *kit) counts(flow string) syncer.MarkCounts {
	k.Helper()
	counts, err := k.Counts(k.ctx(), "t", flow)
	k.must(err)
	return counts[flow]
}

func (k *kit) refused(err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Errorf("got the error %v, want %v", err, want)
	}
}

func (k *kit) same(what string, got, want []string) {
	k.Helper()
	if !slices.Equal(got, want) {
		k.Errorf("%s: got %v, want %v", what, got, want)
	}
}
