package house

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module is the root module's path.
const module = "github.com/contactlink/contactlink"

// allowed is all that the root module may require directly. What a user of the
// library downloads is decided here.
var allowed = []string{
	"github.com/expr-lang/expr",             // mapping/spec: expressions, checked before they run
	"github.com/go-json-experiment/json",    // decodes pages three times as fast, tolerantly
	"github.com/google/go-querystring",      // parameters of requests
	"github.com/hashicorp/go-retryablehttp", // retries
	"github.com/nyaruka/phonenumbers",       // mapping/phone
	"go.yaml.in/yaml/v3",                    // mapping/spec: YAML with the places of its parts
	"golang.org/x/oauth2",                   // tokens
	"github.com/stretchr/testify",           // tests
	"go.uber.org/goleak",                    // tests
}

// goMod is what `go mod edit -json` tells of a go.mod.
type goMod struct {
	Module  struct{ Path string }
	Go      string
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func readGoMod(t *testing.T, dir string) goMod {
	t.Helper()
	var mod goMod
	require.NoError(t, json.Unmarshal([]byte(strings.Join(golang(t, dir, "mod", "edit", "-json"), "\n")), &mod))
	return mod
}

func TestRootRequires(t *testing.T) {
	t.Parallel()
	mod := readGoMod(t, root)
	require.Equal(t, module, mod.Module.Path)
	assert.Empty(t, mod.Replace, "the root's replacements would be ignored by its users")
	var direct []string
	for _, required := range mod.Require {
		if !required.Indirect {
			direct = append(direct, required.Path)
		}
	}
	assert.ElementsMatch(t, allowed, direct)
}

// A nested module names the root's last release, so that it works for who
// imports it, and replaces it by the one beside it, so that it works here. All
// have the root's Go version.
func TestNestedModules(t *testing.T) {
	t.Parallel()
	goVersion := readGoMod(t, root).Go
	versions := map[string][]string{}
	for _, dir := range nested(t) {
		mod := readGoMod(t, dir)
		assert.Equal(t, goVersion, mod.Go, mod.Module.Path)

		at := slices.IndexFunc(mod.Replace, func(r struct {
			Old, New struct{ Path, Version string }
		}) bool {
			return r.Old.Path == module
		})
		require.GreaterOrEqual(t, at, 0, "%s replaces the root", mod.Module.Path)
		replaced := mod.Replace[at].New.Path
		assert.Truef(t, strings.HasPrefix(replaced+"/", "../"), "%s replaces the root by a relative path, not %s", mod.Module.Path, replaced)

		for _, required := range mod.Require {
			if required.Path != module && !strings.HasPrefix(required.Path, module+"/") {
				continue
			}
			assert.NotEqualf(t, "v0.0.0", required.Version, "%s requires a release of %s", mod.Module.Path, required.Path)
			versions[required.Version] = append(versions[required.Version], mod.Module.Path)
		}
	}
	assert.LessOrEqual(t, len(versions), 1, "all modules require one version: %v", versions)
}

// A published module uses only what the root exports, because it may be built
// with a newer root, whose internal packages are others; and the root stands
// without any of them.
func TestModulesImportOneWay(t *testing.T) {
	t.Parallel()
	const imports = `{{join .Imports "\n"}}{{"\n"}}{{join .TestImports "\n"}}{{"\n"}}{{join .XTestImports "\n"}}`
	var paths []string
	for _, dir := range nested(t) {
		path := readGoMod(t, dir).Module.Path
		paths = append(paths, path)
		if !strings.HasPrefix(path, module+"/syncer/") {
			continue // examples and proofs are not published for import
		}
		for _, imported := range golang(t, dir, "list", "-f", `{{join .Imports "\n"}}`, "./...") {
			assert.NotContains(t, imported, module+"/internal/", "%s uses only what the root exports", path)
		}
	}
	for _, imported := range golang(t, root, "list", "-f", imports, "./...") {
		for _, path := range paths {
			assert.Falsef(t, imported == path || strings.HasPrefix(imported, path+"/"), "the root imports %s", imported)
		}
	}
}

// nested lists the directories of the workspace's modules, but for the root's.
func nested(t *testing.T) []string {
	t.Helper()
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	dirs := golang(t, root, "list", "-m", "-f", "{{.Dir}}")
	require.Contains(t, dirs, here)
	return slices.DeleteFunc(dirs, func(dir string) bool { return dir == here })
}
