package simtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// gatedStore is a process's view of the store that all share.
type gatedStore struct {
	syncer.Store
	p *Process
}

// Claim grants one claim at a time: those of a batch would start side by side.
func (g gatedStore) Claim(ctx context.Context, request syncer.ClaimRequest) (claims []syncer.Claim, idle time.Duration, err error) {
	request.N = 1
	err = g.p.call(ctx, store, "claim", func() (said string, err error) {
		claims, idle, err = g.Store.Claim(ctx, request)
		for _, claim := range claims {
			said = fmt.Sprintf("%s attempt %d doubt %t", short(claim.Key), claim.Attempt, claim.Doubt)
			g.p.sim.granted(claim.Key, g.p, request.Lease)
			if claim.Doubt {
				g.p.sim.doubted[claim.Key] = true
			}
		}
		return said, err
	})
	if err != nil {
		return nil, 0, err
	}
	return claims, idle, nil
}

func (g gatedStore) Notify(ctx context.Context, marks []syncer.Mark) error {
	return g.p.call(ctx, store, "notify"+names(marks, func(m syncer.Mark) string { return short(m.Key) + " " + m.EventID }), func() (string, error) {
		return "marked", g.Store.Notify(ctx, marks)
	})
}

func (g gatedStore) Extend(ctx context.Context, leases []syncer.Lease, d time.Duration) []error {
	label := "extend" + names(leases, func(l syncer.Lease) string { return short(l.Key) })
	return g.each(ctx, label, len(leases), func() []error {
		errs := g.Store.Extend(ctx, leases, d)
		for i, lease := range leases {
			if errs[i] == nil {
				g.p.sim.granted(lease.Key, g.p, d)
			}
		}
		return errs
	})
}

func (g gatedStore) Commit(ctx context.Context, results []syncer.Result) []error {
	label := "commit" + names(results, func(r syncer.Result) string {
		said := short(r.Key) + " " + string(r.Event.Action)
		if r.Event.Error != "" {
			said += " (" + r.Event.Error + ")"
		}
		return said
	})
	return g.each(ctx, label, len(results), func() []error { return g.Store.Commit(ctx, results) })
}

func (g gatedStore) Intend(ctx context.Context, intents []syncer.Intent) []error {
	label := "intend" + names(intents, func(i syncer.Intent) string { return short(i.Key) })
	return g.each(ctx, label, len(intents), func() []error { return g.Store.Intend(ctx, intents) })
}

