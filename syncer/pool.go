package syncer

import (
	"context"
	"maps"
	"sync"
	"time"
)

// pool claims marks and works on them, as long as anybody needs it: Run for
// all its time, Backfill and Sync for theirs.
type pool struct {
	engine *Engine

	life  lock // guards users and stop, and is held while the pool stops
	users int
	stop  func()

	mu    sync.Mutex // guards what follows
	end   *failure
	idle  chan struct{} // closed, and made anew, when there was nothing to claim
	woken chan struct{} // holds one wake-up
}

// failure is why the pool stopped: the store does not work.
type failure struct {
	once sync.Once
	done chan struct{} // closed when err is set
	err  error
}

func newFailure() *failure { return &failure{done: make(chan struct{})} }

func (f *failure) set(err error) {
	f.once.Do(func() { f.err = err; close(f.done) })
}

// acquire starts the pool if it doesn't run. The last release stops it, and
// returns when its work has ended.
func (p *pool) acquire() (release func()) {
	p.life.Lock()
	defer p.life.Unlock()
	p.users++
	if p.users == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		p.mu.Lock()
		select {
		case <-p.end.done: // that was the pool before
			p.end = newFailure()
		default:
		}
		p.woken = make(chan struct{}, 1)
		p.mu.Unlock()
		go func() {
			defer close(done)
			p.loop(ctx)
		}()
		p.stop = func() { cancel(); <-done }
	}
	return sync.OnceFunc(p.release)
}

func (p *pool) release() {
	p.life.Lock()
	defer p.life.Unlock()
	p.users--
	if p.users == 0 {
		p.stop()
	}
}

// wake makes the pool look for work at once.
func (p *pool) wake() {
	p.mu.Lock()
	woken := p.woken
	p.mu.Unlock()
	select {
	case woken <- struct{}{}:
	default: // a wake-up waits already, or there is no pool (then woken is nil)
	}
}

// failed tells when the pool stops because the store does not work, and why.
func (p *pool) failed() *failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

// idled is closed the next time that there is nothing to claim.
func (p *pool) idled() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.idle
}

func (p *pool) signalIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.idle)
	p.idle = make(chan struct{})
}

// maxIdle is how long the pool sleeps at most: another process may have marked
// something.
const maxIdle = time.Second

// loop claims as much as there are free workers for. When ctx ends it claims no
// more, and the work that runs has the grace period.
func (p *pool) loop(ctx context.Context) {
	e := p.engine
	failed := p.failed()
	working, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	var workers sync.WaitGroup
	slots := make(chan struct{}, e.config.Workers)
	for ctx.Err() == nil {
		free := p.free(ctx, slots)
		var claims []Claim
		var idle time.Duration
		var asked time.Time
		err := e.storing(ctx, func() (err error) {
			asked = time.Now()
			claims, idle, err = e.claim(ctx, free)
			return err
		})
		for range free - len(claims) {
			<-slots
		}
		if err != nil && ctx.Err() == nil {
			failed.set(err)
			break
		}
		for _, claim := range claims {
			workers.Go(func() {
				defer func() { <-slots }()
				err := e.work(working, claim, asked)
				e.ended(claim.Tenant)
				if err != nil && working.Err() == nil {
					failed.set(err)
				}
				p.wake()
			})
		}
		if len(claims) == 0 {
			p.signalIdle()
			p.sleep(ctx, idle)
		}
	}
	timer := time.AfterFunc(e.config.Grace, abandon)
	defer timer.Stop()
	workers.Wait()
}

// free takes all slots that are free, and waits for half of them: claims
// in batches are cheaper.
func (p *pool) free(ctx context.Context, slots chan struct{}) int {
	for n := 0; ; n++ {
		if n < max(1, cap(slots)/2) {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return n
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			return n
		}
	}
}

func (p *pool) sleep(ctx context.Context, idle time.Duration) {
	if idle < 0 || idle > maxIdle {
		idle = maxIdle
	}
	timer := time.NewTimer(idle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-p.woken:
	}
}

// claim asks the store for work of tenants that are not paused.
func (e *Engine) claim(ctx context.Context, n int) ([]Claim, time.Duration, error) {
	if n == 0 {
		return nil, 0, nil
	}
	if err := e.heed(ctx); err != nil {
		return nil, 0, err
	}
	if err := e.catchUp(ctx); err != nil {
		return nil, 0, err
	}
	request := ClaimRequest{N: n, Lease: e.config.Lease}
	e.mu.Lock()
	request.Parents = maps.Clone(e.parents)
	if len(e.tenants)+len(e.shut) > 1 {
		// P9: a tenant whose calls take long does not get all workers.
		request.PerTenant = max(1, e.config.Workers/4)
	}
	var probing bool
	request.Skip, probing = e.skips(time.Now())
	e.claims++
	switch e.claims % 8 {
	case 3:
		request.First, request.N = Sweep, max(1, n/2) // no lane starves another
	case 7:
		request.First, request.N = Retry, max(1, n/2)
	}
	e.mu.Unlock()
	if probing {
		request.PerTenant = 1 // one claim shows whether it works again
	}
	claims, idle, err := e.store.Claim(ctx, request)
	if probing && len(claims) == 0 {
		idle = 0 // the probe may have kept others back
	}
	e.mu.Lock()
	for _, claim := range claims {
		if t := e.tenants[claim.Tenant]; t != nil {
			t.running++
		}
	}
	e.mu.Unlock()
	if err == nil {
		e.watch(ctx, request, claims)
	}
	return claims, idle, err
}

// ended counts a claim whose work is done.
func (e *Engine) ended(tenant string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.tenants[tenant]; t != nil && t.running > 0 {
		t.running--
	}
}
