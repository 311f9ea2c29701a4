package spec

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/contactlink/contactlink/mapping"
)

const (
	// maxBuilt is how many bytes the expressions may build for one record.
	maxBuilt = 16 << 20
	// maxTime is how long they may take.
	maxTime = 5 * time.Second
	// maxMatching is how much of a text times the size of a pattern a regular
	// expression may look at: some tenths of a second.
	maxMatching = 1 << 26
	// maxExpression is how long the text of an expression may be, in bytes. The
	// depth to which it can nest depends on it.
	maxExpression = 8 << 10
	// maxNodes is how many parts an expression may have.
	maxNodes = 500
	// maxMemory is how many elements an expression's own lists may have.
	maxMemory = 100_000
)

// ErrTooMuch is the error of a record for which the expressions would build more
// than the limit of 16 MiB.
var ErrTooMuch = errors.New("spec: the expressions build more than 16 MiB for one record")

// ErrTooLong is the error of a record for which the expressions would take longer
// than five seconds, or match a regular expression with too long a text.
var ErrTooLong = errors.New("spec: the expressions take too long for one record")

// unsetValue is the value of the name unset: the field isn't touched.
type unsetValue struct{}

// run is the mapping of one record.
type run struct {
	shared  *shared
	ctx     context.Context //nolint:containedctx // it lives as long as the call of Map
	record  reflect.Value   // the source's struct, addressable
	made    reflect.Value   // the target's
	field   string          // the target's field that is being made
	budget  int
	ticks   int
	started time.Time // when the first loop did its first step
	vm      vm.VM
	env     map[string]any             // of expressions; filled with what they read
	custom  map[string]json.RawMessage // the source's custom fields by id
	bridge  map[string]json.RawMessage // the target's
	raw     json.RawMessage
}

// shared is what all runs of a mapper have in common.
type shared struct {
	settings
	phones phoneCache
	zones  zoneCache
}

// start makes the run ready for a record.
func (r *run) start(ctx context.Context) {
	r.ctx, r.budget, r.field = ctx, maxBuilt, ""
	r.ticks, r.started = 0, time.Time{}
}

// reset forgets the record.
func (r *run) reset() {
	r.ctx, r.custom, r.bridge, r.raw = nil, nil, nil, nil
	r.record.SetZero()
	r.made.SetZero()
	clear(r.env)
	clear(r.vm.Stack[:cap(r.vm.Stack)])
	clear(r.vm.Variables)
}

// spend counts what a function is about to build.
func (r *run) spend(bytes int) error {
	if bytes > r.budget || bytes < 0 {
		return ErrTooMuch
	}
	r.budget -= bytes
	return nil
}

// tick is called at each step of what may take long.
func (r *run) tick() error {
	const often = 64
	if r.ticks++; r.ticks%often != 1 {
		return nil
	}
	return r.inTime()
}

func (r *run) inTime() error {
	if r.started.IsZero() {
		r.started = time.Now()
	}
	if time.Since(r.started) > maxTime {
		return ErrTooLong
	}
	return r.ctx.Err()
}

func (r *run) warn(text string) { mapping.Warn(r.ctx, r.field, text) }
