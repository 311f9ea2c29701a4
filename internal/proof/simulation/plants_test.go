package simulation_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/proof/simulation"
	"github.com/contactlink/contactlink/internal/testenv"
)

// TestPlantedBugsAreFound shows that the simulation can fail: each bug is planted
// into a copy of the engine, and found within 500 seeds.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for i, plant := range simulation.Plants {
		t.Run(plant.Name, func(t *testing.T) {
			if i > 1 {
				testenv.Long(t)
			}
			output, err := exec.CommandContext(t.Context(), planted(t, plant), "-seeds", "500", "-brief").CombinedOutput()
			require.Error(t, err, "it is not found")
			t.Log(regexp.MustCompile(`(?m)^seed .*`).FindString(string(output)))
		})
	}
}

// planted builds the command simulate with a bug in the engine, and returns its
// path.
func planted(t *testing.T, plant simulation.Plant) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../../../syncer", plant.File))
	require.NoError(t, err)
	code, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(code), plant.Old), "%s has the code that is replaced once", plant.File)
	assert.LessOrEqual(t, strings.Count(plant.New, "\n"), 6, "a small bug")

	dir := t.TempDir()
	buggy, overlay := filepath.Join(dir, "buggy.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(buggy, []byte(strings.Replace(string(code), plant.Old, plant.New, 1)), 0o600))
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {file: buggy}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replaced, 0o600))

	binary := filepath.Join(dir, "simulate")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", binary, "./simulate")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	return binary
}
