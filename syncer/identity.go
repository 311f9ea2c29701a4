package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxCycle is how many keys are looked at to find out whether they wait for
// each other in a circle.
const maxCycle = 16

// holderOf is the link that holds a record of the target, nil if none does.
func (j *job) holderOf(ctx context.Context, target string) (*Link, error) {
	links, err := j.store.LinksOf(ctx, j.claim.Tenant, j.claim.Flow, []string{target})
	if err != nil {
		return nil, err
	}
	if link, held := links[target]; held {
		return &link, nil
	}
	return nil, nil
}

// parkUnder parks the key under a record of the target that is in its way. P2:
// two keys never share a record.
func (j *job) parkUnder(target, field string, holder *Link, why error) Result {
	j.event.Kind, j.event.Error = KindIdentity.String(), why.Error()
	result := j.result(Conflict)
	result.Next, result.Attempt, result.Doubt = Parked, j.claim.Attempt, j.claim.Doubt
	result.Park = Park{Target: target, Field: field}
	if holder != nil {
		result.Park.Seen = holder.Touched
	}
	if !j.link.State.HasTarget() {
		result.Link = j.linked(Unlinked, Ref{}, Base{Source: j.source.Value, Mapping: j.flow.version})
	}
	return result
}

// contested handles a write that the target refused because another of its
// records holds the phone number or e-mail address.
func (j *job) contested(ctx context.Context, desired Fields, refusal error) Result {
	var detail *Error
	if !errors.As(refusal, &detail) || detail.Conflict == "" {
		return j.failed(ctx, refusal) // the target does not say which
	}
	target, field := detail.Conflict, detail.Field
	holder, err := j.holderOf(ctx, target)
	if err != nil {
		return j.failed(ctx, err)
	}
	unowned := holder == nil || holder.State == Detached
	switch {
	case unowned && !j.link.State.HasTarget() && j.flow.existing == ExistingMatch:
		return j.take(ctx, desired, target, field, holder)
	case unowned:
		return j.parkUnder(target, field, holder, refusal)
	}
	if !j.link.State.HasTarget() {
		gone, err := j.sourceIsGone(ctx, *holder)
		if err != nil {
			return j.failed(ctx, err)
		}
		if gone {
			return j.inherit(*holder)
		}
	}
	if name := canonicalField(desired, field); name != "" && j.link.State == Linked {
		first, circle, err := j.circle(ctx, target)
		if err != nil {
			return j.failed(ctx, err)
		}
		if circle && first == j.claim.ID {
			return j.stepAside(ctx, name)
		}
	}
	return j.parkUnder(target, field, holder, refusal)
}

// canonicalField is the field's name if the mapping has it.
func canonicalField(desired Fields, field string) string {
	if _, mapped := desired[field]; mapped {
		return field
	}
	return ""
}

// sourceIsGone reads the source's record of a holder.
func (j *job) sourceIsGone(ctx context.Context, holder Link) (bool, error) {
	err := j.callSource(ctx, func(ctx context.Context) error {
		_, err := j.flow.sides.read(ctx, Ref{ID: holder.ID, Parent: holder.Parent})
		return err
	})
	if err != nil && kindOf(err) == KindGone {
		return true, nil
	}
	return false, err
}

// inherit takes over the record of a key whose source is gone: a contact that
// was deleted and made anew, whose new record arrives first. The link is
// committed before the record is written.
func (j *job) inherit(holder Link) Result {
	result := j.again(Adopted, 0, j.claim.Attempt)
	result.Link = j.linked(Detached, holder.Target, Base{})
	result.Inherits, result.Children = holder.ID, j.tenant.children(j.flow)
	return result
}

// circle follows who waits for whom from the key that holds a record of the
// target. If that leads back here, it returns the smallest key of the circle.
func (j *job) circle(ctx context.Context, target string) (first string, circle bool, err error) {
	first = j.claim.ID
	for range maxCycle {
		holder, err := j.holderOf(ctx, target)
		if err != nil || holder == nil {
			return "", false, err
		}
		if holder.ID == j.claim.ID {
			return first, true, nil
		}
		first = min(first, holder.ID)
		marks, err := j.store.Marks(ctx, MarkQuery{Tenant: j.claim.Tenant, Flow: j.claim.Flow, IDs: []string{holder.ID}})
		if err != nil || len(marks) == 0 || marks[0].Park.Target == "" {
			return "", false, err
		}
		target = marks[0].Park.Target
	}
	return "", false, nil
}

// breakCircle releases the smallest key of a circle that a park has just
// closed: it steps aside.
func (j *job) breakCircle(ctx context.Context, result Result) error {
	if result.Next != Parked || result.Park.Target == "" || !j.link.State.HasTarget() {
		return nil
	}
	first, circle, err := j.circle(ctx, result.Park.Target)
	if err != nil || !circle {
		return err
	}
	return j.store.Unpark(ctx, UnparkRequest{Tenant: j.claim.Tenant, Flow: j.claim.Flow, IDs: []string{first}})
}

// stepAside clears the field that the next key of a circle waits for. The base
// says that null was sent: so the field is sent again as soon as it can be, also
// by somebody else after a crash.
func (j *job) stepAside(ctx context.Context, field string) Result {
	var made Record[Fields]
	err := j.callWrite(ctx, func(ctx context.Context) (err error) {
		made, err = j.flow.sides.update(ctx, j.link.Target, Patch[Fields]{
			Value: Fields{field: null}, Version: j.link.Base.Version,
		})
		return err
	})
	if err != nil {
		if kindOf(err) == KindVersion || kindOf(err) == KindGone {
			err = &Error{Kind: KindTransient, Err: err}
		}
		return j.failed(ctx, err)
	}
	j.sent(Fields{field: null}, j.link.Base.Answered)
	j.event.Warnings = append(j.event.Warnings, field+": cleared for a moment, because several records exchange it")
	result := j.again(Updated, j.config.RetryMin, j.claim.Attempt)
	base := j.link.Base
	base.Sent = base.Sent.with(field, null)
	base.Answered, base.Version = made.Value.only(base.Sent), made.Version
	result.Link = j.linked(Linked, made.Ref, base)
	return result
}

// take adopts a record that nobody is linked with, if the rule of matching
// allows it. The link is committed before the record is written.
func (j *job) take(ctx context.Context, desired Fields, target, field string, holder *Link) Result {
	j.tenant.matchers[j.flow.name].touch(target) // it was made since the index was
	chosen, rivals, err := j.choose(ctx, desired)
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case chosen != nil:
		return j.adoptForeign(*chosen)
	case len(rivals) > 1:
		rivals = slices.DeleteFunc(rivals, func(id string) bool { return id == target })
	}
	return j.parkUnder(target, field, holder, fmt.Errorf("a record of the target holds the same %s, and whether it is the same person is not certain: %d candidates, %v",
		field, len(rivals), rivals[:min(len(rivals), maxNamed)]))
}

func (j *job) adoptForeign(ref Ref) Result {
	result := j.again(Adopted, 0, j.claim.Attempt)
	result.Link = j.linked(Linked, ref, Base{})
	return result
}
