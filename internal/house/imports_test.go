package house

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that only calls an API must not be linked with the tables of phone
// numbers, an expression engine, databases or test tools.
func TestClientsAreLean(t *testing.T) {
	t.Parallel()
	refused := []string{
		"github.com/expr-lang/", "go.yaml.in/", "gopkg.in/yaml", "github.com/goccy/", "sigs.k8s.io/yaml",
		"github.com/nyaruka/", "database/sql", "github.com/stretchr/", "go.uber.org/goleak",
		"net/http/httptest", "testing", "flag",
		module + "/syncer", module + "/mapping/spec", module + "/mapping/phone",
	}
	for _, client := range []string{"./contacts", "./sendapp"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			packages := golang(t, root, "list", "-deps", client)
			require.Contains(t, packages, "net/http", "the list is one of a client")
			for _, name := range packages {
				for _, prefix := range refused {
					assert.Falsef(t, name == prefix || strings.HasPrefix(name, strings.TrimSuffix(prefix, "/")+"/"),
						"%s is linked with %s; `go mod why %s` tells through whom", client, name, name)
				}
			}
		})
	}
}

func TestMappingNeedsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, name := range golang(t, root, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./mapping", "./mapping/opt") {
		assert.Contains(t, []string{module + "/mapping", module + "/mapping/opt"}, name)
	}
}
