package spec_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/spec"
)

var directory = spec.WithCustomFields(
	spec.CustomField{ID: "id1", Key: "contact.level", Name: "Level"}, spec.CustomField{ID: "id2", Key: "contact.amount", Name: "Amount"},
	spec.CustomField{ID: "id3", Name: "Colours"}, spec.CustomField{ID: "id4", Name: "Since"}, spec.CustomField{ID: "id5", Name: "Agreed"},
)

func TestCustomFields(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"kept", "unmapped: keep", `{"contact.level":"gold","contact.amount":12345678901234567890,"id3":["x","y"],"id4":"2026-01-02T00:00:00Z","id5":"Yes"}`},
		{"left", "customFields: {level: contact.level}", `{"level":"gold"}`},
		{"by key, name and id", "customFields: {a: level, b: colours, c: id2}", `{"a":"gold","b":["x","y"],"c":12345678901234567890}`},
		{"converted", "customFields: {a: {from: Amount, type: text}, b: {from: Colours, type: text}, c: {from: Since, type: date}, d: {from: Agreed, type: bool}, e: {from: Level, type: list}}",
			`{"a":"12345678901234567890","b":"x, y","c":"2026-01-02","d":true,"e":["gold"]}`},
		{"what is of another type is left out", "customFields: {a: {from: Level, type: number}, b: {from: Level, type: date}, c: {from: Level, type: bool}}", `{}`},
		{"a table of options", "customFields: {a: {from: Level, table: {gold: 3}}, b: {from: Level, table: {silver: 2}, otherwise: 0}}", `{"a":3,"b":0}`},
		{"computed and constant", `customFields: {a: {expr: "upper(first)"}, b: {value: crm}, c: {expr: "age > 99 ? 'old' : ''"}, d: null}`, `{"a":"ADA","b":"crm","d":null}`},
		{"absent at the source", "customFields: {a: id6, b: id1}", `{"b":"gold"}`},
		{"a rule goes before what is kept", `unmapped: keep
  customFields: {id3: {value: mine}, x: Level, y: Amount, z: Since, w: Agreed}`, `{"id3":"mine","x":"gold","y":12345678901234567890,"z":"2026-01-02T00:00:00Z","w":"Yes"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "people:\n  " + test.text
			if strings.Contains(test.name, "absent") {
				m, err := compile(text)
				require.NoError(t, err)
				made, err := m.Map(t.Context(), somebody)
				require.NoError(t, err)
				data, err := json.Marshal(made.CustomFields)
				require.NoError(t, err)
				assert.Equal(t, test.want, string(data))
				return
			}
			got, err := mapped(t, text, somebody)
			require.NoError(t, err)
			var members map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(got), &members))
			assert.JSONEq(t, test.want, string(members["customFields"]))
			if test.name == "kept" {
				assert.Contains(t, got, "12345678901234567890", "every digit")
			}
		})
	}
	ctx, warnings := mapping.CollectWarnings(t.Context())
	m, err := compile("people: {unmapped: warn, customFields: {a: id1}}")
	require.NoError(t, err)
	_, err = m.Map(ctx, somebody)
	require.NoError(t, err)
	assert.Len(t, warnings(), 5)

	_, err = mapped(t, "people: {unmapped: fail, customFields: {a: id1}}", somebody)
	require.ErrorContains(t, err, "the custom field id2 is not mapped")
}

// What the directory tells of a field converts it, and checks its options.
func TestCustomFieldsByTheirTypes(t *testing.T) {
	t.Parallel()
	known := spec.WithCustomFields(
		spec.CustomField{ID: "n", Key: "budget", Type: "number"}, spec.CustomField{ID: "d", Key: "contact.since", Type: "date"},
		spec.CustomField{ID: "f", Key: "files", Type: "list"}, spec.CustomField{ID: "x", Key: "boxes", Type: "list"},
		spec.CustomField{ID: "o", Key: "level", Name: "budget", Type: "text", Options: []string{"Gold", "Silver"}},
		spec.CustomField{ID: "m", Key: "likes", Type: "list", Options: []string{"Tea", "Coffee", "Milk"}},
	)
	record := person{CustomFields: []customField{
		{"n", json.RawMessage(`"1200.50"`)}, {"d", json.RawMessage(`1767312000000`)}, {"o", json.RawMessage(`"Gold"`)}, {"m", json.RawMessage(`["Tea","Milk"]`)},
		{"f", json.RawMessage(`{"b":{"url":"https://example.com/b.pdf","meta":{"size":1}},"a":{"url":"https://example.com/a.pdf"}}`)},
		{"x", json.RawMessage(`{"1":"first","2":"","3":"third"}`)},
	}}
	for rules, want := range map[string]string{
		"a: budget, b: since, c: contact.Since":                                `{"a":1200.50,"b":"2026-01-02","c":"2026-01-02"}`,
		"a: files, b: boxes":                                                   `{"a":["https://example.com/a.pdf","https://example.com/b.pdf"],"b":["first","third"]}`,
		"a: {from: files, type: text}, b: {from: boxes, type: text}":           `{"a":"https://example.com/a.pdf, https://example.com/b.pdf","b":"first, third"}`,
		"a: {from: budget, type: text}, b: {from: level, type: list}":          `{"a":"1200.50","b":["Gold"]}`,
		"a: {from: level, table: {Gold: 3}}":                                   `{"a":3}`,
		"a: {from: likes, table: {Tea: t, Coffee: c}}":                         `{"a":["t"]}`,
		"a: {from: likes, table: {Tea: t}, otherwise: other}":                  `{"a":["t","other"]}`,
		"a: {from: boxes, type: number}, b: {from: likes, type: bool}":         `{}`,
		"a: {expr: \"custom('contact.level') + ' ' + custom('budget') + ''\"}": `{"a":"Gold 1200.50"}`,
	} {
		m, err := compile("people: {customFields: {"+rules+"}}", known)
		require.NoError(t, err, rules)
		made, err := m.Map(t.Context(), record)
		require.NoError(t, err, rules)
		data, err := json.Marshal(made.CustomFields)
		require.NoError(t, err)
		assert.Equal(t, want, string(data), rules)
	}
	m, err := compile("people: {customFields: {a: budget}}", known)
	require.NoError(t, err)
	made, err := m.Map(t.Context(), person{CustomFields: []customField{{"n", json.RawMessage(`"much"`)}}})
	require.NoError(t, err)
	assert.JSONEq(t, `"much"`, string(made.CustomFields.Or(nil)["a"]), "what can't be converted is kept as it is")

	_, err = compile("people: {customFields: {a: {from: level, table: {Gld: 3, Silver: 2, Bronze: 1}}}}", known)
	require.ErrorContains(t, err, "the custom field level has no option Gld: did you mean Gold?")
	require.ErrorContains(t, err, "the custom field level has no option Bronze: it has Gold, Silver")
}

// A definition that nothing is made of changes no fingerprint.
func TestTheDirectoryIsNoRule(t *testing.T) {
	t.Parallel()
	prints := func(unmapped string, fields ...spec.CustomField) map[string]string {
		m, err := compile("people: {unmapped: "+unmapped+", customFields: {a: level}}", spec.WithCustomFields(fields...))
		require.NoError(t, err)
		return m.Fingerprints()
	}
	level, more := spec.CustomField{ID: "1", Key: "level"}, spec.CustomField{ID: "2", Key: "new"}
	for _, unmapped := range []string{"leave", "warn", "fail"} {
		assert.Equal(t, prints(unmapped, level), prints(unmapped, level, more), unmapped)
	}
	before, after := prints("keep", level), prints("keep", level, more)
	assert.NotEqual(t, before["customFields"], after["customFields"], "what is kept gets a name")
	assert.Equal(t, before["customFields.a"], after["customFields.a"])
	level.Type = "list"
	assert.NotEqual(t, before["customFields.a"], prints("keep", level)["customFields.a"])
}
