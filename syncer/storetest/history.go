package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// seeds is how many random histories are tried.
func seeds(t *testing.T) int {
	if testing.Short() {
		return 3
	}
	return 8
}

// steps is how long a history is.
const steps = 250

// history does the same random things with the store and with the store in
// memory, and compares every answer. Numbers and times are the store's own, and
// left out.
func history(k *kit, seed uint64) {
	h := &historian{
		kit: k, Rand: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // a history that can be repeated
		model: syncer.NewMemoryStore(), sweeps: map[syncer.SweepID]both[syncer.SweepState]{},
	}
	h.draw()
	for step := range steps {
		actions := h.actions()
		action := actions[h.IntN(len(actions))]
		h.did = append(h.did, action.name)
		action.do()
		if k.Failed() {
			k.Fatalf("seed %d, step %d, after %v", seed, step, h.did[max(0, len(h.did)-30):])
		}
	}
}

// both is something that the model and the store number each in their own way.
type both[T any] struct{ model, store T }

type historian struct {
	*kit
	*rand.Rand
	model  syncer.Store
	claims []both[syncer.Claim]
	drawn  []both[int64]
	sweeps map[syncer.SweepID]both[syncer.SweepState]
	did    []string
}

type action struct {
	name string
	do   func()
}

func (h *historian) actions() []action {
	return []action{
		{"notify", h.notify}, {"notify", h.notify}, {"notify", h.notify},
		{"claim", h.claimSome}, {"claim", h.claimSome}, {"claim", h.claimSome},
		{"commit", h.commitSome}, {"commit", h.commitSome}, {"commit", h.commitSome},
		{"extend", h.extend}, {"leave", h.leave}, {"draw", h.draw}, {"begin", h.beginSome}, {"observe", h.observe},
		{"observe", h.observe}, {"intend", h.intend}, {"enforce", h.enforce}, {"unpark", h.unpark}, {"fold", h.fold},
		{"read", h.read},
	}
}

// agree compares what the model and the store answered.
func agree[T any](h *historian, what string, model, store T) {
	h.Helper()
	want, err := json.Marshal(model)
	h.must(err)
	got, err := json.Marshal(store)
	h.must(err)
	for i := range max(len(got), len(want)) {
		if i == len(got) || i == len(want) || got[i] != want[i] {
			h.Errorf("%s: got\n\t%s\nwant\n\t%s", what, around(got, i), around(want, i))
			return
		}
	}
}

// around is the part of a text around its first difference from another.
func around(text []byte, at int) []byte { return text[max(0, at-300):min(len(text), at+150)] }

// sameError compares the errors that callers tell apart.
func (h *historian) sameError(what string, model, store error) {
	h.Helper()
	for _, kind := range []error{syncer.ErrFenced, syncer.ErrTargetTaken, syncer.ErrSweeping, syncer.ErrSpecMoved} {
		if errors.Is(model, kind) && errors.Is(store, kind) {
			return
		}
	}
	if model != nil || store != nil {
		h.Errorf("%s: got the error %v, want %v", what, store, model)
	}
}

func (h *historian) chance(percent int) bool { return h.IntN(100) < percent }

func (h *historian) id() string { return string(rune('a' + h.IntN(5))) }

func (h *historian) key() syncer.Key {
	key := syncer.Key{Tenant: "t", Flow: "f", ID: h.id()}
	if h.chance(40) {
		key.Flow = "child"
	}
	if h.chance(20) {
		key.Tenant = "u"
	}
	return key
}

func (h *historian) someMark() syncer.Mark {
	mark := syncer.Mark{
		Key: h.key(), Lane: syncer.Lane(h.IntN(3)), Gone: h.chance(20), Drift: h.chance(20), Released: h.chance(10),
		Trigger: "test",
	}
	if mark.Flow == "child" && h.chance(70) {
		mark.Parent = h.id()
	}
	if h.chance(40) {
		mark.Evidence = []byte{byte('0' + h.IntN(10))}
	}
	return mark
}

func (h *historian) notify() {
	marks := make([]syncer.Mark, 1+h.IntN(4))
	for i := range marks {
		marks[i] = h.someMark()
		if h.chance(30) {
			marks[i].EventID = fmt.Sprint("event ", h.IntN(30))
		}
	}
	h.sameError("notify", h.model.Notify(h.ctx(), marks), h.Notify(h.ctx(), marks))
}

// lease is one that holds, or one that ran out.
func (h *historian) lease() time.Duration {
	if h.chance(25) {
		return -time.Second
	}
	return long
}

