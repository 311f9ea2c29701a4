package storetest

import (
	"fmt"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

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
