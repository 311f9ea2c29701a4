package simtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Tenant is the id of the tenant that a simulation serves.
const Tenant = "simulated"

// World is what a simulation drives.
type World struct {
	// Flows makes the flows of one process, from what all processes share. Sources
	// and targets of them are wrapped with Source and Target: their calls go through
	// the gate.
	Flows func(*Process) []syncer.Flow
	// Systems take part in the history: see NewRecords and NewMirror. More actions
	// and checks of your own are Actions and Check.
	Systems []System
	Actions []Action
	// Check is called when everything has settled. An error fails the simulation.
	Check func(ctx context.Context, engine *syncer.Engine) error
	// Faults are what may go wrong.
	Faults Faults
	// Processes is how many processes share the store. The default is 1.
	Processes int
	// Length is how many actions the history has. The default is 40.
	Length int
	// Mappings says that the mapping changes now and then: see Process.Mapping.
	Mappings bool
	// Lease is the engine's; the request time-out is three quarters of it. The
	// default is 20 seconds.
	Lease time.Duration
	// Config changes the engine's configuration. May be nil.
	Config func(*syncer.Config)
	// NoBackfill says that nothing is compared as a whole: what webhooks and sweeps
	// bring is to suffice.
	NoBackfill bool
	// Unsettled says that the sides need not be in step in the end: Check decides.
	Unsettled bool
}

// System is one side in memory: see NewRecords and NewMirror.
type System interface {
	actions(*Sim) []Action
	settled(*Sim) error
	wrote() int
}

// Action is something that happens in a history.
type Action struct {
	Name string
	// Weight says how often it happens, compared with the others.
	Weight int
	// Do does it, and says in a few words what it did. It must not block.
	Do func(r *rand.Rand) string
}

// Sim is one run of a history.
type Sim struct {
	seed  uint64
	plan  plan
	world World
	lease time.Duration

	gate      *gate
	store     syncer.Store
	group     sync.WaitGroup
	processes map[string]*Process
	starts    map[string]int
	creates   map[syncer.Key]int
	doubted   map[syncer.Key]bool // keys of which a write may have happened, unknown to the engine
	// What the log says: when a key had its last row, whether it was adopted, and
	// how often it was created.
	last     map[syncer.Key]time.Time
	adopted  map[syncer.Key]bool
	logged   map[syncer.Key]int
	broke    map[string]outage // by the beginning of a call's name
	mapping  int
	steps    int
	seen     map[string]int // how often a label came
	faulted  []string
	happened []int // actions
	calm     bool
	over     bool       // nothing is delivered any more
	logMu    sync.Mutex // guards log: the race detector saw two writers
	log      []string
	broken   error
	events   int

	mu       sync.Mutex
	bodies   map[string]string        // by idempotency key
	notified map[syncer.Key]time.Time // when it was notified last, of what was acknowledged
	leases   map[syncer.Key]leased    // the last ones
}

func newSim(seed uint64, p plan) *Sim {
	return &Sim{
		seed: seed, plan: p, processes: map[string]*Process{}, starts: map[string]int{}, seen: map[string]int{},
		notified: map[syncer.Key]time.Time{}, creates: map[syncer.Key]int{}, bodies: map[string]string{}, doubted: map[syncer.Key]bool{},
		broke: map[string]outage{}, leases: map[syncer.Key]leased{},
	}
}

// note adds a line to the log.
func (s *Sim) note(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	s.logMu.Lock()
	defer s.logMu.Unlock()
	s.log = append(s.log, fmt.Sprintf("%12.6f %s", time.Since(epoch).Seconds(), line))
}

// epoch is when virtual time begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// fail notes that a promise is broken. The first one counts.
func (s *Sim) fail(format string, args ...any) {
	if s.broken == nil {
		s.broken = fmt.Errorf(format, args...)
		s.note("BROKEN: %v", s.broken)
	}
}

// Fail says that a promise is broken. A system of your own calls it when it sees
// what must not be.
func (s *Sim) Fail(format string, args ...any) { s.fail(format, args...) }