func (h *historian) claimSome() {
	request := syncer.ClaimRequest{N: 1 + h.IntN(5), Lease: h.lease(), Parents: map[string]string{"child": "f"}}
	if h.chance(20) {
		request.Skip = []string{"u"}
	}
	if h.chance(20) {
		request.First = syncer.Lane(h.IntN(3))
	}
	if h.chance(20) {
		request.PerTenant = 1 + h.IntN(3)
	}
	model, idleModel, err := h.model.Claim(h.ctx(), request)
	h.must(err)
	store, idleStore, err := h.Claim(h.ctx(), request)
	h.must(err)
	agree(h, "claim", h.claimed(model), h.claimed(store))
	if h.Failed() {
		return
	}
	if len(model) == 0 && (idleModel < 0) != (idleStore < 0) {
		h.Errorf("idle: got %v, want %v", idleStore, idleModel)
	}
	for i := range model {
		h.claims = append(h.claims, both[syncer.Claim]{model[i], store[i]})
	}
}

// claimed is what claims say, without numbers.
func (h *historian) claimed(claims []syncer.Claim) []syncer.Claim {
	plain := make([]syncer.Claim, len(claims))
	for i, claim := range claims {
		claim.Number, claim.Fence = 0, 0
		claim.Link, claim.ParentLink = untouched(claim.Link), untouched(claim.ParentLink)
		claim.Spec.Number = 0
		if claim.Intent != nil {
			intent := *claim.Intent
			intent.Fence, intent.First, intent.Age = 0, time.Time{}, 0
			claim.Intent = &intent
		}
		plain[i] = claim
	}
	return plain
}

func untouched(link *syncer.Link) *syncer.Link {
	if link == nil {
		return nil
	}
	plain := *link
	plain.Touched = 0
	return &plain
}

// held picks claims, old ones too; no key twice.
func (h *historian) held(n int) []both[syncer.Claim] {
	var held []both[syncer.Claim]
	keys := map[syncer.Key]bool{}
	for range n {
		if len(h.claims) == 0 {
			break
		}
		i := h.IntN(len(h.claims))
		claim := h.claims[i]
		if keys[claim.model.Key] {
			continue
		}
		keys[claim.model.Key] = true
		held = append(held, claim)
		if h.chance(80) {
			h.claims = append(h.claims[:i], h.claims[i+1:]...)
		}
	}
	return held
}

func (h *historian) commitSome() {
	held := h.held(1 + h.IntN(3))
	var results both[[]syncer.Result]
	for _, claim := range held {
		r := h.result(claim.model)
		results.model = append(results.model, r)
		r.Number, r.Fence = claim.store.Number, claim.store.Fence
		if r.Park.Target != "" {
			results.model[len(results.model)-1].Park.Seen, r.Park.Seen = h.touched(r.Park.Target)
		}
		results.store = append(results.store, r)
	}
	model, store := h.model.Commit(h.ctx(), results.model), h.Commit(h.ctx(), results.store)
	for i := range held {
		h.sameError(fmt.Sprintf("commit %+v", results.model[i]), model[i], store[i])
	}
}

func (h *historian) result(c syncer.Claim) syncer.Result {
	r := result(c)
	r.Event.Error = h.id()
	states := []syncer.State{
		syncer.Linked, syncer.Linked, syncer.Linked, syncer.Filtered, syncer.Unlinked, syncer.Held, syncer.Detached, syncer.GoneAtTarget,
	}
	switch n := h.IntN(10); {
	case n < 6:
		state := states[h.IntN(len(states))]
		r.Link = linked(c, "").Link
		r.Link.State = state
		r.Link.Base.Answered["a"] = []byte{byte('0' + h.IntN(3))}
		if state.HasTarget() {
			r.Link.Target = syncer.Ref{ID: "target " + h.id() + c.Flow[:1], Parent: h.id()}
		}
	case n == 6:
		r.Forget = true
	}
	r.Next = []syncer.Next{syncer.Done, syncer.Done, syncer.Done, syncer.Again, syncer.Parked, syncer.Dead}[h.IntN(6)]
	if r.Next != syncer.Done {
		r.Attempt, r.Snoozes = h.IntN(9), h.IntN(3)
		r.Event.Kind = "row"
	}
	switch r.Next {
	case syncer.Again:
		r.After, r.Doubt = []time.Duration{0, long}[h.IntN(2)], h.chance(30)
	case syncer.Dead:
		r.Doubt = h.chance(30)
	case syncer.Parked:
		if c.Flow == "child" && h.chance(50) {
			r.Park.Parent = syncer.Key{Tenant: c.Tenant, Flow: "f", ID: h.id()}
		} else {
			r.Park.Target, r.Park.Field = "target "+h.id()+c.Flow[:1], []string{"a", "b"}[h.IntN(2)]
		}
	case syncer.Done:
	}
	if c.Flow == "f" && h.chance(70) {
		r.Children, r.Cascade = []string{"child"}, h.chance(30)
	}
	if h.chance(20) {
		r.Inherits = h.id()
	}
	if h.chance(10) {
		r.Marks = []syncer.Mark{h.someMark()}
	}
	return r
}

