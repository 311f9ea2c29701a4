// Package simulation runs the engine through random histories on the kit of
// syncer/simtest. README.md says how, and what it found.
package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/simtest"
)

// person and card are the records of both sides: people, and their pets.
type person struct {
	Name, Town string
	Tags       []string
	Hidden     bool // the mapping leaves it out
	Revision   int
}

type card struct {
	Title    opt.Opt[string]   `json:"title,omitzero"`
	Town     opt.Opt[string]   `json:"town,omitzero"`
	Tags     opt.Opt[[]string] `json:"tags,omitzero"`
	Revision opt.Opt[int]      `json:"revision,omitzero"`
	Memo     opt.Opt[string]   `json:"memo,omitzero"` // is not mapped
}

func draw(r *rand.Rand, before person) person {
	now := before
	now.Revision++
	if before.Revision == 0 {
		now.Name = fmt.Sprintf("Person %d", r.IntN(1000))
		now.Town = pick(r, towns)
		now.Tags = tags(r)
		return now
	}
	switch r.IntN(6) {
	case 0:
		now.Name = fmt.Sprintf("Person %d", r.IntN(1000))
	case 1:
		now.Town = pick(r, towns)
	case 2, 3:
		now.Tags = tags(r)
	case 4:
		now.Hidden = !now.Hidden && r.IntN(2) == 0
	default:
		now.Name, now.Town = fmt.Sprintf(" PERSON %d ", r.IntN(1000)), pick(r, towns)
	}
	return now
}

var towns = []string{"Rome", "OSLO", "", " Bern "}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func tags(r *rand.Rand) []string {
	var some []string
	for _, tag := range []string{"a", "B", "c"} {
		if r.IntN(2) == 0 {
			some = append(some, tag)
		}
	}
	return some
}

// stranger is what others write at the target.
func stranger(r *rand.Rand) card {
	switch r.IntN(4) {
	case 0:
		return card{Title: opt.Set(fmt.Sprintf("stranger %d", r.IntN(3)))}
	case 1:
		return card{Town: opt.OrNull(pick(r, towns))}
	case 2:
		return card{Tags: opt.Set([]string{pick(r, []string{"a", "b", "theirs"})})}
	default:
		return card{Memo: opt.Set(fmt.Sprintf("memo %d", r.IntN(100)))}
	}
}

func memo(r *rand.Rand) card { return card{Memo: opt.Set(fmt.Sprintf("memo %d", r.IntN(100)))} }

// lossy is what a target makes of a value: it trims, and lower-cases.
func lossy(_ string, value json.RawMessage) json.RawMessage {
	var text string
	var list []string
	switch {
	case json.Unmarshal(value, &text) == nil && string(value) != "null":
		return encode(strings.ToLower(strings.TrimSpace(text)))
	case json.Unmarshal(value, &list) == nil && list != nil:
		for i := range list {
			list[i] = strings.ToLower(list[i])
		}
		return encode(list)
	}
	return value
}

func encode(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return data
}

// mapper makes the mapper of a number. Each has another version, and maps a
// little differently.
func mapper(revisions bool) func(int) mapping.Mapper[person, card] {
	return func(number int) mapping.Mapper[person, card] {
		return mapping.WithVersion(mapping.Func(func(_ context.Context, p person) (card, error) {
			if p.Hidden {
				return card{}, mapping.Skip
			}
			c := card{Title: opt.OrNull(p.Name), Town: opt.OrNull(p.Town), Tags: opt.Set(p.Tags)}
			if number%3 == 1 {
				c.Title = opt.Set(p.Name + ", " + p.Town)
			}
			if revisions {
				c.Revision = opt.Set(p.Revision)
			}
			return c, nil
		}), fmt.Sprintf("v%d", number))
	}
}

func revision(c card) (int, bool) {
	n, set := c.Revision.Get()
	return n, set
}

