// Package mapping turns one record into another. It has the interface that the
// engine asks for, and what composes mappers written in Go:
//
//	mapper := mapping.Override(flows.ContactMapper("US", nil),
//		func(ctx context.Context, from contacts.Contact, to *sendapp.ContactUpdate) error {
//			to.Source = opt.Set("crm: " + from.Source)
//			return nil
//		})
//	standard := flows.Standard(crm, app, flows.WithContactMapper(mapping.WithVersion(mapper, "1")))
//
// It needs the standard library only.
package mapping

import (
	"context"
	"errors"
	"maps"
)

// Mapper makes a T of an S. It is a pure function of its input: the same record
// gives the same result, whenever it is asked. An error that is Skip leaves the
// record out; any other error is that record's failure.
//
// A field that the result leaves unset is not touched at the target; one that
// is null is cleared there.
type Mapper[S, T any] interface {
	Map(ctx context.Context, src S) (T, error)
}

// Skip is the error of a mapper that leaves a record out: it is filtered, not
// failed. It may be wrapped.
var Skip = errors.New("mapping: the record is left out") //nolint:errname,staticcheck // a control value like io.EOF

// errNoFunction is the error of a mapper that was made of nothing.
var errNoFunction = errors.New("mapping: the mapper or its function is nil")

// Func is a Mapper that calls f. Here and in all that composes mappers, a nil
// function or mapper is the error of the first record that meets it.
func Func[S, T any](f func(context.Context, S) (T, error)) Mapper[S, T] { return function[S, T](f) }

type function[S, T any] func(context.Context, S) (T, error)

func (f function[S, T]) Map(ctx context.Context, src S) (T, error) {
	if f == nil {
		var none T
		return none, errNoFunction
	}
	return f(ctx, src)
}

// Chain feeds what first makes to second. What first leaves out or fails on
// never reaches second.
func Chain[A, B, C any](first Mapper[A, B], second Mapper[B, C]) Mapper[A, C] {
	return combined[A, C]{
		version: versionOf(first, second), fields: fieldsOf(first).then(fieldsOf(second)),
		apply: func(ctx context.Context, src A) (C, error) {
			var none C
			if first == nil || second == nil {
				return none, errNoFunction
			}
			between, err := first.Map(ctx, src)
			if err != nil {
				return none, err
			}
			return second.Map(ctx, between)
		},
		explain: func(ctx context.Context, src A) Explanation {
			if first == nil {
				return failed(errNoFunction)
			}
			between, err := first.Map(ctx, src)
			if err != nil {
				return Explain(ctx, first, src)
			}
			return Explain(ctx, second, between)
		},
	}
}

// Override lets change correct what base made: single fields in Go, all others
// as they were. change is not asked about a record that base leaves out or
// fails on; it may itself return Skip. Its version is base's: give the whole one
// of its own with WithVersion.
func Override[S, T any](base Mapper[S, T], change func(ctx context.Context, src S, made *T) error) Mapper[S, T] {
	return combined[S, T]{
		version: VersionOf(base), fields: fieldsOf(base).and(Any, "override", Any),
		apply: func(ctx context.Context, src S) (T, error) {
			var none T
			if base == nil || change == nil {
				return none, errNoFunction
			}
			made, err := base.Map(ctx, src)
			if err != nil {
				return none, err
			}
			if err := change(ctx, src, &made); err != nil {
				return none, err
			}
			return made, nil
		},
		explain: func(ctx context.Context, src S) Explanation {
			x := Explain(ctx, base, src)
			if x.Skipped || x.Err() != nil || change == nil {
				return x
			}
			before, err := base.Map(ctx, src)
			if err != nil {
				return failed(err)
			}
			made, err := base.Map(ctx, src) // its own, as change may write into what it holds
			if err != nil {
				return failed(err)
			}
			collecting, collected := CollectWarnings(ctx)
			if err := change(collecting, src, &made); err != nil {
				return failed(err)
			}
			return x.changed(before, made, collected())
		},
	}
}

// When maps the records for which wanted is true, and leaves all others out.
func When[S, T any](wanted func(S) bool, mapper Mapper[S, T]) Mapper[S, T] {
	return combined[S, T]{
		version: VersionOf(mapper), fields: fieldsOf(mapper).and("", "when", Any),
		apply: func(ctx context.Context, src S) (T, error) {
			var none T
			if wanted == nil || mapper == nil {
				return none, errNoFunction
			}
			if !wanted(src) {
				return none, Skip
			}
			return mapper.Map(ctx, src)
		},
		explain: func(ctx context.Context, src S) Explanation {
			if wanted != nil && !wanted(src) {
				return failed(Skip)
			}
			return Explain(ctx, mapper, src)
		},
	}
}

// combined is a mapper made of others. Its version and its fields are made of
// theirs. It is Versioned, Fielded and an Explainer.
type combined[S, T any] struct {
	version string
	fields  *fields
	apply   function[S, T]
	explain func(context.Context, S) Explanation
}

func (c combined[S, T]) Map(ctx context.Context, src S) (T, error)      { return c.apply(ctx, src) }
func (c combined[S, T]) Version() string                                { return c.version }
func (c combined[S, T]) Explain(ctx context.Context, src S) Explanation { return c.explain(ctx, src) }

func (c combined[S, T]) Fingerprints() map[string]string {
	if c.fields == nil {
		return nil
	}
	return maps.Clone(c.fields.prints)
}

func (c combined[S, T]) Reads() map[string][]string {
	if c.fields == nil {
		return nil
	}
	return maps.Clone(c.fields.reads)
}