// touched is the number of the link that holds a record of the target now.
func (h *historian) touched(target string) (model, store int64) {
	flow := map[byte]string{'f': "f", 'c': "child"}[target[len(target)-1]]
	links, err := h.model.LinksOf(h.ctx(), "t", flow, []string{target})
	h.must(err)
	model = links[target].Touched
	links, err = h.LinksOf(h.ctx(), "t", flow, []string{target})
	h.must(err)
	return model, links[target].Touched
}

func (h *historian) extend() {
	for _, claim := range h.held(2) {
		h.claims = append(h.claims, claim)
		d := h.lease()
		model := h.model.Extend(h.ctx(), []syncer.Lease{{Key: claim.model.Key, Fence: claim.model.Fence}}, d)
		store := h.Extend(h.ctx(), []syncer.Lease{{Key: claim.store.Key, Fence: claim.store.Fence}}, d)
		h.sameError("extend", model[0], store[0])
	}
}

func (h *historian) leave() {
	guard := syncer.Guard{Min: h.IntN(3), Share: 0.1, Window: long}
	if h.chance(30) {
		guard = syncer.Guard{}
	}
	for _, claim := range h.held(2) {
		h.claims = append(h.claims, claim)
		if claim.model.Link == nil || !claim.model.Link.State.HasTarget() {
			continue // nothing to remove
		}
		model, err := h.model.Leave(h.ctx(), syncer.LeaveRequest{Key: claim.model.Key, Fence: claim.model.Fence, Guard: guard})
		store, err2 := h.Leave(h.ctx(), syncer.LeaveRequest{Key: claim.store.Key, Fence: claim.store.Fence, Guard: guard})
		h.sameError("leave", err, err2)
		agree(h, "leave", model, store)
	}
}

func (h *historian) draw() {
	model, err := h.model.Draw(h.ctx())
	h.must(err)
	store, err := h.Draw(h.ctx())
	h.must(err)
	h.drawn = append(h.drawn, both[int64]{model, store})
}

func (h *historian) sweepID() syncer.SweepID {
	return syncer.SweepID{Tenant: "t", Flow: "f", Name: []string{syncer.SweepFull, syncer.SweepTarget}[h.IntN(2)]}
}

func (h *historian) beginSome() {
	id, lease := h.sweepID(), h.lease()
	model, err := h.model.BeginSweep(h.ctx(), id, lease)
	store, err2 := h.BeginSweep(h.ctx(), id, lease)
	h.sameError("begin", err, err2)
	if err == nil {
		agree(h, "begin", unnumbered(model), unnumbered(store))
		h.sweeps[id] = both[syncer.SweepState]{model, store}
	}
}

// unnumbered is a state without numbers and times, but for whether there are any.
func unnumbered(state syncer.SweepState) any {
	return []any{
		state.Generation > 0, state.Previous > 0, state.Fence > 0, state.Cursor, state.Complete, state.Watermark,
		state.Started.IsZero(), state.Completed.IsZero(),
	}
}

func (h *historian) observe() {
	since := h.drawn[h.IntN(len(h.drawn))]
	if h.chance(60) {
		since = h.drawn[len(h.drawn)-1]
	}
	o := syncer.Observation{Lease: h.lease()}
	for range h.IntN(4) {
		mark := h.someMark()
		mark.Lane, mark.Parent = syncer.Sweep, ""
		switch h.IntN(4) {
		case 0, 1:
			mark.Row = []byte(`{"row":1}`)
		case 2:
			mark.Gone, mark.RowGone = true, true
		}
		o.Marks = append(o.Marks, mark)
		o.Seen = append(o.Seen, mark.ID)
	}
	sweep, begun := h.sweeps[h.sweepID()]
	if begun {
		o.SweepID = h.sweepID()
		cursor, watermark, complete := h.id(), h.id(), h.chance(30)
		for _, state := range []*syncer.SweepState{&sweep.model, &sweep.store} {
			state.Cursor, state.Watermark, state.Complete = cursor, watermark, complete
		}
	}
	o.Since, o.State = since.model, sweep.model
	err := h.model.Observe(h.ctx(), o)
	o.Since, o.State = since.store, sweep.store
	h.sameError("observe", err, h.Observe(h.ctx(), o))
}

func (h *historian) intend() {
	for _, claim := range h.held(2) {
		h.claims = append(h.claims, claim)
		intent := syncer.Intent{
			Key: claim.model.Key, Fence: claim.model.Fence, Parent: h.id(), Sent: syncer.Fields{"a": []byte("1")}, IdempotencyKey: h.id(), Body: h.id(),
		}
		model := h.model.Intend(h.ctx(), []syncer.Intent{intent})
		intent.Fence = claim.store.Fence
		h.sameError("intend", model[0], h.Intend(h.ctx(), []syncer.Intent{intent})[0])
	}
}

