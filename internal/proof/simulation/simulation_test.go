package simulation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/proof/simulation"
	"github.com/contactlink/contactlink/syncer/simtest"
)

func TestHistories(t *testing.T) {
	t.Parallel()
	simtest.Run(t, simtest.Options{Seeds: 150}, simulation.World)
}

func TestASeedReplaysExactly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		first := simtest.Log(t, seed, simulation.World)
		require.Equal(t, first, simtest.Log(t, seed, simulation.World), "seed %d", seed)
	}
}
