package simtest_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/simtest"
)

// Person and Card are the records of both sides.
type Person struct{ Name, Phone string }

type Card struct {
	Title opt.Opt[string] `json:"title,omitzero"`
	Phone opt.Opt[string] `json:"phone,omitzero"`
}

// cards is the mapper that is tried.
var cards = mapping.Func(func(_ context.Context, p Person) (Card, error) {
	if p.Name == "" {
		return Card{}, mapping.Skip
	}
	return Card{Title: opt.Set(p.Name), Phone: opt.OrNull(p.Phone)}, nil
})

// draw makes a new person of the one before.
func draw(r *rand.Rand, _ Person) Person {
	names, phones := []string{"Ann", "Bob", ""}, []string{"+12025550101", ""}
	return Person{Name: names[r.IntN(len(names))], Phone: phones[r.IntN(len(phones))]}
}

// world is a CRM that forgets names now and then, and a target that may lose
// every twentieth request.
func world(s *simtest.Sim) simtest.World {
	people := simtest.NewRecords(s, simtest.RecordsOptions[Person]{
		Flow: "people", Webhooks: &simtest.Deliveries{Lost: 0.2, Doubled: 0.2, Delayed: 0.2},
		Draw: draw,
	})
	target := simtest.NewMirror(s, simtest.MirrorOptions[Card]{
		Flow: "people", Mapped: []string{"title", "phone"}, Can: syncer.TargetCapabilities{ExternalIDs: true},
	})
	pair := simtest.NewPair(s, syncer.FlowConfig[Person, Card]{Name: "people"},
		func(int) mapping.Mapper[Person, Card] { return cards }, people, target, nil)
	return simtest.World{
		Flows:   func(p *simtest.Process) []syncer.Flow { return []syncer.Flow{pair.Flow(p, nil)} },
		Systems: []simtest.System{pair},
		Faults:  simtest.Faults{Before: 0.05, After: 0.05, Late: 0.02, Crash: 0.005},
	}
}

// A test of one's own mapper: it fails with the seed, and with the shortest
// history that breaks a promise.
func ExampleRun() {
	_ = func(t *testing.T) {
		simtest.Run(t, simtest.Options{Seeds: 20}, world)
	}
	// Output:
}

func TestExample(t *testing.T) {
	t.Parallel()
	simtest.Run(t, simtest.Options{Seeds: 20}, world)
}
