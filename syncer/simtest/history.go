package simtest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// history lets the actions happen, with the engine at work. What an action does
// depends on its number and on what there is, so that any of them can be left
// out.
func (s *Sim) history() {
	actions := s.actions()
	total := 0
	for _, action := range actions {
		total += action.Weight
	}
	for i := range s.world.Length {
		r := s.draws(fmt.Sprintf("action %d", i))
		gap, roll := gapOf(r), r.IntN(total)
		if s.plan.leaves(i) {
			continue
		}
		s.pause(gap)
		if s.broken != nil {
			return
		}
		for _, action := range actions {
			if roll -= action.Weight; roll < 0 {
				if did := action.Do(r); did != "" {
					s.happened = append(s.happened, i)
					s.note("-- %d %s: %s", i, action.Name, did)
				}
				break
			}
		}
	}
	s.pause(time.Second)
}

// gapOf is the time until an action: mostly short, now and then long enough for
// sweeps.
func gapOf(r *rand.Rand) time.Duration {
	d := time.Duration(1 + r.Int64N(int64(time.Second)))
	switch r.IntN(20) {
	case 0:
		return d * 300
	case 1, 2, 3, 4:
		return d * 20
	default:
		return d / 2
	}
}

// actions are all that can happen.
func (s *Sim) actions() []Action {
	all := append([]Action{
		{"the processes that ended start again", 6, s.startAgain},
		{"a process is stopped", 1, s.stopOne},
		{"somebody asks for a key", 1, s.syncOne},
	}, s.world.Actions...)
	if s.world.Faults.Crash > 0 {
		all = append(all, Action{"a process is killed", 1, s.killOne})
	}
	if s.world.Faults.Outages {
		all = append(all, Action{"a side breaks", 2, s.breakSide})
	}
	if s.world.Mappings {
		all = append(all, Action{"the mapping changes", 1, s.remap})
	}
	for _, system := range s.world.Systems {
		all = append(all, system.actions(s)...)
	}
	return all
}

func (s *Sim) startAgain(*rand.Rand) string {
	if len(s.live()) == s.world.Processes {
		return ""
	}
	s.revive()
	return "started"
}

// one is one of the processes that run; nil if none does.
func (s *Sim) one(r *rand.Rand) *Process {
	n := r.IntN(1 << 20)
	if live := s.live(); len(live) > 0 {
		return live[n%len(live)]
	}
	return nil
}

func (s *Sim) stopOne(r *rand.Rand) string {
	p := s.one(r)
	if p == nil {
		return ""
	}
	p.stop()
	return p.name
}

func (s *Sim) killOne(r *rand.Rand) string {
	p := s.one(r)
	if p == nil {
		return ""
	}
	p.kill()
	return p.name
}

// remap gives the processes another mapping: they are stopped and start with it.
func (s *Sim) remap(*rand.Rand) string {
	s.mapping++
	for _, p := range s.live() {
		p.stop()
	}
	return fmt.Sprintf("mapping %d", s.mapping)
}

// syncOne asks for one key.
func (s *Sim) syncOne(r *rand.Rand) string {
	p := s.one(r)
	key, known := s.anyKey(r)
	if p == nil || !known {
		return ""
	}
	s.group.Go(func() {
		_, _ = p.engine.Sync(p.ctx, key) // what came of it, the end shows
	})
	return key.String()
}

// anyKey is a key that was notified.
func (s *Sim) anyKey(r *rand.Rand) (syncer.Key, bool) {
	n := r.IntN(1 << 20)
	if keys := s.keys(); len(keys) > 0 {
		return keys[n%len(keys)], true
	}
	return syncer.Key{}, false
}

// keys are those that were notified, in order.
func (s *Sim) keys() []syncer.Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.notified), func(a, b syncer.Key) int { return strings.Compare(a.String(), b.String()) })
}

// Deliveries says what becomes of webhooks: each is the probability for one.
// Those that a process does not acknowledge are delivered again.
type Deliveries struct {
	// Lost ones never come, Doubled ones come twice, Delayed ones come late, and so
	// in another order. If none is lost, none is given up either.
	Lost, Doubled, Delayed float64
}

// deliver delivers a change by webhook, with an id of its own.
func (s *Sim) deliver(d Deliveries, name string, notify func(ctx context.Context, e *syncer.Engine, id string) (syncer.Key, error)) {
	s.events++
	id := fmt.Sprintf("event %d of %s", s.events, name)
	r := s.draws(id)
	if r.Float64() < d.Lost {
		return
	}
	times := 1
	if r.Float64() < d.Doubled {
		times = 2
	}
	sent := &webhook{id: id, notify: notify, tries: 8}
	if d.Lost == 0 {
		sent.tries = 1000
	}
	for range times {
		delay := time.Duration(1 + r.Int64N(int64(300*time.Millisecond)))
		if r.Float64() < d.Delayed {
			delay *= time.Duration(1 + r.IntN(400))
		}
		s.group.Go(func() { s.attempt(sent, delay) })
	}
}

// webhook is one delivery, with the time at which it was first tried.
type webhook struct {
	id     string
	notify func(ctx context.Context, e *syncer.Engine, id string) (syncer.Key, error)
	first  time.Time
	tries  int
}

// attempt delivers a webhook until it is acknowledged, or until its sender gives
// up.
func (s *Sim) attempt(w *webhook, delay time.Duration) {
	for range w.tries {
		if s.over {
			return
		}
		<-time.After(delay)
		s.pass("delivery of " + w.id)
		if live := s.live(); len(live) > 0 && s.broken == nil {
			if w.first.IsZero() {
				w.first = time.Now()
			}
			key, err := w.notify(context.Background(), live[len(w.id)%len(live)].engine, w.id)
			if err == nil {
				s.acknowledged(key, w.first)
				return
			}
		}
		delay = min(delay*2+time.Second, time.Minute)
	}
}

// acknowledged notes that a key was marked: what became of it has to be in the
// log.
func (s *Sim) acknowledged(key syncer.Key, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key.ID != "" && at.After(s.notified[key]) {
		s.notified[key] = at
	}
}
