package storetest

import "github.com/contactlink/contactlink/syncer"

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
	rules := syncer.Rules{Fingerprints: map[string]string{h.id(): h.id()}}
	_, err = h.model.Enforce(h.ctx(), "t", flow, version, rules, model.Number)
	_, err2 := h.Enforce(h.ctx(), "t", flow, version, rules, store.Number)
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
