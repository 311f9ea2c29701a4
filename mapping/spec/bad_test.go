package spec_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

type customField struct {
	ID    string          `json:"id"`
	Value json.RawMessage `json:"value"`
}

type person struct {
	Email        string            `json:"email,omitzero"`
	First        string            `json:"first"`
	Age          int               `json:"age"`
	Score        float64           `json:"score"`
	VIP          bool              `json:"vip"`
	Born         time.Time         `json:"born,omitzero"`
	Tags         []string          `json:"tags"`
	Channels     map[string]string `json:"channels"`
	Note         opt.Opt[string]   `json:"note,omitzero"`
	Nick         *string           `json:"nick"`
	CustomFields []customField     `json:"customFields,omitzero"`
}

type card struct {
	Email        opt.Opt[string]                     `json:"email,omitzero"`
	Name         string                              `json:"name"`
	Age          opt.Opt[int8]                       `json:"age,omitzero"`
	Score        opt.Opt[float64]                    `json:"score,omitzero"`
	VIP          opt.Opt[bool]                       `json:"vip,omitzero"`
	Born         opt.Opt[time.Time]                  `json:"born,omitzero"`
	Tags         opt.Opt[[]string]                   `json:"tags,omitzero"`
	Note         opt.Opt[string]                     `json:"note,omitzero"`
	Nick         *string                             `json:"nick"`
	Any          any                                 `json:"any"`
	CustomFields opt.Opt[map[string]json.RawMessage] `json:"customFields,omitzero"`
}

type plain struct {
	Name string `json:"name"`
}

var update = flag.Bool("update", false, "write the golden files anew")

