package simtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// Source makes a source of a process of one that all share: its calls go through
// the gate, where they fail, come late, or kill the process.
func Source[S any](p *Process, name string, source syncer.Source[S]) syncer.Source[S] {
	gated := gatedSource[S]{source, p, name}
	slices, sliced := source.(syncer.SlicedSource)
	partial, halves := source.(syncer.PartialSource[S])
	switch {
	case sliced && halves:
		return struct {
			gatedSource[S]
			syncer.SlicedSource
			syncer.PartialSource[S]
		}{gated, slices, partial}
	case sliced:
		return struct {
			gatedSource[S]
			syncer.SlicedSource
		}{gated, slices}
	case halves:
		return struct {
			gatedSource[S]
			syncer.PartialSource[S]
		}{gated, partial}
	}
	return gated
}

type gatedSource[S any] struct {
	inner syncer.Source[S]
	p     *Process
	name  string
}

// Capabilities does not wait at the gate: whose question it is can't be told.
func (g gatedSource[S]) Capabilities(ctx context.Context) (syncer.SourceCapabilities, error) {
	return g.inner.Capabilities(ctx)
}

func (g gatedSource[S]) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[S], error) {
	return ask(ctx, g.p, fmt.Sprintf("%s get %s", g.name, ref.ID), func() (syncer.Record[S], error) { return g.inner.Get(ctx, ref) })
}

func (g gatedSource[S]) List(ctx context.Context, query syncer.Query, cursor string) (syncer.Page[S], error) {
	label := fmt.Sprintf("%s list %s since %t slice %d %q", g.name, query.Parent.ID, !query.Since.IsZero(), query.Slice.From.Unix(), cursor)
	return ask(ctx, g.p, label, func() (syncer.Page[S], error) { return g.inner.List(ctx, query, cursor) })
}

// Target makes a target of a process of one that all share. See Source.
func Target[T any](p *Process, name string, target syncer.Target[T]) syncer.Target[T] {
	gated := gatedTarget[T]{target, p, name}
	if candidates, finds := target.(syncer.CandidateTarget[T]); finds {
		return gatedCandidates[T]{gated, candidates}
	}
	return gated
}

type gatedTarget[T any] struct {
	inner syncer.Target[T]
	p     *Process
	name  string
}

// Capabilities does not wait at the gate: whose question it is can't be told.
func (g gatedTarget[T]) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return g.inner.Capabilities(ctx)
}

func (g gatedTarget[T]) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[T], error) {
	return ask(ctx, g.p, fmt.Sprintf("%s get %s", g.name, ref.ID), func() (syncer.Record[T], error) { return g.inner.Get(ctx, ref) })
}

func (g gatedTarget[T]) Find(ctx context.Context, externalID string) (*syncer.Record[T], error) {
	return ask(ctx, g.p, fmt.Sprintf("%s find %s", g.name, externalID), func() (*syncer.Record[T], error) { return g.inner.Find(ctx, externalID) })
}

func (g gatedTarget[T]) List(ctx context.Context, cursor string) (syncer.Page[T], error) {
	return ask(ctx, g.p, fmt.Sprintf("%s list %q", g.name, cursor), func() (syncer.Page[T], error) { return g.inner.List(ctx, cursor) })
}

func (g gatedTarget[T]) Create(ctx context.Context, draft syncer.Draft[T]) (syncer.Record[T], error) {
	g.p.sim.keyed(draft.IdempotencyKey, draft.Parent+string(encode(fieldsOf(draft.Value))))
	g.p.sim.sent(ctx, g.p, syncer.Key{Tenant: Tenant, Flow: strings.TrimPrefix(g.name, "target "), ID: draft.ExternalID})
	return ask(ctx, g.p, fmt.Sprintf("%s create for %s", g.name, draft.ExternalID), func() (syncer.Record[T], error) { return g.inner.Create(ctx, draft) })
}

func (g gatedTarget[T]) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[T]) (syncer.Record[T], error) {
	return ask(ctx, g.p, fmt.Sprintf("%s update %s", g.name, ref.ID), func() (syncer.Record[T], error) { return g.inner.Update(ctx, ref, patch) })
}

func (g gatedTarget[T]) Delete(ctx context.Context, ref syncer.Ref, version string) error {
	_, err := ask(ctx, g.p, fmt.Sprintf("%s delete %s", g.name, ref.ID), func() (struct{}, error) { return struct{}{}, g.inner.Delete(ctx, ref, version) })
	return err
}

// gatedCandidates is a gatedTarget without external ids.
type gatedCandidates[T any] struct {
	gatedTarget[T]
	candidates syncer.CandidateTarget[T]
}

func (g gatedCandidates[T]) Candidates(ctx context.Context, parent string, since time.Time) ([]syncer.Record[T], error) {
	// Two keys may ask for the same: their marks' numbers tell them apart.
	label := fmt.Sprintf("%s candidates under %s for %s", g.name, parent, syncer.CorrelationID(ctx))
	return ask(ctx, g.p, label, func() ([]syncer.Record[T], error) { return g.candidates.Candidates(ctx, parent, since) })
}

// ask makes a call of a side.
func ask[R any](ctx context.Context, p *Process, label string, effect func() (R, error)) (R, error) {
	var result, none R
	err := p.call(ctx, network, label, func() (said string, err error) {
		result, err = effect()
		if err == nil {
			said = "ok"
		}
		return said, err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}
