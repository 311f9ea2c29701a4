package testenv_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
)

// outcome is a test that notes how it ended.
type outcome struct {
	testing.TB
	skipped, failed string
}

func (o *outcome) Skip(args ...any)  { o.skipped = args[0].(string); panic(o) }
func (o *outcome) Fatal(args ...any) { o.failed = args[0].(string); panic(o) }

// of runs ask with a test of its own.
func of(t *testing.T, ask func(testing.TB) string) (got string, ended outcome) {
	t.Helper()
	o := &outcome{TB: t}
	defer func() {
		ended = *o
		if p := recover(); p != nil && p != any(o) {
			panic(p)
		}
	}()
	return ask(o), outcome{}
}

func TestMissing(t *testing.T) {
	empty := t.TempDir()
	for _, test := range []struct {
		name, variable, value, reason string
		ask                           func(testing.TB) string
	}{
		{"specs not set", "CONTACTLINK_SPECS", "", "not set", testenv.Specs},
		{"specs without the parts", "CONTACTLINK_SPECS", empty, "no directory apps", testenv.Specs},
		{"data not set", "CONTACTLINK_DATA", "", "not set", testenv.Data},
		{"data that is a directory", "CONTACTLINK_DATA", empty, "not a file", testenv.Data},
		{"data that is not there", "CONTACTLINK_DATA", filepath.Join(empty, "none.json"), "not a file", testenv.Data},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.variable, test.value)

			t.Setenv("CONTACTLINK_CI", "")
			_, ended := of(t, test.ask)
			assert.Contains(t, ended.skipped, test.reason)
			assert.Empty(t, ended.failed)

			t.Setenv("CONTACTLINK_CI", "1")
			_, ended = of(t, test.ask)
			assert.Contains(t, ended.failed, test.reason)
			assert.Empty(t, ended.skipped)
		})
	}
}

func TestPresent(t *testing.T) {
	t.Setenv("CONTACTLINK_CI", "1")
	dir := t.TempDir()
	for _, part := range []string{"apps", "webhooks"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, part), 0o700))
	}
	t.Setenv("CONTACTLINK_SPECS", dir)
	assert.Equal(t, dir, testenv.Specs(t))

	file := filepath.Join(dir, "export.json")
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	t.Setenv("CONTACTLINK_DATA", file)
	assert.Equal(t, file, testenv.Data(t))
}
