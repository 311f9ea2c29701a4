package simtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Process is one process with an engine. It dies and is started again; several
// share one store.
type Process struct {
	sim     *Sim
	name    string
	mapping int
	engine  *syncer.Engine
	ctx     context.Context
	stop    context.CancelFunc
	once    sync.Once
	dead    chan struct{} // closed when the process is killed
	ended   chan struct{} // closed when Run has returned
}

// Mapping is the number of the mapping that the process runs with: it grows when
// the mapping is changed. Worlds that have one mapping don't look at it.
func (p *Process) Mapping() int { return p.mapping }

// callKind says what is called.
type callKind uint8

const (
	store callKind = iota
	network
	inside // no call: an answer that is there, or an effect that is due
)

// start starts a process. Its engine works until it dies or is stopped.
func (s *Sim) start(name string) {
	s.starts[name]++
	p := &Process{sim: s, name: fmt.Sprintf("%s.%d", name, s.starts[name]), mapping: s.mapping, dead: make(chan struct{}), ended: make(chan struct{})}
	s.processes[name] = p
	config := syncer.Config{
		Tenants: syncer.One(Tenant, s.world.Flows(p)...),
		Store:   gatedStore{Store: s.store, p: p},
		Logger:  slog.New(slog.DiscardHandler),
		Workers: 8, Lease: s.lease, RequestTimeout: s.lease * 3 / 4,
		RetryMax: 20 * time.Second,
		Changes:  syncer.Every(time.Minute), Sweep: syncer.Every(4 * time.Minute), TargetSweep: syncer.Every(5 * time.Minute),
		Rand: s.draws("jitter of " + p.name),
	}
	if s.world.Config != nil {
		s.world.Config(&config)
	}
	engine, err := syncer.New(config)
	if err != nil {
		s.fail("the engine can't be made: %v", err)
		return
	}
	p.engine = engine
	p.ctx, p.stop = context.WithCancel(context.Background())
	s.note("%s starts, mapping %d", p.name, p.mapping)
	s.group.Go(func() {
		err := engine.Run(p.ctx)
		p.stop()
		if err != nil && !errors.Is(err, errDisk) && !p.died() {
			s.fail("%s: Run: %w", p.name, err)
		}
		close(p.ended)
		s.gate.ring()
	})
}

// kill ends the process at once: no call of it takes effect any more.
func (p *Process) kill() {
	p.once.Do(func() { close(p.dead) })
	p.stop()
}

func (p *Process) died() bool { return closed(p.dead) }

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// call makes one call through the gate. The effect happens while nothing else
// runs.
func (p *Process) call(ctx context.Context, kind callKind, label string, effect func() (string, error)) error {
	side := label
	label = p.name + " " + label
	v, alive := p.pass(label, kind)
	if !alive {
		return errDied
	}
	if v.late > 0 {
		p.sim.note("%s comes late", label)
		if !p.sleep(ctx, v.late) && kind == network && v.flies {
			// The request is on its way, and arrives.
			p.sim.group.Go(func() {
				p.sim.pass(label + " arrives anyway")
				_, _ = effect() // nobody hears the answer
			})
		}
		if _, alive := p.pass(label+", late", inside); !alive {
			return errDied
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.sim.out(side); err != nil && kind == network {
		p.sim.note("%s: %v", label, err)
		return err
	}
	switch v.fault {
	case faultBefore:
		p.sim.note("%s%s", label, faultNames[v.fault])
		return v.err
	case faultCrashBefore:
		p.sim.note("%s%s", label, faultNames[v.fault])
		p.kill()
		return errDied
	case faultNone, faultAfter, faultCrashAfter:
	}
	said, err := effect()
	if said != "" || err != nil || v.fault != faultNone {
		if err != nil {
			said = fmt.Sprintf("%s: %v", said, err)
		}
		p.sim.note("%s %s%s", label, said, faultNames[v.fault])
	}
	switch v.fault {
	case faultCrashAfter:
		p.kill()
		return errDied
	case faultAfter:
		if err == nil {
			err = v.err
		}
	case faultNone, faultBefore, faultCrashBefore:
	}
	if v.latency == 0 {
		return err
	}
	p.sleep(ctx, v.latency)
	if _, alive := p.pass(label+" answers", inside); !alive {
		return errDied
	}
	if ctx.Err() != nil {
		p.sim.note("%s: nobody waits for the answer", label)
		return ctx.Err()
	}
	return err
}

// pass waits at the gate, as long as the process lives.
func (p *Process) pass(label string, kind callKind) (v verdict, alive bool) {
	if p.died() {
		return verdict{}, false
	}
	w := p.sim.gate.enter(label, kind)
	select {
	case v := <-w.open:
		return v, !p.died()
	case <-p.dead:
		p.sim.gate.leave(w)
		return verdict{}, false
	}
}

// sleep waits. It reports whether the process lived on.
func (p *Process) sleep(ctx context.Context, d time.Duration) (lives bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-p.dead:
		return false
	}
	return true
}
