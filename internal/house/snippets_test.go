package house

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every Go snippet of a document compiles, and is formatted. One is a file, if it starts with
// package, import or func; else it is the inside of a function that has a ctx
// and may return an error. Packages need no import there. What a snippet takes
// from the text before it is declared, unseen by readers, in the line above it:
//
//	<!-- given: client *contacts.Client, id string -->
//
// Variables and imports that a snippet doesn't use are no mistake.
func TestSnippetsCompile(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(filepath.Join(root, "*.md"))
	require.NoError(t, err)
	require.Contains(t, documents, filepath.Join(root, "README.md"))
	compiler := newCompiler(t)
	for _, document := range documents {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, s := range snippets(string(text)) {
			where := fmt.Sprintf("%s:%d", filepath.Base(document), s.line)
			assert.NoError(t, compiler.check(s), where)
			formatted, err := format.Source([]byte(s.code))
			assert.NoError(t, err, where)
			assert.Equal(t, string(formatted), s.code, where)
		}
	}
}

func TestWhatIsWrongInASnippet(t *testing.T) {
	t.Parallel()
	compiler := newCompiler(t)
	for _, test := range []struct{ name, text, want string }{
		{"a statement", "```go\nerr := mapping.Skip\nif errors.Is(err, mapping.Skip) {\n\treturn nil\n}\n```", ""},
		{"an unused variable", "```go\nid := 1\n```", ""},
		{"the context", "```go\nmapping.Warn(ctx, \"phone\", \"is odd\")\n```", ""},
		{"given", "<!-- given: values url.Values -->\n```go\nvalues.Set(\"a\", \"b\")\n```", ""},
		{"not given", "```go\nvalues.Set(\"a\", \"b\")\n```", "undefined: values"},
		{"a name that does not exist", "```go\nmapping.Slip(ctx)\n```", "undefined: mapping.Slip"},
		{"a wrong type", "```go\nvar n int = \"one\"\n```", "cannot use"},
		{"no Go", "```go\nif {\n```", "missing condition"},
		{"a program", "```go\npackage main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n```", ""},
		{"a program without an import", "```go\npackage main\n\nfunc main() { fmt.Println(1) }\n```", "undefined: fmt"},
		{"a function", "```go\nfunc set(o opt.Opt[string]) { o.Or(\"\") }\n```", ""},
		{"another language", "```sh\ngo run ./examples\n```", "no snippet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := errors.New("no snippet")
			for _, s := range snippets(test.text) {
				err = compiler.check(s)
			}
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// snippet is the Go between two fences of a document.
type snippet struct {
	given, code string
	line        int // of its first line
}

var fenced = regexp.MustCompile("(?ms)(?:^<!-- given: ([^\n]*) -->\n)?^```go\n(.*?)^```")

func snippets(text string) (found []snippet) {
	for _, at := range fenced.FindAllStringSubmatchIndex(text, -1) {
		s := snippet{code: text[at[4]:at[5]], line: strings.Count(text[:at[4]], "\n") + 1}
		if at[2] >= 0 {
			s.given = text[at[2]:at[3]]
		}
		found = append(found, s)
	}
	return found
}

// compiler checks snippets against the packages of the workspace and of the
// standard library.
type compiler struct {
	paths    map[string]string // package name to import path, for snippets without imports
	files    *token.FileSet
	importer types.Importer
}

func newCompiler(t *testing.T) compiler {
	t.Helper()
	c := compiler{paths: map[string]string{}, files: token.NewFileSet()}
	c.importer = importer.ForCompiler(c.files, "gc", func(path string) (io.ReadCloser, error) {
		lines := golang(t, root, "list", "-export", "-f", "{{.Export}}", path)
		if len(lines) != 1 {
			return nil, fmt.Errorf("there is no package %s", path)
		}
		return os.Open(lines[0])
	})
	for _, line := range golang(t, root, "list", "-f", "{{.ImportPath}} {{.Name}}", "work", "std") {
		path, name, _ := strings.Cut(line, " ")
		if name == "main" || strings.Contains(path, "internal/") || strings.HasPrefix(path, "vendor/") {
			continue
		}
		if known, ok := c.paths[name]; !ok || better(path, known) {
			c.paths[name] = path
		}
	}
	return c
}

// better tells which of two packages of one name a snippet means: ours, else
// the one with the shorter path.
func better(path, known string) bool {
	if ours := strings.HasPrefix(path, module); ours != strings.HasPrefix(known, module) {
		return ours
	}
	return len(path) < len(known)
}

// file tells a snippet that is a file from one that is the inside of a function.
var file = regexp.MustCompile(`\A(//.*\n)*(package|import|func) `)

func (c compiler) check(s snippet) error {
	code := s.code
	switch start := file.FindStringSubmatch(code); {
	case start == nil:
		given := strings.TrimSuffix("ctx context.Context, "+s.given, ", ")
		code = fmt.Sprintf("%sfunc _(%s) error {\n%s\nreturn nil\n}\n", c.imports(given+"\n"+code), given, code)
		code = "package snippet\n" + code
	case start[2] == "func":
		code = "package snippet\n" + c.imports(code) + code
	case start[2] == "import":
		code = "package snippet\n" + code
	}
	parsed, err := parser.ParseFile(c.files, "snippet", code, 0)
	if err != nil {
		return err
	}
	var failures []error
	config := types.Config{Importer: c.importer, Error: func(err error) {
		if failure, ok := errors.AsType[types.Error](err); !ok || !failure.Soft {
			failures = append(failures, err)
		}
	}}
	// Its own error is the first of those that the function above was told.
	_, _ = config.Check("snippet", c.files, []*ast.File{parsed}, nil)
	return errors.Join(failures...)
}

var qualifier = regexp.MustCompile(`\b([a-z][a-z0-9]*)\.[A-Z]`)

// imports are the import declarations that a snippet would have.
func (c compiler) imports(code string) string {
	declared := map[string]bool{}
	for _, match := range qualifier.FindAllStringSubmatch(code, -1) {
		if path, ok := c.paths[match[1]]; ok {
			declared[fmt.Sprintf("import %q\n", path)] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(declared)), "")
}
