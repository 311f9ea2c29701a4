package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/contactlink/contactlink/syncer"
)

// hostile are texts that a database, a driver or a format takes for something
// else, in the order of their bytes.
func hostile() []string {
	texts := []string{
		" ", "'; DROP TABLE links; --", "' OR '1'='1", "%", "_", "a%", "--", "/*", ";", "`", "[a]", "$$", ":id", "@id", "%n%v%!s(MISSING)", `"`, "%s%d%!", "$1", "?", "{p}", `\`, `\x00`, "a\x00b", "a", "\x00", "\n\r\t\x1b[31m",
		"\xff\xfe", "a\xc3", "\xed\xa0\x80", "007", "7", "1e3", "2026-11-24T21:00:00Z", "true", "NULL", "null",
		"é", "e\u0301", "É", "🙂", "שלום", "\u202eabc", "a ", "A", "ß", strings.Repeat("long", 300),
	}
	slices.Sort(texts)
	return texts
}

var valueChecks = []check{
	{"ids of any bytes come back as they were, and are told apart", func(k *kit) {
		all := hostile()
		for i, id := range all {
			mark := syncer.Mark{
				Key: syncer.Key{Tenant: "t", Flow: "f", ID: id}, Parent: id, EventID: id, Trigger: id, Evidence: []byte(id),
			}
			k.mark(mark)
			c := k.claim()
			if c.Key != mark.Key || c.Parent != id || c.EventID != id || c.Trigger != id || !bytes.Equal(c.Evidence, mark.Evidence) {
				k.Errorf("%q came back as %+v", id, c.Mark)
			}
			r := linked(c, "target "+id)
			r.Link.Target.Parent, r.Link.Base.Version, r.Link.Base.Mapping = id, id, id
			r.Event.Error, r.Event.Warnings, r.Event.EventID = id, []string{id, "and", id}, id
			k.commit(r)
			k.mark(mark) // its event id is known
			k.equal("marks", k.counts("f"), syncer.MarkCounts{})

			holders, err := k.LinksOf(k.ctx(), "t", "f", []string{"target " + id})
			k.must(err)
			link, known := holders["target "+id]
			if !known || link.ID != id || link.Parent != id || link.Target.Parent != id || link.Base.Version != id || link.Base.Mapping != id {
				k.Errorf("%q came back as %+v", id, link)
			}
			events, err := k.Events(k.ctx(), syncer.EventQuery{ID: id})
			k.must(err)
			if len(events) != 1 || events[0].Error != id || events[0].EventID != id || !slices.Equal(events[0].Warnings, r.Event.Warnings) {
				k.Errorf("%q has the log %+v", id, events)
			}
			k.equal("links", len(k.walkAll()), i+1)
		}
		k.same("walked", k.walkAll(), all)
		links, err := k.Links(k.ctx(), "t", "f", all)
		k.must(err)
		k.equal("links", len(links), len(all))
	}},
	{"tenants and flows of any bytes are told apart", func(k *kit) {
		for _, name := range hostile() {
			k.mark(syncer.Mark{Key: syncer.Key{Tenant: name, Flow: "f", ID: "a"}}, syncer.Mark{Key: syncer.Key{Tenant: "t", Flow: name, ID: "a"}})
		}
		for _, name := range hostile() {
			for _, scope := range [][2]string{{name, ""}, {"t", name}} {
				counts, err := k.Counts(k.ctx(), scope[0], scope[1])
				k.must(err)
				if len(counts) != 1 {
					k.Errorf("%q has the counts %v", name, counts)
				}
			}
			id := syncer.SweepID{Tenant: name, Flow: name, Name: name}
			state := k.begin(id)
			state.Cursor, state.Watermark = name, name
			k.must(k.Observe(k.ctx(), syncer.Observation{SweepID: id, Seen: []string{name}, State: state}))
			stored, err := k.Sweep(k.ctx(), id)
			k.must(err)
			k.equal("state", stored.Cursor+stored.Watermark, name+name)
			spec, err := k.Enforce(k.ctx(), name, name, name, syncer.Rules{Source: []string{fmt.Sprintf("%x", name)}}, 0)
			k.must(err)
			k.equal("spec", spec.Version, name)
			rules, err := k.Rules(k.ctx(), name, name, name)
			k.must(err)
			k.same("source", rules.Source, []string{fmt.Sprintf("%x", name)})
		}
		skips := []syncer.Skip{{Tenant: "t"}}
		for _, name := range hostile() {
			skips = append(skips, syncer.Skip{Tenant: name}, syncer.Skip{Tenant: "u", Flow: name})
		}
		k.same("skipped", k.ids(k.claimAll(long, skips...)), nil)
	}},
	{"reasons, words of the log, rates and holders of any bytes come back as they were", func(k *kit) {
		for i, text := range hostile() {
			k.must(k.Pause(k.ctx(), syncer.Pause{Tenant: text, Flow: text, Reason: text}))
			ended, err := k.Resume(k.ctx(), text, text)
			k.must(err)
			k.equal("there was a pause", ended, true)
			k.must(k.Pause(k.ctx(), syncer.Pause{Tenant: text, Reason: text}))
			pauses, err := k.Pauses(k.ctx())
			k.must(err)
			at := slices.IndexFunc(pauses, func(p syncer.Pause) bool { return p.Tenant == text })
			if len(pauses) != i+1 || at < 0 || pauses[at].Reason != text || pauses[at].Flow != "" {
				k.Errorf("%q has the pauses %+v", text, pauses)
			}

			k.mark(syncer.Mark{Key: key(text)})
			r := result(k.claim())
			r.Event.Trigger, r.Event.Kind, r.Event.Error, r.Event.Correlation, r.Event.TraceID = text, text, text, text, text
			r.Event.Fields = []string{text, "and", text}
			if utf8.ValidString(text) { // names of values are JSON's
				r.Event.Values = map[string]syncer.FieldValues{text: {Before: []byte("1")}}
			}
			k.commit(r)
			events, err := k.Events(k.ctx(), syncer.EventQuery{ID: text, Kind: text})
			k.must(err)
			if len(events) != 1 {
				k.Fatalf("%q has the log %+v", text, events)
			}
			e := events[0]
			k.same("words", append([]string{e.Trigger, e.Kind, e.Error, e.Correlation, e.TraceID}, e.Fields...),
				append([]string{text, text, text, text, text}, r.Event.Fields...))
			k.equal("values", len(e.Values), len(r.Event.Values))
			for name, value := range e.Values {
				k.equal("value", name+" "+string(value.Before), text+" 1")
			}

			request := syncer.LoanRequest{Rate: text, Holder: text, N: 1, Requests: 4, Window: time.Hour, Hold: time.Hour}
			loan := k.lend(request)
			k.equal("lent", loan.Requests, 1)
			k.must(k.Repay(k.ctx(), syncer.Repayment{Rate: text, ID: loan.ID, Unspent: 1, Window: time.Hour}))
		}
	}},
	{"values come back byte for byte", func(k *kit) {
		values := []string{`"a & b <c> \u003c"`, `12345678901234567890.10`, `"\ud83d\ude42"`, `null`, `""`, `[ 1,  2 ]`, `{"b":1,"a":2}`, "\"\u2028\"", `"\u0000"`}
		for _, value := range values {
			k.mark(syncer.Mark{Key: key("a")})
			r := linked(k.claim(), "x")
			r.Link.Base.Source = []byte(" " + value + " ")
			r.Link.Base.Sent = syncer.Fields{"na & me": json.RawMessage(value), "custom.<x>": json.RawMessage("1")}
			r.Link.Base.Answered = syncer.Fields{}
			k.commit(r)
			links, err := k.Links(k.ctx(), "t", "f", []string{"a"})
			k.must(err)
			base := links["a"].Base
			if string(base.Source) != " "+value+" " || len(base.Sent) != 2 || string(base.Sent["na & me"]) != value ||
				string(base.Sent["custom.<x>"]) != "1" || len(base.Answered) != 0 {
				k.Errorf("%s came back as %s, %s, %s", value, base.Source, base.Sent, base.Answered)
			}
		}
	}},
	{"large values come back as they were", func(k *kit) {
		large := json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)
		since, err := k.Draw(k.ctx())
		k.must(err)
		k.must(k.Observe(k.ctx(), syncer.Observation{Since: since, Marks: []syncer.Mark{{Key: key("a"), Row: large[:syncer.MaxRow]}}}))
		c := k.claim()
		k.equal("row", string(c.Row) == string(large[:syncer.MaxRow]), true)
		r := linked(c, "x")
		r.Link.Base.Source = large
		k.commit(r)
		links, err := k.LinksOf(k.ctx(), "t", "f", []string{"x"})
		k.must(err)
		k.equal("source", bytes.Equal(links["x"].Base.Source, large), true)
	}},
	{"many ids are asked for at once", func(k *kit) {
		var marks []syncer.Mark
		var ids []string
		for i := range 600 {
			ids = append(ids, time.Duration(i).String())
			marks = append(marks, syncer.Mark{Key: key(ids[i])})
		}
		k.mark(marks...)
		var results []syncer.Result
		for len(results) < len(ids) {
			for _, c := range k.claimAll(long) {
				results = append(results, linked(c, "x"+c.ID))
			}
		}
		k.must(errors.Join(k.Commit(k.ctx(), results)...))
		links, err := k.Links(k.ctx(), "t", "f", ids)
		k.must(err)
		k.equal("links", len(links), len(ids))
	}},
}

// walkAll are the ids of all links, read three at a time.
func (k *kit) walkAll() []string {
	k.Helper()
	var ids []string
	for after := ""; ; {
		links, err := k.Walk(k.ctx(), "t", "f", "", after, 3)
		k.must(err)
		for _, link := range links {
			ids = append(ids, link.ID)
		}
		if len(links) < 3 {
			return ids
		}
		after = ids[len(ids)-1]
	}
}
