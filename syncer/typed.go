package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/contactlink/contactlink/mapping"
)

// sides is a flow's source, mapper and target without their types.
type sides interface {
	check() error
	sourceCapabilities(context.Context) (SourceCapabilities, error)
	targetCapabilities(context.Context) (TargetCapabilities, error)
	read(context.Context, Ref) (Record[json.RawMessage], error)
	readBy(context.Context, Ref, []byte) (Record[json.RawMessage], error)
	scan(context.Context, Query, string) (Page[json.RawMessage], error)
	unchanged(row, read json.RawMessage) bool
	lists(read json.RawMessage) bool
	mapped(context.Context, json.RawMessage) (Fields, []mapping.Warning, error)
	mappedOnce(context.Context, json.RawMessage) (Fields, []mapping.Warning, error)
	held(context.Context, Ref) (Record[Fields], error)
	find(context.Context, string) (*Record[Fields], error)
	listHeld(context.Context, string) (Page[Fields], error)
	create(context.Context, Draft[Fields]) (Record[Fields], error)
	update(context.Context, Ref, Patch[Fields]) (Record[Fields], error)
	remove(context.Context, Ref, string) error
	candidates(context.Context, string, time.Time) ([]Record[Fields], error)
	sliced() bool
	slices(context.Context, int) ([]Slice, error)
	naturalKeys(Fields) ([]NaturalKey, error)
	hasKeys() bool
	writes(other sides) bool
	targetOf() any
	finds() bool
	explained(ctx context.Context, data json.RawMessage) []mapping.FieldExplanation
}

type typed[S, T any] struct {
	source Source[S]
	mapper mapping.Mapper[S, T]
	target Target[T]
	keys   func(T) []NaturalKey
}

func (t typed[S, T]) check() error {
	var errs []error
	if t.source == nil {
		errs = append(errs, errors.New("it has no Source"))
	}
	if t.mapper == nil {
		errs = append(errs, errors.New("it has no Mapper"))
	}
	if t.target == nil {
		errs = append(errs, errors.New("it has no Target"))
	}
	return errors.Join(errs...)
}

func (t typed[S, T]) sourceCapabilities(ctx context.Context) (SourceCapabilities, error) {
	return t.source.Capabilities(ctx)
}

func (t typed[S, T]) targetCapabilities(ctx context.Context) (TargetCapabilities, error) {
	return t.target.Capabilities(ctx)
}

func (t typed[S, T]) read(ctx context.Context, ref Ref) (Record[json.RawMessage], error) {
	record, err := t.source.Get(ctx, ref)
	if err != nil {
		return Record[json.RawMessage]{}, err
	}
	return encoded(record)
}

// readBy reads a record with the help of evidence, if that is of use.
func (t typed[S, T]) readBy(ctx context.Context, ref Ref, evidence []byte) (Record[json.RawMessage], error) {
	source, ok := t.source.(EvidenceSource[S])
	if !ok || ref.Parent != "" || len(evidence) == 0 {
		return t.read(ctx, ref)
	}
	record, err := source.GetBy(ctx, ref, evidence)
	if err != nil {
		return Record[json.RawMessage]{}, err
	}
	return encoded(record)
}

func (t typed[S, T]) scan(ctx context.Context, query Query, cursor string) (Page[json.RawMessage], error) {
	page, err := t.source.List(ctx, query, cursor)
	if err != nil {
		return Page[json.RawMessage]{}, err
	}
	rows := Page[json.RawMessage]{Next: page.Next, Total: page.Total, Date: page.Date, Records: make([]Record[json.RawMessage], len(page.Records))}
	for i, record := range page.Records {
		if rows.Records[i], err = encoded(record); err != nil {
			return Page[json.RawMessage]{}, err
		}
	}
	return rows, nil
}

