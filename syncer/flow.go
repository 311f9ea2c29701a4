package syncer

import (
	"context"
	"reflect"

	"github.com/contactlink/contactlink/mapping"
)

// FlowConfig describes a flow: how the records of one source become records of
// one target. It is a literal whose Flow method makes the Flow.
type FlowConfig[S, T any] struct {
	// Name names the flow in keys, logs and reports: "contacts". Required, and
	// stable: the state is stored under it.
	Name   string
	Source Source[S]
	// Mapper makes what the target should hold. When the version of one that is
	// mapping.Versioned changes, all records are mapped anew as they were read last,
	// and those of which it makes something else are written. What its changed rules
	// read must have been read then: of one that is mapping.Fielded, that is known.
	Mapper mapping.Mapper[S, T]
	Target Target[T]
	// Parent is the flow of the records that these belong to, or nil. A record is
	// never written before its parent.
	Parent Flow
	// Sets are the names of T's fields (in JSON) that are sets of strings. They are
	// merged: what others put there stays.
	Sets []string
	// OnSourceGone says what to do with the counterpart of a record that was
	// deleted. The default is LeaveDelete.
	OnSourceGone LeavePolicy
	// OnFiltered is the same for a record that the mapper skips now. The default is
	// LeaveDelete.
	OnFiltered LeavePolicy
	// LeftTag is the tag of LeaveTag.
	LeftTag string
	// NaturalKeys are what identifies a record apart from its ids: its phone number,
	// its e-mail address, in canonical form. It is called with what the mapper made
	// and with what the target holds. Nil: the records have none.
	NaturalKeys func(T) []NaturalKey
	// Existing says what to do with records that the target of a flow with
	// NaturalKeys holds already. The default is ExistingAsk.
	Existing ExistingPolicy
	// OnTargetGone says what to do when somebody deleted the counterpart. The
	// default is GoneRespect.
	OnTargetGone GonePolicy
	// OnDrift says what to do when somebody changed a mapped field at the target.
	// The default is DriftRestore.
	OnDrift DriftPolicy
	// SkipIfLacking leaves the flow out, which is counted in reports, if one side
	// can't do what it needs. Otherwise that is an error at the start.
	SkipIfLacking bool
	// Context makes the context for the work of a lane, so that clients which space
	// their requests learn what can wait: sweeps, backfills, and what they found, are
	// of the lane Sweep. May be nil.
	Context func(ctx context.Context, lane Lane) context.Context
	// Guard is the brake on removals. The default is DefaultGuard.
	Guard Guard
	// Limits says how the limiters of both sides stand, like Tenant.Limits, which goes
	// before. Of the flows of a tenant, the first with a label says it. May be nil.
	Limits func() []LimitState
}

// NaturalKey is a field and its value in canonical form: "phone", "+12025550101".
type NaturalKey struct{ Field, Value string }

// Flow is what a FlowConfig makes.
type Flow interface {
	// Name is the flow's name.
	Name() string
	sealed() *flow
}

// Flow checks nothing: New does, and names what is missing.
func (c FlowConfig[S, T]) Flow() Flow {
	f := &flow{
		name: c.Name, version: mapping.VersionOf(c.Mapper), sets: map[string]bool{},
		onSourceGone: c.OnSourceGone, onFiltered: c.OnFiltered,
		onTargetGone: c.OnTargetGone, onDrift: c.OnDrift, guard: c.Guard,
		existing: c.Existing, leftTag: c.LeftTag, skippable: c.SkipIfLacking, context: c.Context, limits: c.Limits,
		sides: typed[S, T]{source: c.Source, mapper: c.Mapper, target: c.Target, keys: c.NaturalKeys},
	}
	f.rules, f.reads = declared(c.Mapper, reflect.TypeFor[S]())
	if f.guard == (Guard{}) {
		f.guard = DefaultGuard
	}
	if c.Parent != nil {
		f.parent = c.Parent.Name()
	}
	for _, name := range c.Sets {
		f.sets[name] = true
	}
	if len(c.Sets) > 0 {
		f.leftSet = c.Sets[0]
	}
	return f
}

// flow is a FlowConfig without its types. Records are JSON, fields are Fields.
type flow struct {
	name, parent string
	version      string
	rules        Rules
	reads        map[string][]string // by field, see mapping.Fielded
	sets         map[string]bool
	onSourceGone LeavePolicy
	onFiltered   LeavePolicy
	onTargetGone GonePolicy
	onDrift      DriftPolicy
	guard        Guard
	existing     ExistingPolicy
	skippable    bool
	context      func(context.Context, Lane) context.Context
	limits       func() []LimitState
	// leftTag marks what left, in the set leftSet.
	leftTag, leftSet string
	sides            sides
}

// in is the context for the work of a lane. P7: so the limits of the clients let
// real-time work go ahead of sweeps.
func (f *flow) in(ctx context.Context, lane Lane) context.Context {
	if f.context == nil {
		return ctx
	}
	return f.context(ctx, lane)
}

func (f *flow) Name() string  { return f.name }
func (f *flow) sealed() *flow { return f }
