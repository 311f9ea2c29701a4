package spec_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/spec"
)

// mapRule maps one record by one expression for the field any.
func mapRule(t *testing.T, expression string, record person, opts ...spec.Option) error {
	t.Helper()
	m, err := compile("people: {fields: {any: {expr: \""+expression+"\"}}}", opts...)
	require.NoError(t, err)
	_, err = m.Map(t.Context(), record)
	return err
}

// A value that holds another twice, which holds another twice, and so on, is
// small, but whoever writes it out never ends.
func TestAnExpressionCannotShareWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, twice := range []string{"[X, X]", "{'a': X, 'b': X}", "map([1, 2], X)", "[map([1, 2], X)]", "true ? [X, X] : 1"} {
		for _, use := range []string{"X", "text(X)", "X == X", "X in [X]"} {
			var expression strings.Builder
			expression.WriteString("let v0 = [first]; ")
			const deep = 40
			for i := range deep {
				fmt.Fprintf(&expression, "let v%d = %s; ", i+1, strings.ReplaceAll(twice, "X", fmt.Sprintf("v%d", i)))
			}
			expression.WriteString(strings.ReplaceAll(use, "X", fmt.Sprintf("v%d", deep)))
			err := mapRule(t, expression.String(), person{First: "a"})
			require.ErrorIs(t, err, spec.ErrTooMuch, "%s of %s", use, twice)
		}
	}
	rule := "tags"
	for range 40 {
		rule = "map(" + rule + ", [#, #])"
	}
	require.ErrorIs(t, mapRule(t, rule, person{Tags: []string{"a"}}), spec.ErrTooMuch)
	long := person{First: strings.Repeat("a", 1<<20)}
	require.ErrorIs(t, mapRule(t, "text(map(split(first, ''), first))", person{First: strings.Repeat("a", 1<<13)}), spec.ErrTooMuch)
	require.ErrorIs(t, mapRule(t, "["+strings.Repeat("first, ", 20)+"first]", long), spec.ErrTooMuch)
}

func TestAnExpressionCannotMatchForLong(t *testing.T) {
	t.Parallel()
	long := person{First: strings.Repeat("a", 1<<17)}
	for _, rule := range []string{"first matches '(a{30}){30}b'", "extract(first, '(a{30}){30}b')", "replaceMatches(first, '(a{30}){30}b', '')"} {
		require.ErrorIs(t, mapRule(t, rule, long), spec.ErrTooLong, rule)
		require.NoError(t, mapRule(t, rule, person{First: "aaa"}), rule)
	}
}

func TestAnExpressionHasATimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := spec.Func1("slow", "1", func(ctx context.Context, s string) (string, error) {
			select {
			case <-time.After(2 * time.Second):
				return s, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		})
		part := ", slow(extract(first, 'a'))"
		require.NoError(t, mapRule(t, "join([''"+strings.Repeat(part, 3)+"], '')", person{First: "a"}, spec.WithFunctions(slow)))
		require.ErrorIs(t, mapRule(t, "join([''"+strings.Repeat(part, 4)+"], '')", person{First: "a"}, spec.WithFunctions(slow)), spec.ErrTooLong)

		many := person{Tags: make([]string, 200)}
		for _, loop := range []string{"any(tags, slow(#) == 'b')", "map(tags, slow(#))", "sum(tags, len(slow(#)))", "filter(tags, slow(#) != '')"} {
			require.ErrorIs(t, mapRule(t, loop, many, spec.WithFunctions(slow)), spec.ErrTooLong, loop)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			m, err := compile("people: {fields: {any: {expr: \""+loop+"\"}}}", spec.WithFunctions(slow))
			require.NoError(t, err)
			_, err = m.Map(ctx, many)
			require.ErrorIs(t, err, context.DeadlineExceeded, loop)
			cancel()
		}
	})
}

