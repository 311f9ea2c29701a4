package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/syncer"
)

// worked makes rows of the log, one for each id.
func (k *kit) worked(ids ...string) {
	k.Helper()
	for _, id := range ids {
		k.mark(syncer.Mark{Key: key(id), EventID: "event " + id})
		r := result(k.claim())
		r.Event.EventID = "event " + id
		k.commit(r)
	}
}

func (k *kit) logged(query syncer.EventQuery) string {
	k.Helper()
	events, err := k.Events(k.ctx(), query)
	k.must(err)
	var ids []string
	for _, event := range events {
		ids = append(ids, event.ID)
	}
	return strings.Join(ids, " ")
}

// logChecks are of the log and of pauses.
var logChecks = []check{
	{"a row of the log keeps all that is known of an attempt", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")})
		r := result(k.claim())
		r.Event.Correlation, r.Event.TraceID = "c1", "\x00trace"
		r.Event.Values = map[string]syncer.FieldValues{"name": {After: []byte(`"Ann"`)}, "é": {Before: []byte("null"), After: []byte("1")}}
		k.commit(r)
		events, err := k.Events(k.ctx(), syncer.EventQuery{})
		k.must(err)
		if len(events) != 1 || events[0].Correlation != "c1" || events[0].TraceID != "\x00trace" || len(events[0].Values) != 2 ||
			string(events[0].Values["name"].After) != `"Ann"` || events[0].Values["name"].Before != nil || string(events[0].Values["é"].Before) != "null" {
			k.Fatalf("got %+v", events)
		}
	}},
	{"the log is chosen from by what went wrong, by event and by time", func(k *kit) {
		k.worked("a", "b")
		k.mark(syncer.Mark{Key: key("c")})
		r := result(k.claim())
		r.Event.Kind, r.Event.Action = "row", syncer.DeadLetter
		k.commit(r)
		k.equal("by kind", k.logged(syncer.EventQuery{Kind: "row"}), "c")
		k.equal("by action", k.logged(syncer.EventQuery{Action: syncer.DeadLetter}), "c")
		k.equal("by event", k.logged(syncer.EventQuery{EventID: "event b"}), "b")
		events, err := k.Events(k.ctx(), syncer.EventQuery{})
		k.must(err)
		k.equal("since the first", k.logged(syncer.EventQuery{Since: events[0].Time.Add(-time.Hour)}), "a b c")
		k.equal("until long ago", k.logged(syncer.EventQuery{Until: events[0].Time.Add(-time.Hour)}), "")
		k.equal("since much later", k.logged(syncer.EventQuery{Since: events[0].Time.Add(time.Hour)}), "")
	}},
	{"an event is known by its row, its mark, or because it came", func(k *kit) {
		k.worked("a")
		k.mark(syncer.Mark{Key: key("b"), EventID: "first"})
		k.mark(syncer.Mark{Key: key("b"), EventID: "second"}) // one mark, two events
		ids := []string{"event a", "first", "second", "never"}
		for range 300 {
			ids = append(ids, fmt.Sprint("never ", len(ids)))
		}
		for tenant, want := range map[string]string{"": "event a,first,second", "t": "event a,first,second", "u": ""} {
			known, err := k.KnownEvents(k.ctx(), tenant, ids)
			k.must(err)
			k.equal("known of "+tenant, strings.Join(slices.Sorted(maps.Keys(known)), ","), want)
		}
	}},
	{"the log is trimmed by age and number, the oldest first", func(k *kit) {
		k.worked("a", "b", "c", "d")
		none, err := k.EventsBeyond(k.ctx(), time.Hour, 4)
		k.must(err)
		k.equal("beyond four rows and an hour", none, int64(0))
		none, err = k.EventsBeyond(k.ctx(), 0, 0)
		k.must(err)
		k.equal("without a bound", none, int64(0))
		beyond, err := k.EventsBeyond(k.ctx(), 0, 1)
		k.must(err)
		for _, want := range []int{2, 1, 0} {
			n, err := k.TrimEvents(k.ctx(), beyond, 2)
			k.must(err)
			k.equal("trimmed", n, want)
		}
		k.equal("what is left", k.logged(syncer.EventQuery{}), "d")
	}},
	{"a flow that pauses is not claimed, another is", func(k *kit) {
		k.mark(syncer.Mark{Key: key("a")}, syncer.Mark{Key: theChild()})
		k.must(k.Pause(k.ctx(), syncer.Pause{Tenant: "t", Flow: "f", Reason: "why"}))
		k.must(k.Pause(k.ctx(), syncer.Pause{Tenant: "t", Flow: "f", Reason: "why not"}))
		k.must(k.Pause(k.ctx(), syncer.Pause{Tenant: "s"}))
		pauses, err := k.Pauses(k.ctx())
		k.must(err)
		if len(pauses) != 2 || pauses[0].Tenant != "s" || pauses[1].Flow != "f" || pauses[1].Reason != "why not" || pauses[1].Time.IsZero() {
			k.Fatalf("got %+v", pauses)
		}
		k.same("claims", k.ids(k.claimAll(long)), []string{"c"})
		for _, was := range []bool{true, false} {
			ended, err := k.Resume(k.ctx(), "t", "f")
			k.must(err)
			k.equal("there was a pause", ended, was)
		}
		k.same("claims of a resumed flow", k.ids(k.claimAll(long)), []string{"a"})
	}},
	{"the age of the oldest mark is that of the first notification", func(k *kit) {
		none, err := k.Oldest(k.ctx(), "t", "f")
		k.must(err)
		k.equal("without marks", none, time.Duration(0))
		k.mark(syncer.Mark{Key: key("a")})
		for last := time.Duration(0); last < time.Millisecond; { // marked again and again, it only grows
			k.mark(syncer.Mark{Key: key("a")})
			age, err := k.Oldest(k.ctx(), "t", "f")
			k.must(err)
			if age < last {
				k.Fatalf("the age went from %v to %v", last, age)
			}
			last = age
		}
		r := result(k.claim())
		r.Next = syncer.Dead
		k.commit(r)
		none, err = k.Oldest(k.ctx(), "t", "f")
		k.must(err)
		k.equal("of dead letters", none, time.Duration(0))
	}},
}
