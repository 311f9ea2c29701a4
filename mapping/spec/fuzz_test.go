package spec_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

// Whatever a file holds, it is refused with places in it, or it compiles.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.bad.*")
	require.NoError(f, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	for _, text := range []string{
		"people: {when: vip, fields: {email: first}, unmapped: keep, customFields: {a: {from: b, table: {x: 1}}}}",
		"a: &a [*a]", "? {}\n: b", "people: !!binary x", "people: {fields: {age: 0x10, score: .inf, email: \"\\x00\"}}", "\ufeffpeople: {}", "{", "%YAML 3",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := spec.Parse("f", text)
		if file != nil {
			err = together(err, file)
		}
		if err == nil {
			return
		}
		var errs spec.Errors
		require.ErrorAs(t, err, &errs)
		require.NotEmpty(t, errs.Error())
		lines := 1
		for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(string(text), end)
		}
		for _, one := range errs {
			require.LessOrEqual(t, one.Line, lines)
		}
	})
}

// Whatever an expression is, it is refused or ends soon, without a panic.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"lower(trim(email))", "first + ' ' + email", "vip ? age : null", "any(tags, # == 'a')", "let x = first; x + x", "channels.a.b.c", "join([first, email], ',')",
		"extract(first, '(a*)*b')", "parseTime(first, 'YYYY', 'Europe/Rome')", "map(split(first, ''), upper(#))", "1 / 0", "age % 0", "tags[5]", "first[1:]", "{'a': 1}.a", "unset ?? null",
		"replaceMatches(first, '', first)", "truncate(first, -1)", "min(tags)", "sum(map(tags, len(#)))", "2 ** 100000", "not vip", "text(channels)", "isSet(note)", "custom('x')",
	} {
		f.Add(text, "a")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		file, err := spec.Parse("f", []byte("people: {fields: {any: a, note: a, age: a, born: a, tags: a}}"))
		require.NoError(t, err)
		for _, field := range []string{"any", "note", "age", "born", "tags"} {
			m, err := spec.CompileExpression[person, card](file, field, text)
			if err != nil {
				var errs spec.Errors
				require.ErrorAs(t, err, &errs)
				continue
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, err = m.Map(ctx, person{First: value, Email: value, Tags: []string{value}, Channels: map[string]string{"a": value}, Note: opt.Set(value), Age: len(value)})
			cancel()
			if err != nil {
				require.NotErrorIs(t, err, context.DeadlineExceeded)
			}
			m.Explain(t.Context(), person{First: value})
		}
	})
}
