package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/contactlink/contactlink/syncer"
)

// seeds is how many random histories are tried.
const seeds = 6

// steps is how long a history is.
const steps = 150

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
