package syncer

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// ReplayFilter chooses dead letters. Empty fields choose all of them.
type ReplayFilter struct {
	Scope
	// IDs are ids of the source.
	IDs []string
	// Kind is that of the error that made them dead letters: "row". See Kind.String.
	Kind string
	// Error is a part of its text.
	Error string
}

func (f ReplayFilter) chooses(mark StoredMark) bool {
	return (f.Kind == "" || f.Kind == mark.Kind) && strings.Contains(mark.Error, f.Error)
}

// Replay marks dead letters anew, and returns how many. They are worked on while
// Run, or another operation, is at work, after real-time work and with all attempts before them. One that
// fails again is a dead letter again.
func (e *Engine) Replay(ctx context.Context, filter ReplayFilter) (int, error) {
	n := 0
	err := e.eachFlow(ctx, filter.Scope, func(t *tenant, f *flow) error {
		return e.eachMark(ctx, t, f, MarkDead, filter.IDs, func(marks []StoredMark) error {
			var again []Mark
			for _, dead := range marks {
				if filter.chooses(dead) {
					again = append(again, Mark{
						Key: dead.Key, Parent: dead.Parent, Lane: Retry, Gone: dead.Gone, Trigger: "replay",
					})
				}
			}
			n += len(again)
			return e.remark(ctx, again)
		})
	})
	e.pool.wake()
	return n, err
}

// remark marks keys on behalf of a person.
func (e *Engine) remark(ctx context.Context, marks []Mark) error {
	if len(marks) == 0 {
		return nil
	}
	if err := e.store.Notify(ctx, marks); err != nil {
		return fmt.Errorf("syncer: mark records again: %w", err)
	}
	return nil
}

// marksAtOnce is how many marks or links are read in one query.
const marksAtOnce = 500

// eachMark calls f for pages of a flow's marks.
func (e *Engine) eachMark(ctx context.Context, t *tenant, f *flow, status MarkStatus, ids []string, do func([]StoredMark) error) error {
	query := MarkQuery{Tenant: t.id, Flow: f.name, IDs: ids, Status: status, N: marksAtOnce}
	for {
		marks, err := e.store.Marks(ctx, query)
		if err != nil {
			return fmt.Errorf("syncer: list marks: %w", err)
		}
		if len(marks) > 0 {
			query.After = marks[len(marks)-1].ID
		}
		if err := do(marks); err != nil || len(marks) < marksAtOnce {
			return err
		}
	}
}

// eachLink calls f for pages of a flow's links in a state.
func (e *Engine) eachLink(ctx context.Context, t *tenant, f *flow, state State, do func([]Link) error) error {
	for after := ""; ; {
		links, err := e.store.Walk(ctx, t.id, f.name, state, after, marksAtOnce)
		if err != nil {
			return fmt.Errorf("syncer: list links: %w", err)
		}
		if len(links) > 0 {
			after = links[len(links)-1].ID
		}
		if err := do(links); err != nil || len(links) < marksAtOnce {
			return err
		}
	}
}

// eachFlow calls f for the flows of a scope, parents before their children.
func (e *Engine) eachFlow(ctx context.Context, scope Scope, do func(*tenant, *flow) error) error {
	return e.each(ctx, scope, func(t *tenant) error {
		for _, f := range t.flows {
			if !scope.holds(t.id, f.name) {
				continue
			}
			if err := do(t, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// Release lets removals go on that the guard holds, and returns how many: those
// of a scope, or with ids only those. Each record is read again first: one that is
// back is not removed. They are worked on while Run is at work, and are not
// counted by the guard.
func (e *Engine) Release(ctx context.Context, scope Scope, ids ...string) (int, error) {
	n := 0
	err := e.eachFlow(ctx, scope, func(t *tenant, f *flow) error {
		return e.eachLink(ctx, t, f, Held, func(links []Link) error {
			var marks []Mark
			for _, link := range links {
				if len(ids) == 0 || slices.Contains(ids, link.ID) {
					marks = append(marks, Mark{
						Key: link.Key, Parent: link.Parent, Lane: RealTime, Gone: true, Released: true, Trigger: "release",
					})
				}
			}
			n += len(marks)
			return e.remark(ctx, marks)
		})
	})
	e.pool.wake()
	return n, err
}
