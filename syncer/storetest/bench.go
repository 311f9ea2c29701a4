package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Benchmark measures marks and results with 1, 16 and 128 of them in a
// transaction. floor inserts as many plain rows in one transaction, in the same
// database; "x-floor" is how many times as long the store takes as it.
func Benchmark(b *testing.B, store syncer.Store, floor func(rows int) error) {
	made := 0
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("notify/%d", n), func(b *testing.B) {
			timed(b, n, floor, func() func() error {
				marks := make([]syncer.Mark, n)
				for i := range marks {
					made++
					marks[i] = syncer.Mark{Key: key(fmt.Sprint("bench ", made)), Evidence: []byte(`{"evidence":"of the change"}`)}
				}
				return func() error { return store.Notify(b.Context(), marks) }
			})
		})
		b.Run(fmt.Sprintf("claim/%d", n), func(b *testing.B) {
			timed(b, n, floor, func() func() error {
				return func() error {
					claims, _, err := store.Claim(b.Context(), syncer.ClaimRequest{N: n, Lease: -time.Second})
					if len(claims) != n {
						return errors.Join(err, errors.New("too few claims"))
					}
					return err
				}
			})
		})
		b.Run(fmt.Sprintf("commit/%d", n), func(b *testing.B) {
			timed(b, n, floor, func() func() error {
				marks := make([]syncer.Mark, n)
				for i := range marks {
					made++
					marks[i] = syncer.Mark{Key: key(fmt.Sprint("bench ", made))}
				}
				err := store.Notify(b.Context(), marks)
				claims, _, err2 := store.Claim(b.Context(), syncer.ClaimRequest{N: n, Lease: long})
				results := make([]syncer.Result, len(claims))
				for i, c := range claims {
					results[i] = linked(c, "target of "+c.ID)
				}
				return func() error { return errors.Join(append(store.Commit(b.Context(), results), err, err2)...) }
			})
		})
	}
}

// timed runs steps beside the floor.
func timed(b *testing.B, n int, floor func(int) error, prepare func() func() error) {
	var ours, least time.Duration
	steps := 0
	for b.Loop() {
		step := prepare()
		began := time.Now()
		err := step()
		between := time.Now()
		if err := errors.Join(err, floor(n)); err != nil {
			b.Fatal(err)
		}
		ours, least = ours+between.Sub(began), least+time.Since(between)
		steps++
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(steps*n)/ours.Seconds(), "rows/s")
	b.ReportMetric(ours.Seconds()/least.Seconds(), "x-floor")
}
