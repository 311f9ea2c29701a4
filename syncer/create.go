package syncer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	// keepKey is how long an idempotency key is used: targets honour it for 24
	// hours.
	keepKey = 23 * time.Hour
	// clockSkew is how far the target's clock may be off the store's when a record
	// is looked for by when it was made.
	clockSkew = 5 * time.Minute
)

// create creates the counterpart. P2: either external ids are unique at the
// target, so that a create that had happened already is refused and its record
// adopted; or an intent is stored before the request is sent.
func (j *job) create(ctx context.Context, desired Fields) Result {
	if wait := j.tenant.createsPaused(time.Now()); wait > 0 {
		return j.again(Snoozed, wait, j.claim.Attempt)
	}
	if result, ended := j.match(ctx, desired); ended {
		return result
	}
	values := Fields{}
	for name, value := range desired {
		if !equal(value, null) {
			values[name] = value
		}
	}
	draft := Draft[Fields]{ExternalID: j.claim.ID, Parent: j.parent, Value: values}
	if !j.targetCan.ExternalIDs {
		if err := j.intend(ctx, &draft); err != nil {
			return j.failed(ctx, err)
		}
	}
	var made Record[Fields]
	err := j.callWrite(ctx, func(ctx context.Context) (err error) {
		made, err = j.flow.sides.create(ctx, draft)
		return err
	})
	switch kind := kindOf(err); {
	case err == nil:
		j.sent(values, nil)
		j.altered(values, made.Value)
		result := j.result(Created)
		result.Link = j.linked(Linked, made.Ref, j.base(desired, made))
		return result
	case errors.Is(err, ErrFenced):
		return j.failed(ctx, err)
	case ctx.Err() != nil:
		return j.cut(ctx, err)
	case kind == KindTaken:
		return j.adopt(ctx, desired)
	case kind == KindIdentity:
		return j.contested(ctx, desired, err)
	case kind == KindGone:
		// The parent's counterpart is gone. Its own key finds out; this one waits.
		return j.failed(ctx, &Error{Kind: KindTransient, Err: err})
	case kind == KindTransient,
		kind == KindRow && !j.targetCan.ExternalIDs && j.claim.Attempt == 0: // a refusal may lie: services have created what they refused
		return j.failed(ctx, &Error{Kind: KindAmbiguous, Err: err})
	default:
		return j.failed(ctx, err)
	}
}

// cut ends a write that the end of the engine cut off: it may have happened, and
// may still arrive.
func (j *job) cut(ctx context.Context, err error) Result {
	result := j.failed(ctx, err)
	result.Doubt, result.After = true, j.config.RequestTimeout
	return result
}

// intend stores the intent of a create. The intents of a batch share a commit.
func (j *job) intend(ctx context.Context, draft *Draft[Fields]) error {
	body := bodyOf(*draft)
	if j.targetCan.IdempotencyKeys {
		before := j.claim.Intent
		if before != nil && before.Body == body && before.IdempotencyKey != "" && before.Age < keepKey {
			draft.IdempotencyKey = before.IdempotencyKey // the same bytes again: the stored intent stands
			return nil
		}
		draft.IdempotencyKey = j.randomKey()
	}
	intent := Intent{
		Key: j.claim.Key, Fence: j.claim.Fence, Parent: draft.Parent, Sent: draft.Value,
		IdempotencyKey: draft.IdempotencyKey, Body: body,
	}
	if err := j.intents.do(ctx, intent)[0]; err != nil {
		return err
	}
	j.claim.Intent = &intent
	return nil
}

// bodyOf is a hash of what is sent.
func bodyOf(draft Draft[Fields]) string {
	data, err := draft.Value.object()
	if err != nil {
		data = nil // its create fails as well
	}
	sum := sha256.Sum256(append([]byte(draft.Parent+"\n"), data...))
	return hex.EncodeToString(sum[:])
}

