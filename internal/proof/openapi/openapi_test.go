package openapi_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/proof/openapi"
)

// document has two operations. %s is a version and a type that may be null, in
// the words of that version.
const document = `
openapi: %s
info: {title: Things, version: "1"}
paths:
  /things/{id}:
    get:
      operationId: get-thing
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
        - {name: Version, in: header, required: true, schema: {type: string, enum: ["1"]}}
      responses:
        "200":
          description: fine
          content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
    put:
      operationId: put-thing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
      responses:
        "200": {description: fine}
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string}
        note: %s
        parts:
          type: array
          items: {type: object, properties: {size: {type: number}}}
`

var versions = map[string]string{
	"3.0.3": "{type: string, nullable: true}",
	"3.1.0": `{type: [string, "null"]}`,
}

type answerer func(*http.Request) (int, string)

func (a answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := a(r)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func send(t *testing.T, c *openapi.Checker, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "https://any.example"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Version", "1")
	request.Header.Set("Content-Type", "application/json")
	response, err := c.RoundTrip(request)
	require.NoError(t, err)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(data)
}

func TestRequestsAndAnswersAreChecked(t *testing.T) {
	t.Parallel()
	for version, nullable := range versions {
		for name, c := range map[string]struct {
			method, path, body string
			status             int
			answer             string
			side               openapi.Side
			at                 string // "": nothing is wrong
		}{
			"all is well":       {"GET", "/things/1?limit=3", "", 200, `{"name":"a","note":null,"parts":[{"size":1}]}`, "", ""},
			"a query":           {"GET", "/things/1?limit=x", "", 200, `{"name":"a"}`, openapi.Request, "query limit"},
			"a type":            {"GET", "/things/1", "", 200, `{"name":3}`, openapi.Answer, "/name"},
			"deep inside":       {"GET", "/things/1", "", 200, `{"name":"a","parts":[{},{"size":"x"}]}`, openapi.Answer, "/parts/*/size"},
			"something missing": {"GET", "/things/1", "", 200, `{}`, openapi.Answer, "/name"},
			"a status":          {"GET", "/things/1", "", 404, `{}`, openapi.Answer, "status 404"},
			"an operation":      {"GET", "/others/1", "", 200, `{}`, openapi.Request, "operation"},
			"a body":            {"PUT", "/things/1", `{"name":[]}`, 200, `{}`, openapi.Request, "/name"},
			"no body":           {"PUT", "/things/1", ``, 200, `{}`, openapi.Request, "body"},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				spec, err := openapi.Parse("things", fmt.Appendf(nil, document, version, nullable))
				require.NoError(t, err)
				require.NoError(t, spec.Validate())
				checker := openapi.NewChecker(answerer(func(r *http.Request) (int, string) {
					sent, err := io.ReadAll(r.Body)
					assert.NoError(t, err)
					assert.Equal(t, c.body, string(sent), "the request passes unchanged")
					return c.status, c.answer
				}), nil, spec)
				assert.Equal(t, c.answer, send(t, checker, c.method, c.path, c.body), "the answer passes unchanged")
				found := checker.Violations()
				if c.at == "" {
					assert.Empty(t, found)
					assert.Equal(t, "things: 1/2", spec.Coverage())
					assert.Equal(t, []string{"put-thing"}, spec.Missing())
					return
				}
				require.Len(t, found, 1)
				at := c.at
				if name == "something missing" && version == "3.1.0" {
					at = "body" // as the package's documentation says
				}
				assert.Equal(t, at, found[0].At, found[0])
				assert.Equal(t, c.side, found[0].Side)
			})
		}
	}
}

func TestAKnownFaultIsLeftOutAndOneThatIsNotNeededIsTold(t *testing.T) {
	t.Parallel()
	spec, err := openapi.Parse("things", fmt.Appendf(nil, document, "3.0.3", versions["3.0.3"]))
	require.NoError(t, err)
	needed := openapi.Fault{Spec: "things", Operation: "get-thing", Side: openapi.Answer, At: "/parts", Reason: "seen"}
	idle := openapi.Fault{Spec: "*", Operation: "*", Side: openapi.Answer, At: "/name", Reason: "seen"}
	checker := openapi.NewChecker(answerer(func(*http.Request) (int, string) {
		return 200, `{"name":"a","parts":[{"size":"x"}]}`
	}), []openapi.Fault{needed, idle}, spec)
	send(t, checker, "GET", "/things/1", "")
	assert.Empty(t, checker.Violations())
	assert.Equal(t, []openapi.Fault{idle}, checker.Unneeded())
}

func TestASpecificationIsReadWithTheFilesItRefersTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "things.yaml")
	text := fmt.Sprintf(document, "3.0.3", `{$ref: "common.yaml#/note"}`)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "common.yaml"), []byte("note: {type: boolean}"), 0o600))
	spec, err := openapi.Load("things", file)
	require.NoError(t, err)
	wants := func(r *http.Request) bool { return r.Header.Get("Version") == "1" }
	checker := openapi.NewChecker(answerer(func(*http.Request) (int, string) { return 200, `{"name":"a","note":"b"}` }), nil, spec.For(wants))
	send(t, checker, "GET", "/things/1", "")
	require.Len(t, checker.Violations(), 1)
	assert.Equal(t, "/note", checker.Violations()[0].At)
	_, err = openapi.Parse("things", []byte(text))
	require.ErrorContains(t, err, "openapi: things:")
}
