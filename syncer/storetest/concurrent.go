package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// concurrentChecks use one store from many goroutines, and through several
// handles where that is a feature.
var concurrentChecks = []check{
	{"no key ever has two holders, no wake-up is lost, and fences grow", func(k *kit) {
		newRace(k, 12).run(4, 6, 15)
	}},
	{"of many who link one target record, one does", func(k *kit) {
		const n = 12
		for i := range n {
			k.mark(syncer.Mark{Key: key(fmt.Sprint(i))})
		}
		claims := k.claimAll(long)
		refused := k.atOnce(n, func(store syncer.Store, i int) error {
			return store.Commit(k.ctx(), []syncer.Result{linked(claims[i], "same")})[0]
		}, syncer.ErrTargetTaken)
		k.equal("refused", refused, n-1)
	}},
	{"of many who took over one key, the last commits", func(k *kit) {
		const n = 12
		k.mark(syncer.Mark{Key: key("a")})
		claims := make([]syncer.Claim, n)
		k.atOnce(n, func(store syncer.Store, i int) error {
			got, _, err := store.Claim(k.ctx(), syncer.ClaimRequest{N: 1, Lease: -time.Second})
			if err == nil && len(got) != 1 {
				return errors.New("a lease that ran out was not claimed")
			}
			if err == nil {
				claims[i] = got[0]
			}
			return err
		}, nil)
		last := claims[0].Fence
		fences := map[int64]bool{}
		for _, c := range claims {
			last = max(last, c.Fence)
			fences[c.Fence] = true
		}
		k.equal("fences", len(fences), n)
		refused := k.atOnce(n, func(store syncer.Store, i int) error {
			err := store.Commit(k.ctx(), []syncer.Result{linked(claims[i], "x")})[0]
			if (err == nil) != (claims[i].Fence == last) {
				return fmt.Errorf("fence %d of %d: %w", claims[i].Fence, last, err)
			}
			return err
		}, syncer.ErrFenced)
		k.equal("refused", refused, n-1)
	}},
	{"the guard counts the removals of many at once", func(k *kit) {
		const n = 12
		for i := range n {
			k.link(syncer.Mark{Key: key(fmt.Sprint(i))}, fmt.Sprint(i))
		}
		for i := range n {
			k.mark(syncer.Mark{Key: key(fmt.Sprint(i))})
		}
		claims := k.claimAll(long)
		var allowed atomic.Int64
		k.atOnce(n, func(store syncer.Store, i int) error {
			ok, err := store.Leave(k.ctx(), syncer.LeaveRequest{
				Key: claims[i].Key, Fence: claims[i].Fence, Guard: syncer.Guard{Min: 5, Window: time.Hour},
			})
			if ok {
				allowed.Add(1)
			}
			return err
		}, nil)
		k.equal("allowed", allowed.Load(), int64(5))
	}},
	{"of many who bring one event, one marks", func(k *kit) {
		const n = 12
		k.atOnce(n, func(store syncer.Store, i int) error {
			return store.Notify(k.ctx(), []syncer.Mark{{Key: key(fmt.Sprint(i)), EventID: "e"}})
		}, nil)
		k.equal("marks", k.counts("f").Waiting, 1)
	}},
	{"of many children who park while their parent comes, none waits for ever", func(k *kit) {
		const n = 12
		k.mark(syncer.Mark{Key: key("a")})
		parent := linked(k.claim(), "x")
		parent.Children = []string{"child"}
		for i := range n {
			k.mark(syncer.Mark{Key: syncer.Key{Tenant: "t", Flow: "child", ID: fmt.Sprint(i)}, Parent: "a"})
		}
		claims := k.claimAll(long)
		k.atOnce(n+1, func(store syncer.Store, i int) error {
			if i == n {
				return store.Commit(k.ctx(), []syncer.Result{parent})[0]
			}
			r := result(claims[i])
			r.Next, r.Park = syncer.Parked, syncer.Park{Parent: key("a")}
			return store.Commit(k.ctx(), []syncer.Result{r})[0]
		}, nil)
		k.equal("marks", k.counts("child"), syncer.MarkCounts{Waiting: n})
	}},
	{"numbers are drawn once", func(k *kit) {
		var drawn sync.Map
		k.atOnce(60, func(store syncer.Store, _ int) error {
			number, err := store.Draw(k.ctx())
			if _, twice := drawn.LoadOrStore(number, true); twice {
				return fmt.Errorf("%d was drawn twice", number)
			}
			return err
		}, nil)
	}},
}

