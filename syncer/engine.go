package syncer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Engine keeps the records of its tenants in step. It is safe for concurrent
// use. Any operation may be called while Run is at work, or without it.
type Engine struct {
	config  Config
	store   Store
	log     *slog.Logger
	commits *batcher[Result]
	marks   *batcher[Mark]
	intents *batcher[Intent]
	pool    pool

	mu      sync.Mutex
	tenants map[string]*tenant
	opening map[string]*opening  // tenants that are being opened
	parents map[string]string    // by flow: the flow of its parents
	left    map[string]bool      // tenants that are not listed any more
	shut    map[string]time.Time // tenants that can't be opened, and when that is tried again
	running bool
	away    bool // the store is
	claims  int  // of the pool, counted to give each lane its turn
	runs    map[*run]struct{}
	paused  map[Scope]Pause // by persons, as the store said when it was asked last
	heeded  time.Time
	// ignoring is how many events were ignored since that was said, at ignoredAt.
	ignoring  int
	ignoredAt time.Time

	random  sync.Mutex // guards config.Rand
	telling sync.Mutex // one call of config.OnProgress at a time
}

// New checks a configuration and returns its engine. It starts nothing.
func New(config Config) (*Engine, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		config: config, store: config.Store, log: config.Logger,
		tenants: map[string]*tenant{}, opening: map[string]*opening{}, parents: map[string]string{}, left: map[string]bool{}, shut: map[string]time.Time{}, runs: map[*run]struct{}{},
	}
	e.pool.engine, e.pool.life = e, newLock()
	e.pool.end, e.pool.idle = newFailure(), make(chan struct{}) // Wait may come before Run
	e.commits = newBatcher(maxBatch, e.store.Commit)
	e.intents = newBatcher(maxBatch, e.store.Intend)
	e.marks = newBatcher(maxBatch, func(ctx context.Context, marks []Mark) []error {
		err := e.store.Notify(ctx, marks)
		errs := make([]error, len(marks))
		for i := range errs {
			errs[i] = err
		}
		return errs
	})
	return e, nil
}

// Run works until ctx ends: it takes what was marked, and sweeps on schedule,
// the first time at once if a sweep is due. Then it lets running work finish, for
// Config.Grace at most, and returns nil. It is the only call that an application
// has to keep running.
func (e *Engine) Run(ctx context.Context) error {
	e.mu.Lock()
	if e.running {
		e.mu.Unlock()
		return ErrRunning
	}
	e.running = true
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		e.running = false
		e.mu.Unlock()
	}()
	if err := e.startAll(ctx); err != nil {
		return err
	}
	if err := e.heedPauses(ctx); err != nil {
		return err
	}
	release := e.pool.acquire()
	defer release()
	failed := e.pool.failed()
	ctx, stop := context.WithCancel(ctx)
	sweeping := e.schedule(ctx)
	defer sweeping.Wait()
	defer stop()
	select {
	case <-ctx.Done():
		return nil
	case <-failed.done:
		return fmt.Errorf("syncer: the store does not work, so nothing does: %w", failed.err)
	}
}

// Notify marks records that may have changed. When it returns nil, the marks
// survive a crash (P3), and will be worked on while Run is at work.
func (e *Engine) Notify(ctx context.Context, changes ...Change) error {
	marks := make([]Mark, 0, len(changes))
	for _, change := range changes {
		mark, err := e.markOf(ctx, change)
		if errors.Is(err, errSkipped) {
			continue // the flow is left out, as was said at the start
		}
		if err != nil {
			return err
		}
		marks = append(marks, mark)
	}
	var errs []error
	errs = append(errs, e.marks.do(ctx, marks...)...)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("syncer: store the notification: %w", err)
	}
	e.pool.wake()
	return nil
}

// errSkipped: the change is of a flow that is left out.
var errSkipped = errors.New("syncer: the flow is left out")

