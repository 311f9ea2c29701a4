package contacts

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/internal/testenv"
	"github.com/contactlink/contactlink/mapping/opt"
)

// requests are all structs that are sent.
func requests() []any {
	return []any{
		ContactCreate{}, ContactUpdate{}, ContactUpsert{}, TaskCreate{}, TaskUpdate{}, NoteCreate{}, NoteUpdate{},
		AppointmentCreate{}, AppointmentUpdate{}, AppointmentNoteCreate{}, CustomFieldCreate{}, CustomFieldUpdate{},
		CustomFieldInput{},
	}
}

// required are the fields that are always sent: the API refuses a request without
// them.
var required = map[string][]string{
	"TaskCreate":            {"title", "dueDate", "completed"},
	"NoteCreate":            {"body"},
	"AppointmentCreate":     {"calendarId", "contactId", "startTime"},
	"AppointmentNoteCreate": {"body"},
	"CustomFieldCreate":     {"name", "dataType"},
	"CustomFieldUpdate":     {"name"},
	"CustomFieldInput":      {"id", "field_value"},
}

func TestRequestsSendWhatIsSetAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, request := range requests() {
		kind := reflect.TypeOf(request)
		t.Run(kind.Name(), func(t *testing.T) {
			t.Parallel()
			assert.ElementsMatch(t, required[kind.Name()], namesOf(t, request), "what an empty one sends")
			for _, field := range reflect.VisibleFields(kind) {
				if field.Anonymous {
					continue
				}
				name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				require.NotEmpty(t, name, field.Name)
				if slices.Contains(required[kind.Name()], name) {
					assert.Empty(t, options, field.Name)
					continue
				}
				assert.Equal(t, "omitzero", options, field.Name)
				require.Contains(t, field.Type.String(), "opt.Opt[", field.Name)
				fresh := reflect.New(kind).Elem()
				// An Opt of any type reads null.
				require.NoError(t, json.Unmarshal([]byte("null"), fresh.FieldByIndex(field.Index).Addr().Interface()))
				assert.Contains(t, namesOf(t, fresh.Interface()), name, "null is sent")
			}
		})
	}
}

// namesOf are the members that a value is sent with.
func namesOf(t *testing.T, value any) []string {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &members))
	var names []string
	for name := range members {
		names = append(names, name)
	}
	return names
}

func TestAListThatIsSetIsNeverNull(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(ContactUpdate{
		Tags: opt.Set[[]string](nil), CustomFields: opt.Set[[]CustomFieldInput](nil), DNDSettings: opt.Set[DNDSettings](nil),
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"tags":[],"customFields":[],"dndSettings":{}}`, string(data))
}

func TestNoRequestIsForgotten(t *testing.T) {
	t.Parallel()
	var known, declared []string
	for _, request := range requests() {
		known = append(known, reflect.TypeOf(request).Name())
	}
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				typed, ok := spec.(*ast.TypeSpec)
				if !ok || !typed.Name.IsExported() {
					continue
				}
				for _, suffix := range []string{"Create", "Update", "Upsert", "Input"} {
					if strings.HasSuffix(typed.Name.Name, suffix) {
						declared = append(declared, typed.Name.Name)
					}
				}
			}
		}
	}
	assert.ElementsMatch(t, declared, known)
}

// TestRequestsHaveTheFieldsOfTheSpecification: one that the specification does
// not have would be refused with 422.
func TestRequestsHaveTheFieldsOfTheSpecification(t *testing.T) {
	t.Parallel()
	specs := testenv.Specs(t)
	for _, test := range []struct {
		file, schema string
		request      any
		extra        string // what is observed to work though it is not specified
		missing      string // what the client adds itself, or leaves out
	}{
		{"contacts.json", "CreateContactDto", ContactCreate{}, "", "locationId"},
		{"contacts.json", "UpdateContactDto", ContactUpdate{}, "", ""},
		{"contacts.json", "UpsertContactDto", ContactUpsert{}, "", "locationId"},
		{"contacts.json", "CreateTaskParams", TaskCreate{}, "", ""},
		{"contacts.json", "UpdateTaskBody", TaskUpdate{}, "", ""},
		{"contacts.json", "NotesDTO", NoteCreate{}, "", ""},
		{"contacts.json", "UpdateNoteDTO", NoteUpdate{}, "", ""},
		{"calendars.json", "AppointmentCreateSchema", AppointmentCreate{}, "", "locationId"},
		{"calendars.json", "AppointmentEditSchema", AppointmentUpdate{}, "", ""},
		{"calendars.json", "NotesDTO", AppointmentNoteCreate{}, "", ""},
		{"locations.json", "CreateCustomFieldsDTO", CustomFieldCreate{}, "options", ""},
		{"locations.json", "UpdateCustomFieldsDTO", CustomFieldUpdate{}, "", ""},
	} {
		data, err := os.ReadFile(filepath.Join(specs, "apps", test.file))
		require.NoError(t, err)
		var spec struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]any `json:"properties"`
				} `json:"schemas"`
			} `json:"components"`
		}
		require.NoError(t, json.Unmarshal(data, &spec))
		var want, have []string
		for name := range spec.Components.Schemas[test.schema].Properties {
			want = append(want, name)
		}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(test.request)) {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
				have = append(have, name)
			}
		}
		want = append(want, strings.Fields(test.extra)...)
		have = append(have, strings.Fields(test.missing)...)
		assert.ElementsMatch(t, want, have, test.schema)
	}
}
