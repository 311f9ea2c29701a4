package contacts

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
)

// isOAuth leaves out operations that a client of a location does not send.
func isOAuth(op Operation) bool { return strings.HasPrefix(op.Path, "/oauth/") }

func TestEachOperationSendsItsRow(t *testing.T) {
	t.Parallel()
	calls := everything()
	for _, op := range Operations() {
		if isOAuth(op) {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			call, ok := calls[op.Name]
			require.True(t, ok, "everything() does not call it")
			var got []sent
			client := stubbed(t, func(s sent) reply {
				got = append(got, s)
				return reply{body: call.answer}
			})
			require.NoError(t, call.send(t.Context(), client))
			require.Len(t, got, 1)
			assert.Equal(t, op.Method, got[0].Method)
			assert.Regexp(t, pathPattern(op.Path), got[0].URL.EscapedPath())
			assert.Equal(t, op.Version, got[0].Header.Get("Version"))
			assert.Equal(t, "Bearer pit-secret", got[0].Header.Get("Authorization"))
		})
	}
}

// pathPattern is what a path of the template looks like.
func pathPattern(template string) string {
	parts := regexp.MustCompile(`\{\w+\}`).Split(template, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return "^" + strings.Join(parts, `[^/]+`) + "$"
}

func TestEachGoMethodExists(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[Client]()
	for _, op := range Operations() {
		service, method, dotted := strings.Cut(op.GoMethod, ".")
		if isOAuth(op) {
			continue
		}
		require.True(t, dotted, op.GoMethod)
		field, ok := client.FieldByName(service)
		require.True(t, ok, op.GoMethod)
		_, ok = field.Type.MethodByName(method)
		assert.True(t, ok, op.GoMethod)
		assert.NotEmpty(t, op.Scope, op.Name)
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range Operations() {
		assert.False(t, seen[op.Name] || seen[op.Method+op.Path], op.Name)
		seen[op.Name], seen[op.Method+op.Path] = true, true
	}
}

func TestEachOperationOfTheContactsAPIHasARow(t *testing.T) {
	t.Parallel()
	specs := testenv.Specs(t)
	have := map[string]Operation{}
	for _, op := range Operations() {
		have[op.Method+" "+anonymous(op.Path)] = op
	}
	for file, want := range map[string]int{"contacts.json": 32, "v3/contacts-v3.json": 31} {
		declared := declaredIn(t, filepath.Join(specs, "apps", file))
		assert.Len(t, declared, want, file)
		for request, scopes := range declared {
			op, ok := have[strings.Replace(request, "/remove-all", "/removeAll", 1)]
			if assert.True(t, ok, "%s: %s", file, request) && len(scopes) > 0 {
				assert.Equal(t, []string{op.Scope}, scopes, "%s: %s", file, request)
			}
		}
	}
}

// declaredIn reads the operations of a specification, and their scopes.
func declaredIn(t *testing.T, path string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var spec struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(data, &spec))
	declared := map[string][]string{}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			var scopes []string
			for _, scheme := range op.Security {
				scopes = append(scopes, scheme["bearer"]...)
			}
			declared[strings.ToUpper(method)+" "+anonymous(path)] = scopes
		}
	}
	return declared
}

// anonymous is a path without the names of its parameters, which differ.
func anonymous(path string) string { return regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "{}") }

func TestRequiredScopes(t *testing.T) {
	t.Parallel()
	scopes, err := RequiredScopes("Contacts.Get", "tasks.search", "contacts.create", "notes.list")
	require.NoError(t, err)
	assert.Equal(t, []string{"contacts.readonly", "contacts.write", "locations/tasks.readonly"}, scopes)

	_, err = RequiredScopes("contacts.gte")
	require.ErrorIs(t, err, ErrInvalid)
	assert.ErrorContains(t, err, `the nearest is "contacts.get"`)

	scopes, err = RequiredScopes()
	require.NoError(t, err)
	assert.Empty(t, scopes)
}

func TestOnlyWhatIsSafeIsRepeated(t *testing.T) {
	t.Parallel()
	var once []string
	for _, op := range Operations() {
		if !op.Idempotent && !isOAuth(op) {
			assert.Equal(t, http.MethodPost, op.Method, op.Name)
			once = append(once, op.Name)
		}
	}
	slices.Sort(once)
	assert.Equal(t, []string{
		"appointments.create", "appointments.createNote", "campaigns.add", "contacts.create", "contacts.upsert",
		"customFields.create", "customFields.upload", "locations.createTag", "notes.create", "tasks.create", "workflows.add",
	}, once)
}

// TestEachRowIsSpecified compares the rows of the other APIs with their
// specifications.
func TestEachRowIsSpecified(t *testing.T) {
	t.Parallel()
	specs := testenv.Specs(t)
	declared := map[string][]string{}
	for _, file := range []string{"contacts.json", "calendars.json", "locations.json"} {
		maps.Copy(declared, declaredIn(t, filepath.Join(specs, "apps", file)))
	}
	for _, op := range Operations() {
		if isOAuth(op) {
			continue
		}
		scopes, ok := declared[op.Method+" "+anonymous(op.Path)]
		if assert.True(t, ok, op.Name) && len(scopes) > 0 {
			assert.Equal(t, []string{op.Scope}, scopes, op.Name)
		}
	}
}