// NotifyTarget marks the keys whose records of the target may have been changed by
// others: through their links, or by their external ids. What nobody is linked
// with, and has no external id, is looked at only while records are matched. It is
// as durable as Notify.
func (e *Engine) NotifyTarget(ctx context.Context, changes ...TargetChange) error {
	for _, change := range changes {
		t, err := e.addressed(ctx, change.Tenant, change.EventID, change.Ref.ID, change.Ref.Parent, change.ExternalID)
		if errors.Is(err, errSkipped) {
			continue
		}
		if err != nil {
			return err
		}
		switch {
		case t.skips(change.Flow), t.named[change.Flow] == nil && change.EventID != "":
			continue // an event of something that is not kept in step
		case t.named[change.Flow] == nil:
			return fmt.Errorf("syncer: tenant %q has no flow %q", change.Tenant, change.Flow)
		}
		links, err := e.store.LinksOf(ctx, change.Tenant, change.Flow, []string{change.Ref.ID})
		if err != nil {
			return fmt.Errorf("syncer: look a record of the target up: %w", err)
		}
		link, linked := links[change.Ref.ID]
		id := change.ExternalID
		if linked {
			id = link.ID
		} else {
			if t.named[change.Flow].existing == ExistingMatch {
				err := e.store.NoteTargets(ctx, change.Tenant, change.Flow, []string{change.Ref.ID})
				if err != nil {
					return fmt.Errorf("syncer: note a record of the target: %w", err)
				}
			}
			err := e.store.Unpark(ctx, UnparkRequest{Tenant: change.Tenant, Flow: change.Flow, Targets: []string{change.Ref.ID}})
			if err != nil {
				return fmt.Errorf("syncer: release what waits for a record of the target: %w", err)
			}
		}
		if id == "" {
			continue
		}
		mark := Mark{
			Key:    Key{Tenant: change.Tenant, Flow: change.Flow, ID: id},
			Parent: link.Parent, Lane: RealTime, Drift: true,
			EventID: change.EventID, Trigger: "target", Evidence: change.Evidence,
		}
		if len(mark.Evidence) > MaxEvidence {
			mark.Evidence = mark.Evidence[:MaxEvidence]
		}
		if err := e.marks.do(ctx, mark)[0]; err != nil {
			return fmt.Errorf("syncer: store the notification: %w", err)
		}
	}
	e.pool.wake()
	return nil
}

func (e *Engine) markOf(ctx context.Context, change Change) (Mark, error) {
	t, err := e.addressed(ctx, change.Tenant, change.EventID, change.Ref.ID, change.Ref.Parent)
	if err != nil {
		return Mark{}, err
	}
	switch {
	case t.named[change.Flow] == nil && change.EventID != "":
		return Mark{}, errSkipped // an event of something that is not kept in step
	case t.named[change.Flow] == nil:
		return Mark{}, fmt.Errorf("syncer: tenant %q has no flow %q", change.Tenant, change.Flow)
	case t.skips(change.Flow):
		return Mark{}, errSkipped
	case change.Ref.ID == "":
		return Mark{}, fmt.Errorf("syncer: a change of flow %q has no id", change.Flow)
	}
	mark := Mark{
		Key:    Key{Tenant: change.Tenant, Flow: change.Flow, ID: change.Ref.ID},
		Parent: change.Ref.Parent, Lane: RealTime, Gone: change.Gone,
		EventID: change.EventID, Trigger: "notify", Evidence: change.Evidence,
	}
	if change.EventID != "" {
		mark.Trigger = "webhook"
	}
	if len(mark.Evidence) > MaxEvidence {
		mark.Evidence = mark.Evidence[:MaxEvidence]
	}
	return mark, nil
}

// addressed is the tenant of a change with these ids. The error is errSkipped for an
// event that can't be worked on: if it were not taken, it would come again and again.
func (e *Engine) addressed(ctx context.Context, id, eventID string, ids ...string) (*tenant, error) {
	err := checkIDs(append(ids, id, eventID)...)
	if err != nil {
		err = fmt.Errorf("syncer: a change: %w", err)
		if eventID != "" {
			e.ignored(ctx, id, err)
			return nil, errSkipped
		}
		return nil, err
	}
	t, err := e.tenant(ctx, id)
	if eventID != "" && errors.Is(err, ErrNoTenant) {
		e.ignored(ctx, id, ErrNoTenant)
		return nil, errSkipped
	}
	return t, err
}

// ignoredEvery is how often the log says at most that events are ignored: who sends
// them does not decide how much is written.
const ignoredEvery = time.Minute

// ignored says that events are ignored, of several tenants for one.
func (e *Engine) ignored(ctx context.Context, tenant string, reason error) {
	e.mu.Lock()
	e.ignoring++
	n, now := e.ignoring, time.Now()
	quiet := !e.ignoredAt.IsZero() && now.Sub(e.ignoredAt) < ignoredEvery
	if !quiet {
		e.ignoring, e.ignoredAt = 0, now
	}
	e.mu.Unlock()
	if !quiet {
		e.log.InfoContext(ctx, "events are ignored", "events", n, "tenant", tenant[:min(len(tenant), MaxID)], "reason", reason)
	}
}

// randomKey is an idempotency key.
func (e *Engine) randomKey() string {
	e.random.Lock()
	defer e.random.Unlock()
	return fmt.Sprintf("%016x%016x", e.config.Rand.Uint64(), e.config.Rand.Uint64())
}

// jitter is d and up to half of it more.
func (e *Engine) jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	e.random.Lock()
	defer e.random.Unlock()
	return d + time.Duration(e.config.Rand.Int64N(int64(d/2)+1))
}

// backoff is the wait after the attempt-th failure in a row.
func (e *Engine) backoff(attempt int) time.Duration {
	wait := e.config.RetryMin << min(attempt, 20)
	if wait <= 0 || wait > e.config.RetryMax {
		wait = e.config.RetryMax
	}
	return e.jitter(wait)
}
