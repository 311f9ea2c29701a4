package syncer

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

// maxPlans is how often a key is planned anew because its counterpart changes
// under our hands, before it is left for later.
const maxPlans = 4

// write brings the counterpart to what the mapping wants.
func (j *job) write(ctx context.Context, desired Fields) Result {
	switch j.link.State {
	case Linked, Held:
		var held *Record[Fields]
		if j.claim.Doubt {
			// Taken over from somebody whose write may still have landed: both sides
			// are read.
			record, err := j.held(ctx, j.link.Target)
			if err != nil {
				return j.missing(ctx, desired, err)
			}
			held = &record
		}
		return j.update(ctx, desired, &j.link.Base, held, Updated)
	case Leaving, Detached:
		record, err := j.held(ctx, j.link.Target)
		if err != nil {
			return j.missing(ctx, desired, err)
		}
		return j.update(ctx, desired, nil, &record, Adopted)
	case GoneAtTarget:
		if j.flow.onTargetGone == GoneRespect {
			result := j.result(GoneRespected)
			result.Link = j.linked(GoneAtTarget, Ref{}, j.base(desired, Record[Fields]{}))
			return result
		}
	case Unlinked, Filtered:
	}
	return j.create(ctx, desired)
}

func (j *job) held(ctx context.Context, ref Ref) (record Record[Fields], err error) {
	err = j.call(ctx, func(ctx context.Context) error {
		record, err = j.flow.sides.held(ctx, ref)
		return err
	})
	return record, err
}

// base is what both sides agree on once the target holds held.
func (j *job) base(desired Fields, held Record[Fields]) Base {
	return Base{
		Source: j.source.Value, Sent: desired, Answered: held.Value.only(desired),
		Version: held.Version, Mapping: j.flow.version,
	}
}

// create creates the counterpart. External ids are unique at the target, so a
// create that had happened already is refused and its record adopted (P2): no
// intent has to be stored before.
func (j *job) create(ctx context.Context, desired Fields) Result {
	values := Fields{}
	for name, value := range desired {
		if !equal(value, null) {
			values[name] = value
		}
	}
	var made Record[Fields]
	err := j.call(ctx, func(ctx context.Context) (err error) {
		made, err = j.flow.sides.create(ctx, Draft[Fields]{ExternalID: j.claim.ID, Parent: j.parent, Value: values})
		return err
	})
	switch {
	case err == nil:
		j.event.Fields = values.names()
		result := j.result(Created)
		result.Link = j.linked(Linked, made.Ref, j.base(desired, made))
		return result
	case kindOf(err) == KindTaken:
		return j.adopt(ctx, desired)
	case kindOf(err) == KindGone:
		// The parent's counterpart is gone. Its own key finds out; this one waits.
		return j.failed(ctx, &Error{Kind: KindTransient, Err: err})
	case kindOf(err) == KindTransient && !errors.Is(err, ErrFenced):
		return j.failed(ctx, &Error{Kind: KindAmbiguous, Err: err})
	default:
		return j.failed(ctx, err)
	}
}

// adopt links a record that holds our external id: an earlier create of ours.
// It is read, and every mapped field that differs is sent, nulls included.
func (j *job) adopt(ctx context.Context, desired Fields) Result {
	var held *Record[Fields]
	err := j.call(ctx, func(ctx context.Context) (err error) {
		held, err = j.flow.sides.find(ctx, j.claim.ID)
		return err
	})
	if err != nil {
		return j.failed(ctx, err)
	}
	if held == nil {
		return j.failed(ctx, &Error{Kind: KindTransient, Err: errors.New("the target says that the external id is taken, but finds no record with it")})
	}
	holders, err := j.store.LinksOf(ctx, j.claim.Tenant, j.claim.Flow, []string{held.ID})
	other, taken := holders[held.ID]
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case taken && other.ID != j.claim.ID:
		return j.failed(ctx, &Error{Kind: KindIdentity, Err: ErrTargetTaken})
	}
	j.link.Target = held.Ref
	return j.update(ctx, desired, nil, held, Adopted)
}

// update sends what a plan says. held is the counterpart if it was read.
func (j *job) update(ctx context.Context, desired Fields, base *Base, held *Record[Fields], action Action) Result {
	ref := j.link.Target
	for range maxPlans {
		known := situation{
			base: base, desired: desired, mapping: j.flow.version, sets: j.flow.sets, drift: j.flow.onDrift,
		}
		version := ""
		switch {
		case held != nil:
			known.held, version, ref = held.Value, held.Version, held.Ref
		case base != nil:
			version = base.Version
		}
		d := plan(known)
		moves := j.parent != "" && ref.Parent != j.parent
		if len(d.send) == 0 && !moves {
			return j.inStep(desired, ref, base, held, action)
		}
		patch := Patch[Fields]{Value: d.send, Version: version}
		if moves {
			patch.Parent = j.parent
		}
		var made Record[Fields]
		err := j.call(ctx, func(ctx context.Context) (err error) {
			made, err = j.flow.sides.update(ctx, ref, patch)
			return err
		})
		switch {
		case err == nil:
			j.event.Fields = d.send.names()
			result := j.result(action)
			result.Link = j.linked(Linked, made.Ref, j.base(desired, made))
			return result
		case kindOf(err) == KindGone:
			return j.missing(ctx, desired, err)
		case kindOf(err) != KindVersion:
			return j.failed(ctx, err)
		}
		record, err := j.held(ctx, ref)
		if err != nil {
			return j.missing(ctx, desired, err)
		}
		held = &record
	}
	return j.failed(ctx, &Error{Kind: KindTransient, Err: errors.New("the target's record keeps changing")})
}

// inStep renews the base: nothing has to be sent.
func (j *job) inStep(desired Fields, ref Ref, base *Base, held *Record[Fields], action Action) Result {
	if action == Updated {
		action = Unchanged
	}
	result := j.result(action)
	if held == nil {
		held = &Record[Fields]{Value: base.Answered, Version: base.Version}
	}
	now := j.base(desired, *held)
	if action == Unchanged && j.link.State == Linked && j.link.Parent == j.source.Parent &&
		base != nil && sameBase(*base, now) {
		return result // P7: nothing to write here either
	}
	result.Link = j.linked(Linked, ref, now)
	return result
}

func sameBase(a, b Base) bool {
	return bytes.Equal(a.Source, b.Source) && sameFields(a.Sent, b.Sent) && sameFields(a.Answered, b.Answered) &&
		a.Version == b.Version && a.Mapping == b.Mapping
}

func sameFields(a, b Fields) bool {
	return slices.Equal(a.names(), b.names()) && !slices.ContainsFunc(a.names(), func(name string) bool {
		return !equal(a[name], b[name])
	})
}

// missing handles a counterpart that isn't where it was. If no record holds our
// external id, somebody deleted it.
func (j *job) missing(ctx context.Context, desired Fields, err error) Result {
	if kindOf(err) != KindGone {
		return j.failed(ctx, err)
	}
	var held *Record[Fields]
	err = j.call(ctx, func(ctx context.Context) (err error) {
		held, err = j.flow.sides.find(ctx, j.claim.ID)
		return err
	})
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case held != nil:
		j.link.Target = held.Ref
		return j.update(ctx, desired, &j.link.Base, held, Updated)
	case j.flow.onTargetGone == GoneRecreate || j.link.State == Leaving || j.link.State == Detached:
		j.link.State, j.link.Target = Unlinked, Ref{}
		return j.create(ctx, desired)
	}
	result := j.ended(GoneRespected, GoneAtTarget)
	result.Link.Base = j.base(desired, Record[Fields]{})
	return result
}
