package syncer

import (
	"context"
	"fmt"
	"time"
)

// Age says how old the knowledge of a flow's source is, apart from what webhooks
// told.
type Age struct {
	Tenant, Flow string
	// Looked says that every record which the source has was looked at then or later,
	// also if a sweep or a round of the crawl goes on. Zero if that never happened.
	Looked time.Time
}

// String says it in words: "every record of notes was looked at within 3h0m0s".
func (a Age) String() string {
	if a.Looked.IsZero() {
		return fmt.Sprintf("not every record of %s was looked at yet", a.Flow)
	}
	return fmt.Sprintf("every record of %s was looked at within %s", a.Flow, time.Since(a.Looked).Round(time.Second))
}

// Ages says how old the knowledge of each flow is that is not left out. For flows
// whose records are listed parent by parent, it is the age of the crawl: a note of
// which no webhook told is found by the end of its next round.
func (e *Engine) Ages(ctx context.Context, scope ...Scope) ([]Age, error) {
	within, err := scopeOf(scope)
	if err != nil {
		return nil, err
	}
	var ages []Age
	err = e.each(ctx, within, func(t *tenant) error {
		for _, f := range t.flows {
			if !within.holds(t.id, f.name) || t.skips(f.name) {
				continue
			}
			age, err := e.age(ctx, t, f)
			if err != nil {
				return fmt.Errorf("syncer: read the age of what is known of %s/%s: %w", t.id, f.name, err)
			}
			ages = append(ages, age)
		}
		return nil
	})
	return ages, err
}

func (e *Engine) age(ctx context.Context, t *tenant, f *flow) (Age, error) {
	age := Age{Tenant: t.id, Flow: f.name}
	can, err := e.capable(ctx, t, f)
	if err != nil {
		return age, err
	}
	for _, name := range []string{SweepFull, SweepCrawl} {
		state, err := e.store.Sweep(ctx, SweepID{Tenant: t.id, Flow: f.name, Name: name})
		if err != nil {
			return age, err
		}
		var began time.Time
		switch {
		case state.Completed.IsZero(), can.source.ListsByParent && state.Watermark == "":
		case can.source.ListsByParent:
			// The end of a round says when it began.
			if began, err = time.Parse(time.RFC3339Nano, state.Watermark); err != nil {
				return age, fmt.Errorf("the crawl's watermark: %w", err)
			}
		case state.Complete:
			began = state.Started
		default:
			began = state.Completed // when the one before began is not kept; it ended then
		}
		if began.After(age.Looked) {
			age.Looked = began
		}
	}
	return age, nil
}
