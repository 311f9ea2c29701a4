package syncer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

// The bugs that the simulation found in leases; see seeds_child_test.go.

// lateStore is a store whose answers to some calls come late.
type lateStore struct {
	syncer.Store
	claim, extend []time.Duration // of each call, the first ones
	until         time.Time       // when the lease that was granted last ends
}

func late(delays *[]time.Duration) {
	if len(*delays) > 0 {
		d := (*delays)[0]
		*delays = (*delays)[1:]
		stall(d)
	}
}

func (s *lateStore) Claim(ctx context.Context, request syncer.ClaimRequest) ([]syncer.Claim, time.Duration, error) {
	claims, idle, err := s.Store.Claim(ctx, request)
	if len(claims) > 0 {
		s.until = time.Now().Add(request.Lease)
		late(&s.claim)
	}
	return claims, idle, err
}

func (s *lateStore) Extend(ctx context.Context, leases []syncer.Lease, d time.Duration) []error {
	errs := s.Store.Extend(ctx, leases, d)
	s.until = time.Now().Add(d)
	late(&s.extend)
	return errs
}

// seeds 4305 (the claim), 30774 (its extension)
func TestALeaseBeginsWhenItIsGrantedNotWhenThatIsHeard(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]lateStore{
		"the claim":         {claim: []time.Duration{50 * time.Second}},
		"the extension too": {claim: []time.Duration{50 * time.Second}, extend: []time.Duration{50 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.config.Lease, w.config.RequestTimeout, w.config.Workers = minute, 30*time.Second, 1
				slow.Store = w.store
				w.store = &slow
				w.restart(t)
				w.people.put(person{ID: "a", Name: "Ann"})
				writes := 0
				w.cards.fail = func(string) error {
					writes++
					assert.GreaterOrEqual(t, time.Until(slow.until), w.config.RequestTimeout, "P6: sent only if its deadline ends before its lease")
					return nil
				}
				w.running(t, func() {
					w.hint(t, "people", syncer.Change{Ref: syncer.Ref{ID: "a"}})
					elapse(5 * time.Minute)
				})
				require.Equal(t, 1, writes)
			})
		})
	}
}