func (h *historian) enforce() {
	flow, version := h.key().Flow, h.id()
	model, err := h.model.Spec(h.ctx(), "t", flow)
	h.must(err)
	store, err := h.Spec(h.ctx(), "t", flow)
	h.must(err)
	agree(h, "spec", model.Version, store.Version)
	if h.chance(20) {
		model.Number, store.Number = 1, 1
	}
	_, err = h.model.Enforce(h.ctx(), "t", flow, version, model.Number)
	_, err2 := h.Enforce(h.ctx(), "t", flow, version, store.Number)
	h.sameError("enforce", err, err2)
}

func (h *historian) unpark() {
	request := syncer.UnparkRequest{Tenant: "t", Flow: h.key().Flow}
	if h.chance(70) {
		request.IDs = []string{h.id()}
	}
	if h.chance(70) {
		request.Targets = []string{"target " + h.id() + request.Flow[:1]}
	}
	h.sameError("unpark", h.model.Unpark(h.ctx(), request), h.Unpark(h.ctx(), request))
}

func (h *historian) fold() {
	request := syncer.FoldRequest{Tenant: "u", Most: h.IntN(8), Flows: []string{"f"}}
	model, err := h.model.Fold(h.ctx(), request)
	h.must(err)
	store, err := h.Fold(h.ctx(), request)
	h.must(err)
	agree(h, "fold", model, store)
}

// read compares all that can be read.
func (h *historian) read() {
	answer := func(store syncer.Store, generation func(both[syncer.SweepState]) int64) map[string]any {
		said := map[string]any{}
		say := func(what string, value any, err error) {
			h.must(err)
			said[what] = value
		}
		for _, flow := range []string{"f", "child"} {
			walked, err := store.Walk(h.ctx(), "t", flow, "", "", 3)
			say("walk "+flow, plain(walked), err)
			linked, err := store.Walk(h.ctx(), "t", flow, syncer.Linked, "b", 3)
			say("linked "+flow, plain(linked), err)
			counted, err := store.CountLinks(h.ctx(), "t", flow)
			say("links of "+flow, counted, err)
			recent, err := store.Recent(h.ctx(), "t", flow, 0, 1<<62, 3)
			say("recent "+flow, plain(recent), err)
			for status := syncer.MarkAny; status <= syncer.MarkDead; status++ {
				marks, err := store.Marks(h.ctx(), syncer.MarkQuery{Tenant: "t", Flow: flow, Status: status, After: "a"})
				for i := range marks {
					marks[i].Number, marks[i].Park.Seen = 0, 0
				}
				say(fmt.Sprint("marks ", flow, status), marks, err)
			}
			links, err := store.Links(h.ctx(), "u", flow, []string{"a", "b", "c", "none"})
			for id, link := range links {
				links[id] = *untouched(&link)
			}
			say("links "+flow, links, err)
			holders, err := store.LinksOf(h.ctx(), "t", flow, []string{"target a" + flow[:1], "target c" + flow[:1], "target d" + flow[:1]})
			for id, link := range holders {
				holders[id] = *untouched(&link)
			}
			say("holders "+flow, holders, err)
			events, err := store.Events(h.ctx(), syncer.EventQuery{Flow: flow, ID: "a", Limit: 7})
			for i := range events {
				events[i].Number, events[i].Time = 0, time.Time{}
			}
			say("log of "+flow, events, err)
		}
		all, err := store.Counts(h.ctx(), "", "")
		say("counts", all, err)
		some, err := store.Counts(h.ctx(), "t", "f")
		say("counts of f", some, err)
		for _, name := range []string{syncer.SweepFull, syncer.SweepTarget, syncer.SweepOwed} {
			id := syncer.SweepID{Tenant: "t", Flow: "f", Name: name}
			if name == syncer.SweepOwed {
				id = syncer.SweepID{Tenant: "u", Name: name}
			}
			state, err := store.Sweep(h.ctx(), id)
			say("sweep "+name, unnumbered(state), err)
			unseen, err := store.Unseen(h.ctx(), syncer.UnseenRequest{SweepID: id, Generation: generation(h.sweeps[id]), N: 4})
			say("unseen "+name, plain(unseen), err)
		}
		return said
	}
	model := answer(h.model, func(s both[syncer.SweepState]) int64 { return s.model.Generation })
	store := answer(h.Store, func(s both[syncer.SweepState]) int64 { return s.store.Generation })
	for what := range model {
		agree(h, what, model[what], store[what])
	}
}

func plain(links []syncer.Link) []syncer.Link {
	without := make([]syncer.Link, len(links))
	for i := range links {
		without[i] = *untouched(&links[i])
	}
	return without
}