// World draws a world from the seed: what both sides can do, the policies, what
// goes wrong and how often.
func World(s *simtest.Sim) simtest.World {
	r := s.Rand()
	flip := func() bool { return r.IntN(2) == 0 }
	// Most worlds have all triggers; in some the marks of webhooks are all there is,
	// in some the sweeps of changes.
	marksAlone, changesAlone := r.IntN(6) == 0, r.IntN(6) == 0
	if marksAlone {
		changesAlone = false
	}
	deliveries := func() *simtest.Deliveries {
		switch {
		case marksAlone:
			return &simtest.Deliveries{Doubled: r.Float64() * 0.3, Delayed: r.Float64() * 0.4}
		case changesAlone, r.IntN(4) == 0:
			return nil
		}
		return &simtest.Deliveries{Lost: r.Float64() * 0.3, Doubled: r.Float64() * 0.3, Delayed: r.Float64() * 0.4}
	}
	sourceCan := syncer.SourceCapabilities{Since: flip()}
	if r.IntN(3) == 0 {
		sourceCan.Lag = time.Duration(r.Int64N(int64(20 * time.Second)))
	}
	childCan := syncer.SourceCapabilities{ListsByParent: flip(), Moves: flip()}
	switch {
	case marksAlone:
		sourceCan.Lag, childCan.Moves = 0, false
	case changesAlone:
		sourceCan.Since, childCan = true, syncer.SourceCapabilities{Since: true}
	}
	targetCan := syncer.TargetCapabilities{ExternalIDs: r.IntN(3) > 0, Versions: flip(), Cascades: flip()}
	if !targetCan.ExternalIDs {
		targetCan.IdempotencyKeys, targetCan.Lag = flip(), time.Duration(r.IntN(2))*10*time.Second
	}
	// In some worlds answers are slow, and nothing but the leases keeps two processes
	// apart.
	slow := r.IntN(6) == 0
	if slow {
		targetCan.Versions = false
	}
	skew := time.Duration(r.Int64N(int64(20*time.Minute))) - 10*time.Minute
	var normalise func(string, json.RawMessage) json.RawMessage
	if flip() {
		normalise = lossy
	}
	edit := stranger
	switch {
	case r.IntN(3) == 0:
		edit = nil
	case !targetCan.ExternalIDs:
		// What a lost create made is known by what it holds: a stranger who changes it
		// before it was found makes it a stranger's.
		edit = memo
	}
	revisions := flip() || slow
	config := syncer.FlowConfig[person, card]{
		Sets: []string{"tags"}, OnDrift: pick(r, []syncer.DriftPolicy{syncer.DriftRestore, syncer.DriftRestore, syncer.DriftKeep}),
		OnTargetGone: pick(r, []syncer.GonePolicy{syncer.GoneRespect, syncer.GoneRecreate}),
		OnSourceGone: pick(r, []syncer.LeavePolicy{syncer.LeaveDelete, syncer.LeaveDelete, syncer.LeaveDetach}),
		OnFiltered:   pick(r, []syncer.LeavePolicy{syncer.LeaveDelete, syncer.LeaveDelete, syncer.LeaveIgnore}),
	}
	if r.IntN(4) == 0 {
		config.Guard = syncer.Guard{Min: 1 + r.IntN(3), Window: 24 * time.Hour}
	}
	jumps := !marksAlone && !changesAlone && r.IntN(4) == 0
	mirror := simtest.MirrorOptions[card]{
		Can: targetCan, Mapped: []string{"title", "town", "tags", "revision"}, Normalise: normalise, Edit: edit, Revision: revision,
	}

	people := simtest.NewRecords(s, simtest.RecordsOptions[person]{Flow: "people", Draw: draw, Can: sourceCan, Skew: skew, Webhooks: deliveries(), Jumps: jumps, Kept: changesAlone, Distinct: !targetCan.ExternalIDs})
	mirror.Flow, mirror.Webhooks = "people", deliveries()
	cards := simtest.NewMirror(s, mirror)
	config.Name = "people"
	peoplePair := simtest.NewPair(s, config, mapper(revisions), people, cards, nil)

	pets := simtest.NewRecords(s, simtest.RecordsOptions[person]{
		Flow: "pets", Draw: draw, Can: childCan, Skew: skew, Webhooks: deliveries(), Parents: people, Kept: changesAlone, Distinct: !targetCan.ExternalIDs,
	})
	mirror.Flow, mirror.Webhooks, mirror.Parents = "pets", deliveries(), cards
	petCards := simtest.NewMirror(s, mirror)
	config.Name = "pets"
	config.OnTargetGone = pick(r, []syncer.GonePolicy{syncer.GoneRespect, syncer.GoneRecreate})
	config.OnFiltered = pick(r, []syncer.LeavePolicy{syncer.LeaveDelete, syncer.LeaveDelete, syncer.LeaveIgnore})
	petsPair := simtest.NewPair(s, config, mapper(revisions), pets, petCards, peoplePair)

	rate := pick(r, []float64{0, 0.01, 0.05, 0.12})
	share := func() float64 { return rate * float64(r.IntN(3)) / 2 }
	late, processes := share(), 1+r.IntN(2)
	if slow {
		late, processes = 0.4, 2
	}
	before := share()
	if targetCan.IdempotencyKeys {
		before = max(before, 0.15) // so that creates are repeated
	}
	return simtest.World{
		Flows: func(p *simtest.Process) []syncer.Flow {
			parent := peoplePair.Flow(p, nil)
			return []syncer.Flow{parent, petsPair.Flow(p, parent)}
		},
		Systems:    []simtest.System{peoplePair, petsPair},
		Faults:     simtest.Faults{Before: before, After: share(), Late: late, Crash: share() / 10, Store: r.IntN(3) == 0, Outages: r.IntN(4) == 0},
		Processes:  processes,
		Mappings:   r.IntN(4) == 0 && !marksAlone && !changesAlone,
		Length:     20 + r.IntN(40),
		NoBackfill: marksAlone || changesAlone,
		Config: func(c *syncer.Config) {
			if !marksAlone && !changesAlone {
				return
			}
			c.MaxAttempts = 1000 // a dead letter would wait for a full sweep
			c.Sweep = syncer.Every(1000 * time.Hour)
			if marksAlone {
				c.Changes, c.TargetSweep = c.Sweep, c.Sweep
			}
		},
	}
}