func compile(text string, opts ...spec.Option) (*spec.Mapper[person, card], error) {
	file, err := spec.Parse("people.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	return spec.Compile[person, card](file, "people", opts...)
}

// Each bad spec has one message, which says what to do.
func TestBadSpecs(t *testing.T) {
	t.Parallel()
	shout := spec.Func1("shout", "1", func(_ context.Context, s string) (string, error) { return s + "!", nil })
	channels := spec.Func1("channels", "1", func(_ context.Context, m map[string]string) (map[string]string, error) { return m, nil })
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "the spec is empty"},
		{"no YAML", "people: [", "neither YAML nor JSON"},
		{"a tab", "people:\n\tfields: {}", "people.yaml:2:2: neither YAML nor JSON: found character that cannot start any token"},
		{"a list", "[a]", "a spec is a mapping of names to values, not a list"},
		{"two documents", "people: {}\n---\npeople: {}", "a spec is one document"},
		{"another resource", "peple: {}", "the spec has no resource people: did you mean peple?"},
		{"an alias", "people: &a {fields: *a}", "anchors and aliases"},
		{"an unknown key", "people: {feilds: {}}", "people.yaml:1:10: people: a resource has no feilds: did you mean fields?"},
		{"a key twice", "people:\n  fields: {email: email, email: first}", "people.yaml:2:26: people.fields: email is there twice: the first is in line 2"},
		{"a list as a rule", "people: {fields: {tags: [a]}}", "a rule is an expression, a constant or a mapping, not a list"},
		{"an empty rule", `people: {fields: {email: ""}}`, "a rule is a text, not an empty text"},
		{"an unknown key of a rule", "people: {fields: {email: {form: email}}}", "a rule has no form: did you mean from?"},
		{"two forms", "people: {fields: {email: {from: email, value: a}}}", "a rule has one of expr, value and from"},
		{"a table without from", "people: {fields: {email: {expr: email, table: {a: b}}}}", "go with from"},
		{"otherwise without a table", "people: {fields: {email: {from: email, otherwise: a}}}", "otherwise goes with table"},
		{"an unknown way of empty", "people: {fields: {email: {from: email, empty: cler}}}", "empty is clear, leave or keep: did you mean clear?"},
		{"unmapped", "people: {unmapped: kep}", "unmapped is keep, leave, warn or fail: did you mean keep?"},
		{"extends nothing", "people: {extends: default}", "there is no default spec of people to extend"},
		{"a region", "region: USA\npeople: {}", "a region is two letters"},
		{"when is constant", "people: {when: true}", "when is an expression over the record"},
		{"when is a text", "people: {when: email}", "when is true or false, but the expression gives a text"},
		{"an unknown target", "people: {fields: {emial: email}}", "people.yaml:1:19: people.fields.emial: the target has no field emial: did you mean email?"},
		{"an unknown source", "people: {fields: {email: lower(emial)}}", "people.yaml:1:32: people.fields.email: unknown name emial: did you mean email?"},
		{"an unknown function", "people: {fields: {email: lowr(email)}}", "unknown name lowr: did you mean lower?"},
		{"an unknown from", "people: {fields: {email: {from: emial}}}", "the source has no field emial: did you mean email?"},
		{"a copy of another type", "people: {fields: {email: age}}", "email is a text, but the expression gives a whole number: use text(value)"},
		{"a result of another type", "people: {fields: {age: lower(email)}}", "age is a whole number, but the expression gives a text: use number(text)"},
		{"a time as a text", "people: {fields: {email: born}}", "use formatTime(time, layout, zone)"},
		{"a text as a time", "people: {fields: {born: email}}", "use parseTime(text, layout, zone)"},
		{"a text as a list", "people: {fields: {tags: email}}", "use split(text, separator)"},
		{"a constant of another type", "people: {fields: {age: {value: old}}}", "age is a whole number, but the constant is a text"},
		{"a table of another type", "people: {fields: {age: {from: email, table: {a: b}}}}", "age is a whole number, but the table has a text for a"},
		{"otherwise of another type", "people: {fields: {age: {from: email, table: {a: 1}, otherwise: b}}}", "age is a whole number, but otherwise is a text"},
		{"a table that isn't there", "tables: {levels: {a: b}}\npeople: {fields: {email: {from: email, table: level}}}", "there is no table level: did you mean levels?"},
		{"a lookup that isn't there", "tables: {levels: {a: b}}\npeople: {fields: {email: \"lookup('level', email)\"}}", "there is no table level: did you mean levels?"},
		{"a lookup by a variable", "people: {fields: {email: \"lookup(email, email)\"}}", "this argument of lookup is a text in quotes"},
		{"a key that isn't one", "people: {fields: {email: {from: tags, table: {a: b}}}}", "a table looks up a text, a number or true or false, but tags is a list of texts"},
		{"an argument of another type", "people: {fields: {email: lower(age)}}", "lower takes text here, not whole number"},
		{"a list is wanted", "people: {fields: {email: \"join(email, ', ')\"}}", "join takes a list of texts here, not a text: write [email]"},
		{"too few arguments", "people: {fields: {email: \"replace(email, 'a')\"}}", "replace takes 3 arguments, not 2"},
		{"operands of two types", "people: {fields: {email: email + 1}}", "invalid operation: + (mismatched types text and whole number)"},
		{"no expression", "people: {fields: {email: lower(}}", "unexpected"},
		{"a range", "people: {fields: {age: len(1..1000000000)}}", "ranges (..) are not allowed"},
		{"a loop in a loop", "people: {fields: {vip: \"any(tags, any(tags, true))\"}}", "any is inside another function that goes through a list: only one may"},
		{"a method", "people: {fields: {name: born.String()}}", "values have no methods"},
		{"the environment", "people: {fields: {name: $env}}", "unknown name $env"},
		{"a function that may not be called", "people: {fields: {name: \"repeat(email, 1000)\"}}", "unknown name repeat"},
		{"a layout in small letters", "people: {fields: {email: \"formatTime(born, 'yyyy-mm-dd', '')\"}}", "yyyy stands for nothing in a layout: YYYY MM DD"},
		{"a layout with words", "people: {fields: {born: \"parseTime(email, 'DD.MM.YYYY um HH:mm', '')\"}}", "um stands for nothing in a layout"},
		{"an unknown time zone", "people: {fields: {email: \"formatTime(born, 'YYYY', 'Europe/Roma')\"}}", "there is no time zone Europe/Roma"},
		{"no pattern", "people: {fields: {email: \"extract(email, '(')\"}}", "the pattern is no regular expression"},
		{"a pattern that varies", "people: {when: email matches first}", "the pattern of matches is a text in quotes"},
		{"a state of no field", "people: {when: isNull(lower(email))}", "isNull takes the name of a field"},
		{"a function of whole fields inside", "people: {when: \"len(channels(channels)) > 0\"}", "channels works on whole fields"},
		{"an unknown custom field", "people: {customFields: {level: contact.lvel}}", "the source has no custom field contact.lvel: did you mean contact.level?"},
		{"an ambiguous custom field", "people: {customFields: {level: Twice}}", "2 custom fields of the source are called Twice: name it by its key or id"},
		{"an unknown data type", "people: {customFields: {level: {from: Level, type: txt}}}", "type is text, number, bool, date or list: did you mean text?"},
		{"too many parts", "people: {when: " + strings.Repeat("vip and ", 300) + "vip}", "more parts than allowed"},
		{"deep values", strings.Repeat("{a: ", 40) + strings.Repeat("}", 40), "nest more than"},
		{"a large file", strings.Repeat("#", spec.MaxSize+1), "larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(test.text, spec.WithFunctions(shout, channels), spec.WithCustomFields(
				spec.CustomField{ID: "id1", Key: "contact.level", Name: "Level"}, spec.CustomField{ID: "id2", Name: "Twice"}, spec.CustomField{ID: "id3", Name: "twice"},
			))
			var errs spec.Errors
			require.ErrorAs(t, err, &errs)
			assert.Len(t, errs, 1)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// All mistakes of a file come at once, each with its place.