// What is bounded gives what it gave before.
func TestBoundsChangeNoResult(t *testing.T) {
	t.Parallel()
	record := person{First: "ada", Age: 36, Score: 1.5, Tags: []string{"a", "bb"}, Channels: map[string]string{"sms": "off"}}
	for rule, want := range map[string]any{
		"map(tags, len(#))": []any{1, 2}, "sum(tags, len(#))": 3, "sum(map(tags, len(#)))": 3, "map(tags, # + '!')": []string{"a!", "bb!"},
		"map(tags, len(#) + 1)[1]": 3, "count(tags, # matches 'b+')": 1, "none(tags, # == 'c')": true, "all(tags, len(#) > 1)": false,
		"[first, age, score, true, null]": []any{"ada", 36, 1.5, true, nil}, "{'a': tags}.a": []string{"a", "bb"}, "[channels, channels][1].sms": "off",
		"one(tags, # == 'a') ? [1] : [2]": []any{1}, "filter(tags, len(#) > 1)": []string{"bb"}, "first matches '^a' and not (first matches 'z')": true,
		"max(map(tags, len(#)))": 2,
	} {
		m, err := compile("people: {fields: {any: {expr: \"" + rule + "\"}}}")
		require.NoError(t, err, rule)
		made, err := m.Map(t.Context(), record)
		require.NoError(t, err, rule)
		assert.Equal(t, want, made.Any, rule)
	}
}

// A text can nest so deeply that reading it would end the program.
func TestDeepText(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"(", "[", "not ", "-", "a ? ", "{a: ", "len("} {
		_, err := compile("people: {fields: {email: '" + strings.Repeat(open, 100_000/len(open)) + "'}}")
		require.ErrorContains(t, err, "the expression is longer than 8192 bytes")
		_, err = compile("people: {fields: {email: '" + strings.Repeat(open, 8000/len(open)) + "'}}")
		require.Error(t, err)
	}
	for _, text := range []string{strings.Repeat("[", 50_000), strings.Repeat("{a: ", 50_000), strings.Repeat("- ", 50_000), strings.Repeat("? ", 50_000)} {
		_, err := compile("people: " + text)
		require.Error(t, err)
	}
}

// Places in a file of one long line are found at once.
func TestALongLine(t *testing.T) {
	t.Parallel()
	text := `{"people": {"fields": {"note": "` + strings.Repeat("x", 900_000) + `", "email": "lower('\u0061' + emial)"}}}`
	_, err := compile(text)
	var errs spec.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 2)
	assert.Equal(t, 1+strings.Index(text, "emial"), errs[1].Column)
	assert.Contains(t, errs[1].Text, "did you mean email?")
}

func TestAFunctionThatPanics(t *testing.T) {
	t.Parallel()
	panics := spec.Func1("panics", "1", func(_ context.Context, s string) (string, error) {
		if s == "" {
			return strings.Fields(s)[0], nil
		}
		panic("a secret of " + s)
	})
	for _, rule := range []string{"panics(first)", "panics(first) + 'a'", "any(tags, panics(first) == #)"} {
		err := mapRule(t, rule, person{First: "Ada", Tags: []string{"a"}}, spec.WithFunctions(panics))
		require.ErrorContains(t, err, "people.fields.any (people.yaml:1): the function panics panicked with a string")
		assert.NotContains(t, err.Error(), "Ada", "no values")
	}
	err := mapRule(t, "panics(first)", person{}, spec.WithFunctions(panics))
	require.ErrorContains(t, err, "the function panics panicked: runtime error: index out of range")

	fails := spec.Func1("fails", "1", func(context.Context, string) (string, error) { return "", assert.AnError })
	require.ErrorIs(t, mapRule(t, "fails(first) + 'a'", person{}, spec.WithFunctions(fails)), assert.AnError, "also through an expression")
	nan := spec.Func1("nan", "1", func(context.Context, string) (float64, error) { return math.NaN(), nil })
	require.ErrorContains(t, mapRule(t, "nan(first)", person{}, spec.WithFunctions(nan)), "no number")
}

func TestFunctionsThatCannotBeCalled(t *testing.T) {
	t.Parallel()
	same := func(_ context.Context, s string) (string, error) { return s, nil }
	for want, f := range map[string]spec.Function{
		`a function can't be called ""`:                                              {},
		`a function can't be called "to text"`:                                       spec.Func1("to text", "1", same),
		"a function can't be called map: it means something else in expressions":     spec.Func1("map", "1", same),
		"a function can't be called matches: it means something else in expressions": spec.Func1("matches", "1", same),
		"the function shout is nil":                                                  spec.Func1[string, string]("shout", "1", nil),
	} {
		_, err := compile("people: {}", spec.WithFunctions(f))
		require.ErrorContains(t, err, want)
	}
}