// Calm reports whether faults have stopped.
func (s *Sim) Calm() bool { return s.calm }

// pass waits at the gate for something that belongs to no process.
func (s *Sim) pass(label string) { <-s.gate.enter(label, inside).open }

// drive lets calls go on, one at a time, until the time has come or done is
// closed.
func (s *Sim) drive(until time.Time, done <-chan struct{}) {
	for s.broken == nil {
		synctest.Wait()
		if labels := s.gate.labels(); len(labels) > 0 {
			s.step(labels)
			continue
		}
		timer := time.NewTimer(time.Until(until))
		select {
		case <-done:
			timer.Stop()
			return
		case <-s.gate.arrived:
			timer.Stop()
		case <-timer.C:
			return
		}
	}
}

// step lets one call go on: the one whose draw is the smallest.
func (s *Sim) step(labels []string) {
	chosen, smallest := "", ^uint64(0)
	for _, label := range labels {
		if draw := s.draws("turn of " + name(label, s.seen[label])).Uint64(); draw <= smallest {
			chosen, smallest = label, draw
		}
	}
	if s.plan.orderly {
		chosen = labels[0]
	}
	id := name(chosen, s.seen[chosen])
	s.seen[chosen]++
	s.steps++
	if s.steps > maxSteps {
		s.fail("P1: after %d calls it goes on and on", s.steps)
		return
	}
	for _, w := range s.gate.take(chosen) {
		w.open <- s.judge(id, w.kind)
		synctest.Wait()
	}
}

// maxSteps is how many calls a run may have.
const maxSteps = 200_000

func name(label string, n int) string { return fmt.Sprintf("%s #%d", label, n) }

// pause lets time pass.
func (s *Sim) pause(d time.Duration) { s.drive(time.Now().Add(d), nil) }

// run makes the whole run.
func (s *Sim) run(setup func(*Sim) World) {
	s.gate = newGate()
	s.world = setup(s)
	s.world.Processes = max(1, s.world.Processes)
	if s.world.Length == 0 {
		s.world.Length = 40
	}
	if s.lease = s.world.Lease; s.lease == 0 {
		s.lease = 20 * time.Second
	}
	s.store = syncer.NewMemoryStore()
	for i := range s.world.Processes {
		s.start(processName(i))
	}
	s.history()
	s.settle()
	s.end()
}

func processName(i int) string { return fmt.Sprintf("e%d", i+1) }

// live are the processes that run, in order.
func (s *Sim) live() []*Process {
	var live []*Process
	for i := range s.world.Processes {
		if p := s.processes[processName(i)]; p != nil && !closed(p.ended) && !p.died() {
			live = append(live, p)
		}
	}
	return live
}

// revive starts what has ended, after a while.
func (s *Sim) revive() {
	for i := range s.world.Processes {
		if name := processName(i); closed(s.processes[name].ended) && s.broken == nil {
			s.start(name)
		}
	}
}

// end stops everything, and drives until it has stopped.
func (s *Sim) end() {
	for _, p := range s.live() {
		p.kill()
	}
	s.calm, s.over = true, true
	done := make(chan struct{})
	go func() {
		s.group.Wait()
		close(done)
	}()
	for !closed(done) {
		synctest.Wait()
		if labels := s.gate.labels(); len(labels) > 0 {
			for _, w := range s.gate.take(labels[0]) {
				w.open <- verdict{}
			}
			continue
		}
		select {
		case <-done:
		case <-s.gate.arrived:
		}
	}
}

// text is what happened, line by line.
func (s *Sim) text() string { return strings.Join(s.log, "\n") + "\n" }

// created counts a create at the target.
func (s *Sim) created(key syncer.Key) { s.creates[key]++ }

// keyed notes for what an idempotency key is sent: it must not be used for
// anything else.
func (s *Sim) keyed(key, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, again := s.bodies[key]; key != "" && again && before != body {
		s.fail("P2: an idempotency key is used for another body")
	}
	s.bodies[key] = body
}

// Rand is randomness of the seed, for a world that differs from seed to seed.
func (s *Sim) Rand() *rand.Rand { return s.draws("world") }