func TestErrorsAsAPersonSeesThem(t *testing.T) {
	t.Parallel()
	specs, err := filepath.Glob("testdata/*.bad.*")
	require.NoError(t, err)
	require.NotEmpty(t, specs)
	for _, path := range specs {
		if strings.HasSuffix(path, ".golden") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			file, err := spec.Parse(filepath.Base(path), text)
			if file != nil {
				err = together(err, file)
			}
			require.Error(t, err)
			golden := path + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			assert.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

// together are the mistakes of a file's form with those of its names.
func together(err error, file *spec.File) error {
	all, _ := errors.AsType[spec.Errors](err)
	if _, err = spec.Compile[person, card](file, "people"); err != nil {
		more, _ := errors.AsType[spec.Errors](err)
		all = append(all, more...)
	}
	return all.Err()
}

func TestTypesThatHaveNoCustomFields(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("x.yaml", []byte("people: {unmapped: keep}"))
	require.NoError(t, err)
	_, err = spec.Compile[person, plain](file, "people")
	require.ErrorContains(t, err, "these records have no custom fields")
	_, err = spec.Compile[plain, card](file, "people")
	require.ErrorContains(t, err, "these records have no custom fields")
	_, err = spec.Compile[string, card](file, "people")
	require.ErrorContains(t, err, "a spec maps structs")
}

// A file of nothing but mistakes is refused as soon as there are enough.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"people: {" + strings.Repeat("a: 1, ", 10_000) + "}",
		"people: {fields: {email: first, " + strings.Repeat("'': 1, ", 200) + "note: [a], age: ''}}",
		"people: {fields: {" + strings.Repeat("email: {a: 1}, ", 5_000) + "}}",
	} {
		_, err := compile(text)
		var errs spec.Errors
		require.ErrorAs(t, err, &errs)
		assert.Len(t, errs, 100)
		file, err := spec.Parse("people.yaml", []byte(text))
		require.Error(t, err)
		_, _ = spec.Compile[person, card](file, "people") // doesn't panic
	}
}