func encoded[R any](record Record[R]) (Record[json.RawMessage], error) {
	if err := checkIDs(record.ID, record.Parent); err != nil {
		return Record[json.RawMessage]{}, &Error{Kind: KindRow, Err: fmt.Errorf("the source's record: %w", err)}
	}
	data, err := json.Marshal(record.Value)
	if err != nil {
		return Record[json.RawMessage]{}, &Error{Kind: KindRow, Err: fmt.Errorf("encode the source's record: %w", err)}
	}
	return Record[json.RawMessage]{
		Ref: record.Ref, Value: data, Version: record.Version, Partial: record.Partial, Updated: record.Updated,
	}, nil
}

func (t typed[S, T]) unchanged(row, read json.RawMessage) bool {
	source, ok := t.source.(PartialSource[S])
	if !ok {
		return false
	}
	var a, b S
	if json.Unmarshal(row, &a) != nil || json.Unmarshal(read, &b) != nil {
		return false
	}
	return source.Unchanged(a, b)
}

// lists reports whether the source's listing would show a record.
func (t typed[S, T]) lists(read json.RawMessage) bool {
	source, bounded := t.source.(BoundedSource[S])
	var record S
	return !bounded || json.Unmarshal(read, &record) != nil || source.Lists(record)
}

// mapped runs the mapper, twice: an answer that is not the same both times would
// be written for ever (P5). That, and a panic, is the record's error.
func (t typed[S, T]) mapped(ctx context.Context, data json.RawMessage) (Fields, []mapping.Warning, error) {
	fields, warnings, err := t.mappedOnce(ctx, data)
	if err != nil {
		return nil, warnings, err
	}
	again, _, err := t.mappedOnce(ctx, data)
	if err == nil && !sameFields(fields, again) {
		err = errors.New("the answers differ")
	}
	if err != nil {
		return nil, nil, &Error{Kind: KindMapping, Err: fmt.Errorf("the mapper is not stable, it gave two answers for one record: %w", err)}
	}
	return fields, warnings, nil
}

func (t typed[S, T]) mappedOnce(ctx context.Context, data json.RawMessage) (fields Fields, warnings []mapping.Warning, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Kind: KindMapping, Err: fmt.Errorf("the mapper panicked: %v", p)}
		}
	}()
	var record S
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, nil, &Error{Kind: KindMapping, Err: fmt.Errorf("decode the source's record: %w", err)}
	}
	ctx, collected := mapping.CollectWarnings(ctx)
	value, err := t.mapper.Map(ctx, record)
	switch {
	case errors.Is(err, mapping.Skip):
		return nil, nil, err
	case err != nil:
		return nil, nil, &Error{Kind: KindMapping, Err: fmt.Errorf("map the record: %w", err)}
	}
	fields, err = fieldsFrom(value)
	if err != nil {
		return nil, nil, &Error{Kind: KindMapping, Err: err}
	}
	return fields, collected(), nil
}

func fieldsFrom(value any) (Fields, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode the mapped record: %w", err)
	}
	return fieldsOf(data)
}

func (t typed[S, T]) held(ctx context.Context, ref Ref) (Record[Fields], error) {
	return heldOf(t.target.Get(ctx, ref))
}

func (t typed[S, T]) find(ctx context.Context, externalID string) (*Record[Fields], error) {
	record, err := t.target.Find(ctx, externalID)
	if err != nil || record == nil {
		return nil, err
	}
	held, err := heldOf(*record, nil)
	if err != nil {
		return nil, err
	}
	return &held, nil
}

func (t typed[S, T]) listHeld(ctx context.Context, cursor string) (Page[Fields], error) {
	page, err := t.target.List(ctx, cursor)
	if err != nil {
		return Page[Fields]{}, err
	}
	rows := Page[Fields]{Next: page.Next, Total: page.Total, Date: page.Date, Records: make([]Record[Fields], len(page.Records))}
	for i, record := range page.Records {
		if rows.Records[i], err = heldOf(record, nil); err != nil {
			return Page[Fields]{}, err
		}
	}
	return rows, nil
}

func (t typed[S, T]) create(ctx context.Context, draft Draft[Fields]) (Record[Fields], error) {
	value, err := valueOf[T](draft.Value)
	if err != nil {
		return Record[Fields]{}, err
	}
	return heldOf(t.target.Create(ctx, Draft[T]{
		ExternalID: draft.ExternalID, Parent: draft.Parent, Value: value, IdempotencyKey: draft.IdempotencyKey,
	}))
}

