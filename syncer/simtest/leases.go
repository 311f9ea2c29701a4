package simtest

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// leased says who has a key, and until when.
type leased struct {
	by    *Process
	until time.Time
}

// granted notes that a process has a key from now on, by the store's clock.
func (s *Sim) granted(key syncer.Key, by *Process, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[key] = leased{by, time.Now().Add(d)}
}

// sent asks whether a create is sent under a lease that ends after the request has
// (P6): so it never takes effect when somebody else has the key.
func (s *Sim) sent(ctx context.Context, by *Process, key syncer.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline, set := ctx.Deadline()
	if has := s.leases[key]; !set || has.by != by || deadline.After(has.until) {
		s.fail("P6: the create for %s may outlive its lease", key)
	}
}