// atOnce calls f n times at once, on all handles in turn. It counts those that
// failed with the error that is expected of some.
func (k *kit) atOnce(n int, f func(syncer.Store, int) error, expected error) int {
	k.Helper()
	handles := k.handles()
	var start, done sync.WaitGroup
	start.Add(1)
	errs := make([]error, n)
	for i := range n {
		done.Go(func() {
			start.Wait()
			errs[i] = f(handles[i%len(handles)], i)
		})
	}
	start.Done()
	done.Wait()
	refused := 0
	for _, err := range errs {
		switch {
		case err == nil:
		case expected != nil && errors.Is(err, expected):
			refused++
		default:
			k.Error(err)
		}
	}
	return refused
}

// race is what many notifiers and workers do to a few keys at once.
type race struct {
	*kit
	notify  func(store syncer.Store, key syncer.Key) error
	records []record
	left    atomic.Int64 // notifiers that still run
}

// record is a record of a source, whose value only grows.
type record struct {
	value  atomic.Int64 // what the source has
	synced atomic.Int64 // what a worker saw last
	held   atomic.Bool
	fence  atomic.Int64
}

func newRace(k *kit, n int) *race {
	return &race{kit: k, records: make([]record, n), notify: func(store syncer.Store, key syncer.Key) error {
		return store.Notify(k.ctx(), []syncer.Mark{{Key: key}})
	}}
}

func (r *race) run(notifiers, workers, rounds int) {
	handles := r.handles()
	var running sync.WaitGroup
	r.left.Store(int64(notifiers))
	for i := range notifiers {
		running.Go(func() {
			defer r.left.Add(-1)
			for round := range rounds {
				if err := r.change(handles[(i+round)%len(handles)], (i+round*7)%len(r.records)); err != nil {
					r.Error(err)
				}
			}
		})
	}
	for i := range workers {
		running.Go(func() {
			for more := true; more; {
				var err error
				if more, err = r.work(handles[i%len(handles)]); err != nil {
					r.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	r.equal("marks", r.counts("f"), syncer.MarkCounts{})
	for i := range r.records {
		r.equal(fmt.Sprintf("record %d as synced", i), r.records[i].synced.Load(), r.records[i].value.Load())
	}
}

// change changes a record first, and notifies then.
func (r *race) change(store syncer.Store, i int) error {
	r.records[i].value.Add(1)
	return r.notify(store, key(fmt.Sprint(i)))
}

// work works on up to three keys. It reports whether there may be more to do.
func (r *race) work(store syncer.Store) (more bool, err error) {
	last := r.left.Load() == 0
	claims, _, err := store.Claim(r.ctx(), syncer.ClaimRequest{N: 3, Lease: long})
	if err != nil {
		return false, err
	}
	results := make([]syncer.Result, len(claims))
	for n, c := range claims {
		var i int
		if _, err := fmt.Sscan(c.ID, &i); err != nil {
			return false, err
		}
		record := &r.records[i]
		if record.held.Swap(true) {
			return false, fmt.Errorf("%v has two holders", c.Key)
		}
		if before := record.fence.Swap(c.Fence); c.Fence <= before {
			return false, fmt.Errorf("the fence of %v went from %d to %d", c.Key, before, c.Fence)
		}
		record.synced.Store(record.value.Load())
		results[n] = result(c)
		record.held.Store(false)
	}
	return len(claims) > 0 || !last, errors.Join(store.Commit(r.ctx(), results)...)
}
