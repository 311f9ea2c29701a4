package spec

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/expr-lang/expr/vm"

	"github.com/contactlink/contactlink/mapping"
)

const (
	// maxBuilt is how many bytes the functions may build for one record.
	maxBuilt = 16 << 20
	// maxNodes is how many parts an expression may have.
	maxNodes = 500
	// maxMemory is how many elements an expression's own lists may have.
	maxMemory = 100_000
)

// ErrTooMuch is the error of a record for which the expressions would build more
// than the limit of 16 MiB.
var ErrTooMuch = errors.New("spec: the expressions build more than 16 MiB for one record")

// unsetValue is the value of the name unset: the field isn't touched.
type unsetValue struct{}

// run is the mapping of one record.
type run struct {
	shared *shared
	ctx    context.Context //nolint:containedctx // it lives as long as the call of Map
	record reflect.Value   // the source's struct, addressable
	made   reflect.Value   // the target's
	field  string          // the target's field that is being made
	budget int
	vm     vm.VM
	env    map[string]any             // of expressions; filled with what they read
	custom map[string]json.RawMessage // the source's custom fields by id
	bridge map[string]json.RawMessage // the target's
	raw    json.RawMessage
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

func (r *run) warn(text string) { mapping.Warn(r.ctx, r.field, text) }
