package spec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/contactlink/contactlink/mapping"
)

// generation is part of every fingerprint. It changes when this package makes
// something else of the same spec.
const generation = "1"

// errNoResource is the error of a nil Mapper: a spec has none for a resource that
// it doesn't declare.
var errNoResource = errors.New("spec: the mapper is nil: the spec doesn't declare these records")

// Mapper is a compiled spec. It is a mapping.Mapper, Versioned, Fielded and an
// Explainer, and safe for concurrent use.
type Mapper[S, T any] struct {
	resource string
	file     *File
	when     *filter
	steps    []*step
	bridge   *bridge
	pool     *sync.Pool
	version  string
}

type filter struct {
	entry      *entry
	expression *expression
}

// state is what a run needs, used again and again.
type state[S, T any] struct {
	record S
	made   T
	run    run
}

func newState[S, T any](s *shared) *state[S, T] {
	st := &state[S, T]{}
	st.run = run{
		shared: s, record: reflect.ValueOf(&st.record).Elem(), made: reflect.ValueOf(&st.made).Elem(),
		env: map[string]any{"unset": unsetValue{}},
	}
	return st
}

// Map makes a T of a record. What when leaves out is mapping.Skip. An error says
// which rule failed, and holds no values.
func (m *Mapper[S, T]) Map(ctx context.Context, record S) (T, error) {
	if m == nil {
		var none T
		return none, errNoResource
	}
	st := m.pool.Get().(*state[S, T])
	defer m.release(st)
	st.record = record
	r := &st.run
	r.start(ctx)
	if err := m.apply(r); err != nil {
		var none T
		return none, err
	}
	return st.made, nil
}

func (m *Mapper[S, T]) release(st *state[S, T]) {
	st.run.reset()
	st.run.env["unset"] = unsetValue{}
	m.pool.Put(st)
}

func (m *Mapper[S, T]) apply(r *run) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if m.when != nil {
		wanted, err := m.when.wants(r)
		if err != nil {
			return err
		}
		if !wanted {
			return mapping.Skip
		}
	}
	for _, s := range m.steps {
		if err := s.run(r); err != nil {
			return err
		}
	}
	if m.bridge != nil {
		return m.bridge.fill(r)
	}
	return nil
}

func (f *filter) wants(r *run) (bool, error) {
	value, err := f.expression.run(r)
	if err != nil {
		return false, f.entry.failed(err)
	}
	wanted, ok := value.(bool)
	if !ok {
		return false, f.entry.failed(fmt.Errorf("when is true or false, but the expression gives %s", human(reflect.TypeOf(value))))
	}
	return wanted, nil
}

func (s *step) run(r *run) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.field = s.field
	if err := s.apply(r); err != nil {
		return s.entry.failed(err)
	}
	return nil
}

// failed is a record's error at a rule.
func (e *entry) failed(err error) error {
	return fmt.Errorf("%s (%s:%d): %w", e.path, e.file.name, e.key.Line, err)
}

// Version changes with any rule.
func (m *Mapper[S, T]) Version() string {
	if m == nil {
		return ""
	}
	return m.version
}

// Fingerprints tells of each field a text that changes with its rule. See
// mapping.Fielded.
func (m *Mapper[S, T]) Fingerprints() map[string]string {
	if m == nil {
		return nil
	}
	marks := map[string]string{}
	if m.when != nil {
		marks[""] = fingerprint("when", m.when.entry.text(), fmt.Sprint(m.when.expression.needs))
	}
	for _, s := range m.all() {
		marks[s.field] = s.fingerprint
	}
	if m.bridge != nil {
		marks[bridgeField] = m.bridge.mark
	}
	return marks
}

// Reads tells of each field which fields of the source its rule reads. See
// mapping.Fielded.
func (m *Mapper[S, T]) Reads() map[string][]string {
	if m == nil {
		return nil
	}
	reads := map[string][]string{}
	if m.when != nil {
		reads[""] = slices.Clone(m.when.expression.reads)
	}
	for _, s := range m.all() {
		reads[s.field] = slices.Clone(s.reads)
	}
	if m.bridge != nil {
		reads[bridgeField] = nil
		if m.bridge.keeps() {
			reads[bridgeField] = []string{bridgeField}
		}
	}
	return reads
}

// all are the steps of all fields, custom ones too.
func (m *Mapper[S, T]) all() []*step {
	if m.bridge == nil {
		return m.steps
	}
	return slices.Concat(m.steps, m.bridge.steps)
}

func (m *Mapper[S, T]) fingerprint() string {
	marks := m.Fingerprints()
	parts := []string{m.resource}
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		parts = append(parts, name, marks[name])
	}
	return "spec " + fingerprint(parts...)
}

// fingerprint is a short text that changes with any of its parts.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(generation + "\x00" + strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}
