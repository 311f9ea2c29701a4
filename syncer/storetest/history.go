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
		return 4
	}
	return 12
}

// steps is how long a history is.
const steps = 250

// history does the same random things with the store and with the store in
// memory, and compares every answer. Numbers and times are the store's own, and
// left out.
func history(k *kit, seed uint64) {
	h := &historian{
		kit: k, Rand: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // a history that can be repeated
		model: syncer.NewMemoryStore(),
	}
	h.draw()
	h.generation = h.drawn[0]
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
	model      syncer.Store
	claims     []both[syncer.Claim]
	drawn      []both[int64]
	generation both[int64]
	did        []string
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
		{"extend", h.extend}, {"leave", h.leave}, {"draw", h.draw}, {"observe", h.observe},
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
	if string(got) != string(want) {
		h.Errorf("%s: got\n\t%s\nwant\n\t%s", what, got, want)
	}
}

// sameError compares the errors that callers tell apart.
func (h *historian) sameError(what string, model, store error) {
	h.Helper()
	for _, kind := range []error{syncer.ErrFenced, syncer.ErrTargetTaken} {
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
		Key: h.key(), Lane: syncer.Lane(h.IntN(3)), Gone: h.chance(20), Released: h.chance(10), Trigger: "test",
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
		if state.HasTarget() {
			r.Link.Target = syncer.Ref{ID: "target " + h.id() + c.Flow[:1], Parent: h.id()}
		}
	case n == 6:
		r.Forget = true
	}
	r.Next = []syncer.Next{syncer.Done, syncer.Done, syncer.Done, syncer.Again, syncer.Parked, syncer.Dead}[h.IntN(6)]
	switch r.Next {
	case syncer.Again:
		r.After, r.Attempt, r.Doubt = []time.Duration{0, long}[h.IntN(2)], h.IntN(9), h.chance(30)
	case syncer.Dead:
		r.Attempt, r.Doubt = h.IntN(9), h.chance(30)
	case syncer.Parked:
		if c.Flow == "child" {
			r.Park = syncer.Key{Tenant: c.Tenant, Flow: "f", ID: h.id()}
		} else {
			r.Next = syncer.Done
		}
	}
	if c.Flow == "f" && h.chance(70) {
		r.Children, r.Cascade = []string{"child"}, h.chance(30)
	}
	return r
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

func (h *historian) observe() {
	since := h.drawn[h.IntN(len(h.drawn))]
	if h.chance(60) {
		since = h.drawn[len(h.drawn)-1]
	}
	if h.chance(20) {
		h.draw()
		h.generation = h.drawn[len(h.drawn)-1]
	}
	o := syncer.Observation{Tenant: "t", Flow: "f", Sweep: syncer.SweepState{
		Cursor: h.id(), Watermark: h.id(), Complete: h.chance(30),
	}}
	for range h.IntN(4) {
		mark := h.someMark()
		mark.Tenant, mark.Flow, mark.Lane, mark.Parent = "t", "f", syncer.Sweep, ""
		switch h.IntN(4) {
		case 0, 1:
			mark.Row = []byte(`{"row":1}`)
		case 2:
			mark.Gone, mark.RowGone = true, true
		}
		o.Marks = append(o.Marks, mark)
		o.Seen = append(o.Seen, mark.ID)
	}
	o.Since, o.Sweep.Generation = since.model, h.generation.model
	err := h.model.Observe(h.ctx(), o)
	o.Since, o.Sweep.Generation = since.store, h.generation.store
	h.sameError("observe", err, h.Observe(h.ctx(), o))
}

// read compares all that can be read.
func (h *historian) read() {
	answer := func(store syncer.Store, generation int64) map[string]any {
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
			unseen, err := store.Unseen(h.ctx(), "t", flow, generation, "", 4)
			say("unseen "+flow, plain(unseen), err)
			links, err := store.Links(h.ctx(), "u", flow, []string{"a", "b", "c", "none"})
			for id, link := range links {
				links[id] = *untouched(&link)
			}
			say("links "+flow, links, err)
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				of, err := store.LinkOf(h.ctx(), "t", flow, "target "+id+flow[:1])
				say("link of "+flow+id, untouched(of), err)
			}
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
		state, err := store.SweepState(h.ctx(), "t", "f")
		state.Generation = 0
		say("sweep", state, err)
		return said
	}
	model, store := answer(h.model, h.generation.model), answer(h.Store, h.generation.store)
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
