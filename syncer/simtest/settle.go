package simtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

const (
	// settling is enough for every pause, retry and sweep.
	settling = 16 * time.Minute
	// watching is enough for one more sweep of each kind.
	watching = 6 * time.Minute
)

// settle stops the faults, gives the engine time, and checks the promises.
func (s *Sim) settle() {
	if s.broken != nil {
		return
	}
	s.note("-- the faults stop")
	s.calm = true
	s.restart()
	s.backfill(syncer.ErrPaused)
	s.pause(settling)
	s.check()
	if s.broken != nil {
		return
	}
	s.note("-- steady")
	writes := s.writes()
	s.pause(watching)
	s.restart()
	s.backfill()
	s.pause(time.Minute)
	if now := s.writes(); now != writes {
		s.fail("P5: %d writes in a steady state", now-writes)
	}
}

func (s *Sim) backfill(allowed ...error) {
	if s.world.NoBackfill {
		return
	}
	s.await("Backfill", func(p *Process) error {
		_, err := p.engine.Backfill(p.ctx)
		return err
	}, allowed...)
}

// restart stops all processes and starts them again.
func (s *Sim) restart() {
	for _, p := range s.live() {
		p.stop()
	}
	s.pause(4 * s.lease)
	if n := len(s.live()); n > 0 {
		s.fail("%d processes don't stop", n)
	}
	s.revive()
}

// await makes a call of the first process's engine and drives until it returns.
func (s *Sim) await(what string, f func(*Process) error, allowed ...error) {
	live := s.live()
	if s.broken != nil || len(live) == 0 {
		return
	}
	done := make(chan struct{})
	var err error
	s.group.Go(func() {
		err = f(live[0])
		close(done)
	})
	s.drive(time.Now().Add(time.Hour), done)
	switch {
	case s.broken != nil:
	case !closed(done):
		s.fail("P1: %s does not return", what)
	case err != nil:
		for _, other := range allowed {
			if errors.Is(err, other) {
				s.note("%s: %v", what, err)
				return
			}
		}
		s.fail("P1: %s: %w", what, err)
	}
}

func (s *Sim) writes() int {
	n := 0
	for _, system := range s.world.Systems {
		n += system.wrote()
	}
	return n
}

// check asks whether the promises were kept.
func (s *Sim) check() {
	s.readLog()
	for _, system := range s.world.Systems {
		if err := system.settled(s); err != nil {
			s.fail("%w", err)
		}
	}
	if !s.world.Unsettled {
		s.await("Verify", s.verify)
	}
	if s.world.Check != nil {
		s.await("Check", func(p *Process) error { return s.world.Check(p.ctx, p.engine) })
	}
	s.checkLog()
}

// verify asks the engine itself. What a system explains is left out: it is
// checked there.
func (s *Sim) verify(p *Process) error {
	verification, err := p.engine.Verify(p.ctx)
	if err != nil {
		return err
	}
	for name, flow := range verification.Flows {
		for _, difference := range flow.Differences {
			if !s.explained(name, difference) {
				return fmt.Errorf("flow %s, key %s, record %s: %s %v", name, difference.Key.ID, difference.Target, difference.What, difference.Fields)
			}
		}
	}
	return nil
}

func (s *Sim) explained(flow string, d syncer.Difference) bool {
	for _, system := range s.world.Systems {
		if explains, ok := system.(interface {
			explains(string, syncer.Difference) bool
		}); ok && explains.explains(flow, d) {
			return true
		}
	}
	return false
}

// readLog reads what the engine says that it did.
func (s *Sim) readLog() {
	s.last, s.adopted, s.logged = map[syncer.Key]time.Time{}, map[syncer.Key]bool{}, map[syncer.Key]int{}
	for after := int64(0); ; {
		events, err := s.store.Events(context.Background(), syncer.EventQuery{After: after, Limit: 1000})
		if err != nil {
			s.fail("read the log: %w", err)
			return
		}
		for _, event := range events {
			s.last[event.Key], after = event.Time, event.Number
			switch event.Action {
			case syncer.Created:
				s.logged[event.Key]++
			case syncer.Adopted:
				s.adopted[event.Key] = true
			case syncer.DeadLetter:
				if event.Kind == syncer.KindAccount.String() || event.Kind == syncer.KindPace.String() {
					s.fail("P8: %s is a dead letter, although nothing is wrong with it: %s", event.Key, event.Error)
				}
			default:
			}
		}
		if len(events) < 1000 {
			return
		}
	}
}

// checkLog asks whether the log knows what became of each key to which something
// happened (P3, P8).
func (s *Sim) checkLog() {
	for _, key := range s.keys() {
		switch {
		case s.last[key].Before(s.notified[key]) && !s.parked(key):
			s.fail("P3: something happened to %s, and the log does not say what became of it", key)
		case s.logged[key] > s.creates[key]:
			s.fail("P8: %s was created %d times by the log, %d times at the target", key, s.logged[key], s.creates[key])
		}
	}
}

// parked reports whether a key still waits for something: the log says so.
func (s *Sim) parked(key syncer.Key) bool {
	marks, err := s.store.Marks(context.Background(), syncer.MarkQuery{
		Tenant: key.Tenant, Flow: key.Flow, IDs: []string{key.ID}, Status: syncer.MarkParked,
	})
	return err == nil && len(marks) == 1
}