// each makes a call whose answer is an error for each item.
func (g gatedStore) each(ctx context.Context, label string, n int, effect func() []error) []error {
	errs := make([]error, n)
	err := g.p.call(ctx, store, label, func() (said string, err error) {
		copy(errs, effect())
		for _, err := range errs {
			if err != nil {
				said += err.Error()
			} else {
				said += "ok "
			}
		}
		return said, nil
	})
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

func (g gatedStore) Leave(ctx context.Context, request syncer.LeaveRequest) (allowed bool, err error) {
	err = g.p.call(ctx, store, "leave "+short(request.Key), func() (string, error) {
		allowed, err = g.Store.Leave(ctx, request)
		return fmt.Sprint(allowed), err
	})
	return allowed && err == nil, err
}

func (g gatedStore) Unpark(ctx context.Context, request syncer.UnparkRequest) error {
	return g.p.call(ctx, store, fmt.Sprintf("unpark %s %v %v", request.Flow, request.IDs, request.Targets), func() (string, error) {
		return "", g.Store.Unpark(ctx, request)
	})
}

func (g gatedStore) Marks(ctx context.Context, query syncer.MarkQuery) ([]syncer.StoredMark, error) {
	return read(ctx, g, fmt.Sprintf("marks %s %v", query.Flow, query.IDs), func() ([]syncer.StoredMark, error) { return g.Store.Marks(ctx, query) })
}

func (g gatedStore) Fold(ctx context.Context, request syncer.FoldRequest) (int, error) {
	return read(ctx, g, "fold", func() (int, error) { return g.Store.Fold(ctx, request) })
}

func (g gatedStore) Counts(ctx context.Context, tenant, flow string) (map[string]syncer.MarkCounts, error) {
	return read(ctx, g, "counts "+flow, func() (map[string]syncer.MarkCounts, error) { return g.Store.Counts(ctx, tenant, flow) })
}

func (g gatedStore) Links(ctx context.Context, tenant, flow string, ids []string) (map[string]syncer.Link, error) {
	return read(ctx, g, fmt.Sprintf("links %s %v", flow, ids), func() (map[string]syncer.Link, error) { return g.Store.Links(ctx, tenant, flow, ids) })
}

func (g gatedStore) LinksOf(ctx context.Context, tenant, flow string, ids []string) (map[string]syncer.Link, error) {
	return read(ctx, g, fmt.Sprintf("links of %s %v", flow, ids), func() (map[string]syncer.Link, error) { return g.Store.LinksOf(ctx, tenant, flow, ids) })
}

func (g gatedStore) Walk(ctx context.Context, tenant, flow string, state syncer.State, after string, n int) ([]syncer.Link, error) {
	return read(ctx, g, fmt.Sprintf("walk %s %s", flow, after), func() ([]syncer.Link, error) { return g.Store.Walk(ctx, tenant, flow, state, after, n) })
}

func (g gatedStore) Recent(ctx context.Context, tenant, flow string, above, below int64, n int) ([]syncer.Link, error) {
	return read(ctx, g, "recent "+flow, func() ([]syncer.Link, error) { return g.Store.Recent(ctx, tenant, flow, above, below, n) })
}

func (g gatedStore) CountLinks(ctx context.Context, tenant, flow string) (map[syncer.State]int, error) {
	return read(ctx, g, "count links "+flow, func() (map[syncer.State]int, error) { return g.Store.CountLinks(ctx, tenant, flow) })
}

func (g gatedStore) Draw(ctx context.Context) (int64, error) {
	return read(ctx, g, "draw", func() (int64, error) { return g.Store.Draw(ctx) })
}

func (g gatedStore) Sweep(ctx context.Context, id syncer.SweepID) (syncer.SweepState, error) {
	return read(ctx, g, "sweep "+id.Name+" "+id.Flow, func() (syncer.SweepState, error) { return g.Store.Sweep(ctx, id) })
}

func (g gatedStore) BeginSweep(ctx context.Context, id syncer.SweepID, lease time.Duration) (syncer.SweepState, error) {
	return read(ctx, g, "begin "+id.Name+" "+id.Flow, func() (syncer.SweepState, error) { return g.Store.BeginSweep(ctx, id, lease) })
}

func (g gatedStore) Observe(ctx context.Context, o syncer.Observation) error {
	label := fmt.Sprintf("observe %s %s seen %v marks", o.Name, o.Flow, o.Seen) + names(o.Marks, func(m syncer.Mark) string { return short(m.Key) })
	return g.p.call(ctx, store, label, func() (string, error) {
		err := g.Store.Observe(ctx, o)
		for _, mark := range o.Marks {
			if err == nil && !g.marked(ctx, mark.Key) {
				g.p.sim.fail("P10: the sweep went on, and %s is not marked", mark.Key)
			}
		}
		if len(o.Seen)+len(o.Marks) == 0 {
			return "", err
		}
		return "stored", err
	})
}

func (g gatedStore) marked(ctx context.Context, key syncer.Key) bool {
	marks, err := g.Store.Marks(ctx, syncer.MarkQuery{Tenant: key.Tenant, Flow: key.Flow, IDs: []string{key.ID}})
	return err != nil || len(marks) == 1
}

func (g gatedStore) Unseen(ctx context.Context, request syncer.UnseenRequest) ([]syncer.Link, error) {
	return read(ctx, g, "unseen "+request.Name+" "+request.Flow+" "+request.After, func() ([]syncer.Link, error) { return g.Store.Unseen(ctx, request) })
}

func (g gatedStore) Spec(ctx context.Context, tenant, flow string) (syncer.Spec, error) {
	return read(ctx, g, "spec "+flow, func() (syncer.Spec, error) { return g.Store.Spec(ctx, tenant, flow) })
}

func (g gatedStore) Enforce(ctx context.Context, tenant, flow, version string, rules syncer.Rules, expected int64) (syncer.Spec, error) {
	return read(ctx, g, "enforce "+flow+" "+version, func() (syncer.Spec, error) { return g.Store.Enforce(ctx, tenant, flow, version, rules, expected) })
}

func (g gatedStore) Rules(ctx context.Context, tenant, flow, version string) (syncer.Rules, error) {
	return read(ctx, g, "rules "+flow+" "+version, func() (syncer.Rules, error) { return g.Store.Rules(ctx, tenant, flow, version) })
}

func (g gatedStore) Events(ctx context.Context, query syncer.EventQuery) ([]syncer.Event, error) {
	return read(ctx, g, "events", func() ([]syncer.Event, error) { return g.Store.Events(ctx, query) })
}

// read makes a call that returns something, and nothing of it with an error.
func read[R any](ctx context.Context, g gatedStore, label string, effect func() (R, error)) (R, error) {
	var result, none R
	err := g.p.call(ctx, store, label, func() (said string, err error) {
		result, err = effect()
		return "", err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

func short(key syncer.Key) string { return key.Flow + "/" + key.ID }

func names[T any](items []T, name func(T) string) string {
	var b strings.Builder
	for _, item := range items {
		b.WriteString(" " + name(item))
	}
	return b.String()
}
