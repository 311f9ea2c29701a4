package spec_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

// Whatever a record holds, each function gives the same answer twice, and one that
// is what it says.
func FuzzFunctions(f *testing.F) {
	for _, text := range []string{
		"", " Ada ", "202-225-4601", "+39 06 6982 1234", "2026-03-29T02:30:00+01:00", "29.03.2026 02:30", "DD.MM.YYYY HH:mm", "Europe/Rome", "IT", "1.5e3", "NaN",
		"ﬁ ŉ İ ß", "🎉🎉", "\x00\xff", "a,b;c", "$1", "0x10", "-0", "١٢٣", strings.Repeat("a", 300),
	} {
		f.Add(text, "a", "", 2)
		f.Add("a", text, text, -1)
	}
	phoneOrNone := regexp.MustCompile(`^(\+[1-9][0-9]{4,16})?$`)
	dateOrNone := regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`)
	mappers := map[string]*spec.Mapper[person, card]{}
	for _, rule := range []string{
		"trim(first)", "lower(first)", "upper(first)", "title(first)", "coalesce(first, email)", "default(first, email)", "join([first, email], nick)",
		"join(split(first, email), nick)", "concat(first, concat(email, nick))", "replace(first, email, nick)", "extract(first, '([a-z]+)-?')", "replaceMatches(first, '([a-z])+', email)", "digits(first)",
		"truncate(first, age)", "hash(first)", "first(split(first, email))", "last(split(first, email))", "date(first)", "timezone(first)",
		"formatTime(parseTime(first, email, nick), email, nick)", "formatTime(born, first, email)", "phone(first, email)", "phoneDigits(first, email)",
		"phoneNational(first, email)", "undialable(first, email)", "country(first)", "lookup('t', first)", "text(number(first))",
	} {
		file, err := spec.Parse("f", []byte("tables: {t: {a: b}}\npeople: {}"))
		require.NoError(f, err)
		m, err := spec.CompileExpression[person, card](file, "note", rule)
		require.NoError(f, err, rule)
		mappers[rule] = m
	}
	f.Fuzz(func(t *testing.T, first, second, third string, n int) {
		record := person{First: first, Email: second, Nick: &third, Age: n, Tags: []string{third, first}, Born: time.Unix(int64(n), 0)}
		for rule, m := range mappers {
			made, err := m.Map(t.Context(), record)
			again, err2 := m.Map(t.Context(), record)
			require.Equal(t, made, again, rule)
			require.Equal(t, err, err2, rule)
			if err != nil {
				require.True(t, errors.Is(err, spec.ErrTooMuch) || errors.Is(err, spec.ErrTooLong), "%s: %v", rule, err)
				continue
			}
			text := made.Note.Or("")
			switch rule {
			case "phone(first, email)":
				require.Regexp(t, phoneOrNone, text)
			case "date(first)":
				require.Regexp(t, dateOrNone, text)
			case "truncate(first, age)":
				require.LessOrEqual(t, utf8.RuneCountInString(text), max(n, 0))
				require.True(t, strings.HasPrefix(first, text))
			case "hash(first)":
				require.True(t, len(text) == 64 || first == "")
			case "digits(first)":
				require.Empty(t, strings.Trim(text, "0123456789"))
			}
		}
	})
}