// What ends in the middle of nothing, is spelt as JSON does, or was saved by
// another editor.
func TestTextsOfAllKinds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"JSON with tabs":      "{\n\t\"people\": {\n\t\t\"fields\": {\n\t\t\t\"email\": \"first\"\n\t\t}\n\t}\n}",
		"JSON with escapes":   `{"people": {"fields": {"\u0065mail": "first", "note": {"value": "\ud83c\udf89 \\ud83c\\udf89 \/"}}}}`,
		"JSON with a schema":  `{"$schema": "schema.json", "people": {"fields": {"email": "first"}}}`,
		"a byte order mark":   "\ufeffpeople: {fields: {email: first}}",
		"lines of Windows":    "people:\r\n  fields:\r\n    email: first\r\n",
		"lines of an old Mac": "people:\r  fields:\r    email: first\r",
		"no line at the end":  "people:\n  fields:\n    email: first",
	} {
		m, err := compile(text)
		require.NoError(t, err, name)
		made, err := m.Map(t.Context(), person{First: "a"})
		require.NoError(t, err, name)
		assert.Equal(t, "a", made.Email.Or(""), name)
		if name == "JSON with escapes" {
			assert.Equal(t, `🎉 \ud83c\udf89 /`, made.Note.Or(""))
		}
	}
	for text, want := range map[string]string{
		"people: {fields: {email: \"\xff\"}}":             "people.yaml:1:27: neither YAML nor JSON: it is not UTF-8 here",
		"\xff\xfep\x00e\x00":                              "people.yaml:1:1: neither YAML nor JSON: it is not UTF-8 here",
		"people:\r\n  fields:\r\n    emial: first":        "people.yaml:3:5: people.fields.emial",
		"people: {fields: {email: !!binary aGk=}}":        "people.yaml:1:26: tags (!) are not read",
		"people: {fields: {email: !mine first}}":          "tags (!) are not read",
		"people: {<<: {when: vip}}":                       "people.yaml:1:10: people: a resource has no <<",
		"a: &a [x]\nb: &b [*a, *a]\npeople: {fields: *b}": "anchors and aliases",
		`{"people": {"when": "vip", "when": "vip"}}`:      "when is there twice: the first is in line 1",
		"people: {fields: {email: first}":                 "neither YAML nor JSON",
		"people:\n  fields: {}\n people: {}":              "people.yaml:",
		"people: {fields: {age: 99999999999999999999}}":   "age is a whole number, but the constant is a number",
		"people: {fields: {age: '99999999999999999999'}}": "the whole number is too large",
		"people: {fields: }":                              "fields is a mapping of names to values, not null",
	} {
		_, err := compile(text)
		require.ErrorContains(t, err, want, "%q", text)
	}
}

func TestAnExpressionCannotBuildAGigabyte(t *testing.T) {
	t.Parallel()
	long := person{First: strings.Repeat("a", 64<<10)}
	for name, rule := range map[string]string{
		"doubling":      "let a = first + first; let b = a + a; let c = b + b; let d = c + c; let e = d + d; let f = e + e; let g = f + f; let h = g + g; h + h",
		"join":          "join(split(first, ''), first)",
		"replace":       "replace(first, 'a', first)",
		"replaceAll":    "replaceMatches(first, 'a', first)",
		"groups":        "replaceMatches(first, '^(a+)', '" + strings.Repeat("$1", 300) + "')",
		"for each":      "join(map(split(first, ''), first + #), '')",
		"unknown types": "let a = channels.x ?? first; let b = a + a; let c = b + b; let d = c + c; let e = d + d; let f = e + e; let g = f + f; let h = g + g; let i = h + h; let j = i + i; text(j + j)",
	} {
		_, err := mapped(t, "people: {fields: {note: {expr: \""+rule+"\"}}}", long)
		require.ErrorIs(t, err, spec.ErrTooMuch, name)
	}
}