func (t typed[S, T]) update(ctx context.Context, ref Ref, patch Patch[Fields]) (Record[Fields], error) {
	value, err := valueOf[T](patch.Value)
	if err != nil {
		return Record[Fields]{}, err
	}
	return heldOf(t.target.Update(ctx, ref, Patch[T]{
		Parent: patch.Parent, ExternalID: patch.ExternalID, Value: value, Version: patch.Version,
	}))
}

func (t typed[S, T]) remove(ctx context.Context, ref Ref, version string) error {
	return t.target.Delete(ctx, ref, version)
}

// valueOf makes a value of the target's type that has only these fields.
func valueOf[T any](fields Fields) (T, error) {
	var value T
	data, err := fields.object()
	if err == nil {
		err = json.Unmarshal(data, &value)
	}
	if err != nil {
		return value, &Error{Kind: KindMapping, Err: fmt.Errorf("make a record of the mapped fields: %w", err)}
	}
	return value, nil
}

func heldOf[T any](record Record[T], err error) (Record[Fields], error) {
	if err != nil {
		return Record[Fields]{}, err
	}
	// Of no kind: what a create answered so may well be there.
	if err := checkIDs(record.ID, record.Parent, record.ExternalID); err != nil {
		return Record[Fields]{}, fmt.Errorf("the target's record: %w", err)
	}
	fields, err := fieldsFrom(record.Value)
	if err != nil {
		return Record[Fields]{}, &Error{Kind: KindRow, Err: err}
	}
	return Record[Fields]{Ref: record.Ref, Value: fields, Version: record.Version, ExternalID: record.ExternalID}, nil
}

// finds reports whether the target can say what became of a create.
func (t typed[S, T]) finds() bool {
	_, ok := t.target.(CandidateTarget[T])
	return ok
}

func (t typed[S, T]) candidates(ctx context.Context, parent string, since time.Time) ([]Record[Fields], error) {
	target, ok := t.target.(CandidateTarget[T])
	if !ok {
		return nil, &Error{Kind: KindAccount, Err: errors.New("the target can't be searched for what was created")}
	}
	records, err := target.Candidates(ctx, parent, since)
	if err != nil {
		return nil, err
	}
	found := make([]Record[Fields], len(records))
	for i, record := range records {
		if found[i], err = heldOf(record, nil); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// slices cuts the source's listing; one slice without bounds if it can't be cut.
func (t typed[S, T]) sliced() bool {
	_, ok := t.source.(SlicedSource)
	return ok
}

func (t typed[S, T]) slices(ctx context.Context, n int) ([]Slice, error) {
	if source, ok := t.source.(SlicedSource); ok {
		return source.Slices(ctx, n)
	}
	return []Slice{{}}, nil
}

func (t typed[S, T]) hasKeys() bool { return t.keys != nil }

func (t typed[S, T]) naturalKeys(fields Fields) ([]NaturalKey, error) {
	if t.keys == nil {
		return nil, nil
	}
	value, err := valueOf[T](fields)
	if err != nil {
		return nil, err
	}
	var keys []NaturalKey
	for _, key := range t.keys(value) {
		if key.Value != "" {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (t typed[S, T]) targetOf() any { return t.target }

// writes reports whether another flow has the very same target, or one of the same
// type and account.
func (t typed[S, T]) writes(other sides) bool {
	mine, theirs := reflect.ValueOf(t.target), reflect.ValueOf(other.targetOf())
	if mine.Type() != theirs.Type() {
		return false
	}
	if one, named := t.targetOf().(AccountTarget); named {
		if two, named := other.targetOf().(AccountTarget); named {
			mine, theirs = reflect.ValueOf(one.Account()), reflect.ValueOf(two.Account())
		}
	}
	return mine.Comparable() && theirs.Comparable() && mine.Equal(theirs)
}
