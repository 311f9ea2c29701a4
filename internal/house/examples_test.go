package house

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// without are the packages that have no example, and why.
var without = map[string]string{
	module + "/syncer/sqlstore":  "it brings no driver: the examples of sqlite and postgres show it",
	module + "/syncer/storetest": "it is called by a test, which its documentation shows",
}

// Every package that a user imports shows how, with an example whose output is
// checked.
func TestEveryPackageHasAnExample(t *testing.T) {
	t.Parallel()
	for _, p := range importable(t) {
		_, excepted := without[p.path]
		assert.NotEqual(t, excepted, hasCheckedExample(t, p.dir), "%s has no example with an output, or no need of its exception", p.path)
	}
}

// starts are the functions and methods that a user starts from, by package.
var starts = map[string][]string{
	"contacts": {"NewClient", "NewLimiter", "NewOAuth", "NewVerifier", "NewWebhookHandler"},
	"sendapp":  {"NewClient", "NewLimiter", "NewVerifier", "NewWebhookHandler"},
	"syncer": {
		"New", "NewBudget", "WithDrift", "Engine_Apply", "Engine_Backfill", "Engine_Events", "Engine_Explain",
		"Engine_MissingEvents", "Engine_Notify", "Engine_Pause", "Engine_Plan", "Engine_Release", "Engine_Replay",
		"Engine_Resume", "Engine_Run", "Engine_Status", "Engine_Sync", "Engine_Verify", "Engine_WriteEvents",
	},
	"syncer/flows":   {"DefaultSpec", "Notify", "ReadSpec", "RequiredScopes", "Standard"},
	"syncer/simtest": {"Run"},
}

// What a user starts from has an example of its own.
func TestEveryStartHasAnExample(t *testing.T) {
	t.Parallel()
	for path, names := range starts {
		checked := map[string]bool{}
		for _, e := range examples(t, filepath.Join(root, path)) {
			checked[e.Name] = checked[e.Name] || e.Output != "" || e.EmptyOutput
		}
		for _, name := range names {
			assert.True(t, checked[name], "%s has no Example%s with an output", path, name)
		}
	}
}

// imported is a package that users import.
type imported struct{ path, dir string }

// importable lists the packages of all modules, but for programs and what is
// internal.
func importable(t *testing.T) (packages []imported) {
	t.Helper()
	for _, line := range golang(t, root, "list", "-f", `{{.Name}} {{.ImportPath}} {{.Dir}}`, "work") {
		parts := strings.SplitN(line, " ", 3)
		if parts[0] != "main" && !slices.Contains(strings.Split(parts[1], "/"), "internal") {
			packages = append(packages, imported{parts[1], parts[2]})
		}
	}
	require.NotEmpty(t, packages)
	return packages
}

func hasCheckedExample(t *testing.T, dir string) bool {
	t.Helper()
	return slices.ContainsFunc(examples(t, dir), func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput })
}

func examples(t *testing.T, dir string) []*doc.Example {
	t.Helper()
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, test := range tests {
		file, err := parser.ParseFile(token.NewFileSet(), test, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return doc.Examples(files...)
}
