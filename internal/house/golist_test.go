package house

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository's, seen from this package.
const root = "../.."

// golang runs the go command in a directory of the repository and returns the
// lines that it prints.
func golang(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoErrorf(t, err, "go %s: %s", strings.Join(args, " "), complaints.String())
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}
