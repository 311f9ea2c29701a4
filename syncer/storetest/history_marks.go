package storetest

import (
	"fmt"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

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
		request.Skip = []syncer.Skip{{Tenant: "u"}}
	}
	for h.chance(15) {
		request.Skip = append(request.Skip, syncer.Skip{
			Tenant: []string{"", "t", "u"}[h.IntN(3)], Flow: []string{"", "f", "child"}[h.IntN(3)], Sweeps: h.chance(50),
		})
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
		claim.Number, claim.Fence, claim.Age = 0, 0, 0
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
	held := h.held(1 + h.IntN(6))
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
		r.Children, r.Cascade, r.Replaced = []string{"child"}, h.chance(30), h.chance(20)
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
		if claim.model.Link != nil && !claim.model.Link.State.HasTarget() {
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
