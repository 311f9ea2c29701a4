package simtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/simtest"
)

func TestASeedReplaysExactly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		first := simtest.Log(t, seed, world)
		assert.Equal(t, first, simtest.Log(t, seed, world))
	}
	assert.NotEqual(t, simtest.Log(t, 0, world), simtest.Log(t, 1, world))
}

// forgetful is a mapper that clears a phone number nowhere.
var forgetful = mapping.Func(func(ctx context.Context, p Person) (Card, error) {
	c, err := cards.Map(ctx, p)
	if p.Phone == "" {
		c.Phone = opt.Opt[string]{}
	}
	return c, err
})

func TestAMistakeIsFoundAndItsHistoryIsShort(t *testing.T) {
	t.Parallel()
	var failure *simtest.Failure
	for seed := range uint64(20) {
		failure = simtest.Try(t, seed, func(s *simtest.Sim) simtest.World {
			w := world(s)
			records := simtest.NewRecords(s, simtest.RecordsOptions[Person]{Flow: "others", Draw: draw})
			mirror := simtest.NewMirror(s, simtest.MirrorOptions[Card]{
				Flow: "others", Mapped: []string{"title", "phone"}, Can: syncer.TargetCapabilities{ExternalIDs: true},
			})
			pair := simtest.NewPair(s, syncer.FlowConfig[Person, Card]{Name: "others"},
				func(int) mapping.Mapper[Person, Card] { return cards }, records, mirror, nil)
			w.Systems = []simtest.System{pair}
			w.Flows = func(p *simtest.Process) []syncer.Flow {
				return []syncer.Flow{syncer.FlowConfig[Person, Card]{
					Name: "others", Source: simtest.Source(p, "others", records), Mapper: forgetful,
					Target: simtest.Target(p, "others", mirror),
				}.Flow()}
			}
			return w
		})
		if failure != nil {
			break
		}
	}
	require.NotNil(t, failure)
	assert.ErrorContains(t, failure, "P1")
	assert.LessOrEqual(t, failure.Actions, 4, failure.History)
	assert.Zero(t, failure.Faults)
	assert.Contains(t, failure.History, "BROKEN")
}