// resolveIntent looks for the record that an earlier holder may have created.
// It ends the job if that can't be told yet, or by a machine.
func (j *job) resolveIntent(ctx context.Context) (result Result, ended bool) {
	intent := j.claim.Intent
	var records []Record[Fields]
	err := j.callTarget(ctx, func(ctx context.Context) (err error) {
		records, err = j.flow.sides.candidates(ctx, intent.Parent, intent.First.Add(-clockSkew))
		return err
	})
	if err != nil && kindOf(err) != KindGone { // without its parent it is gone as well
		return j.failed(ctx, err), true
	}
	same, near, err := j.candidates(ctx, records, intent.Sent)
	switch {
	case err != nil:
		return j.failed(ctx, err), true
	case len(same) == 1:
		// The link is stored before the record is written: then it does not hold what
		// was sent any more, and could not be found again.
		result := j.again(Snoozed, 0, j.claim.Attempt)
		result.Event.Error = "what an earlier create made was found: it is linked, and looked at again"
		result.Doubt = false
		result.Link = &Link{Key: j.claim.Key, State: Detached, Parent: cmp.Or(j.claim.Parent, j.link.Parent), Target: same[0].Ref}
		return result, true
	case len(same)+len(near) > 0:
		return j.ambiguous(append(same, near...)), true
	}
	// "None" counts only once the request can't arrive any more, and the target
	// would show what it did.
	if old := j.config.RequestTimeout + j.targetCan.Lag; intent.Age < old {
		return j.again(Snoozed, old-intent.Age, j.claim.Attempt), true
	}
	j.claim.Doubt = j.link.State.HasTarget()
	return Result{}, false
}

// candidates sorts records that no key is linked with by whether they hold what
// was sent: all of it, or all but one field.
func (j *job) candidates(ctx context.Context, records []Record[Fields], sent Fields) (same, near []Record[Fields], err error) {
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = record.ID
	}
	links, err := j.store.LinksOf(ctx, j.claim.Tenant, j.claim.Flow, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, record := range records {
		if _, linked := links[record.ID]; linked {
			continue
		}
		alike, fields := 0, 0
		for _, name := range sent.names() {
			fields++
			if alikeValues(sent[name], record.Value.value(name)) {
				alike++
			}
		}
		switch {
		case alike == fields:
			same = append(same, record)
		case alike == fields-1 && fields > 2:
			near = append(near, record)
		}
	}
	return same, near, nil
}

// alikeValues compares two values as loosely as targets keep them: trimmed, in
// any case, rounded, sets in any order.
func alikeValues(a, b json.RawMessage) bool {
	if equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	switch x := x.(type) {
	case string:
		y, ok := y.(string)
		return ok && strings.EqualFold(strings.TrimSpace(x), strings.TrimSpace(y))
	case float64:
		y, ok := y.(float64)
		return ok && math.Abs(x-y) <= 0.5
	case []any:
		of, ok := elements(a)
		with, also := elements(b)
		return ok && also && len(without(of, with))+len(without(with, of)) == 0
	}
	return false
}

// ambiguous parks a key whose create may have made one of several records.
func (j *job) ambiguous(records []Record[Fields]) Result {
	ids := make([]string, len(records))
	for i, record := range records {
		ids[i] = record.ID
	}
	j.event.Kind = KindAmbiguous.String()
	j.event.Error = fmt.Sprintf("an earlier create may have made one of the target's records %s: a person has to look", strings.Join(ids, ", "))
	result := j.result(ParkedAction)
	result.Next, result.Park, result.Doubt = Parked, Park{Target: ids[0]}, true
	return result
}

// adopt links a record that holds our external id: an earlier create of ours.
// It is read, and every mapped field that differs is sent, nulls included.
func (j *job) adopt(ctx context.Context, desired Fields) Result {
	held, err := j.find(ctx)
	if err != nil {
		return j.failed(ctx, err)
	}
	if held == nil {
		return j.failed(ctx, &Error{Kind: KindTransient, Err: errors.New("the target says that the external id is taken, but finds no record with it")})
	}
	holder, err := j.holderOf(ctx, held.ID)
	switch {
	case err != nil:
		return j.failed(ctx, err)
	case holder != nil && holder.ID != j.claim.ID && holder.State != Detached:
		return j.parkUnder(held.ID, "", holder, ErrTargetTaken)
	}
	j.link.Target = held.Ref
	j.found = true
	return j.update(ctx, desired, update{held: held, action: Adopted})
}
