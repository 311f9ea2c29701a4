package spec_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, rules, want string }{
		{"copies", "email: email, age: age, score: score, vip: vip, tags: tags", `{"email":" Ada@Example.com ","age":36,"score":1.5,"vip":true,"tags":["a","b"]}`},
		{"a time in milliseconds and UTC", "born: born", `{"born":"1815-12-10T11:00:00.123Z"}`},
		{"what is optional", "note: note, nick: nick", `{"note":"n","nick":"Countess"}`},
		{"a whole number as a number", "score: age", `{"score":36}`},
		{"constants", "email: {value: a}, age: 3, vip: false, note: null, score: 3", `{"email":"a","age":3,"vip":false,"note":null,"score":3}`},
		{"an expression's constant", `email: "'a'", note: unset, vip: "null"`, `{"email":"a","vip":null}`},
		{"a table", "email: {from: first, table: {ada: Ada}}, note: {from: first, table: {bob: b}, otherwise: none}", `{"email":"Ada","note":"none"}`},
		{"a table without the key", "email: {from: first, table: {bob: b}}, note: {from: first, table: {bob: b}, empty: leave}", `{"email":null}`},
		{"a table of numbers and bools", `email: {from: age, table: {"36": x}}, age: {from: vip, table: {"true": 1}}`, `{"email":"x","age":1}`},
		{"a condition", `email: "vip ? upper(first) : unset", note: "vip ? unset : first", age: "age > 40 ? 1 : null"`, `{"email":"ADA","age":null}`},
		{"text and plus", `email: first + " " + lower(trim(email))`, `{"email":"ada ada@example.com"}`},
		{"functions of texts", `email: "title(first)", note: "replace(first, 'a', 'o')", tags: "split('x;y', ';')"`, `{"email":"Ada","note":"odo","tags":["x","y"]}`},
		{"join leaves out what is empty", `email: "join([first, '', coalesce('', 'z')], ', ')"`, `{"email":"ada, z"}`},
		{"truncate by characters", `email: "truncate('🎉🎉🎉', 2)", note: "truncate('ab', 5)"`, `{"email":"🎉🎉","note":"ab"}`},
		{"regular expressions", `email: "extract(email, '@(.*)[.]com')", note: "replaceMatches(first, '(a)', '<$1>')", vip: "first matches '^a'"`, `{"email":"Example","note":"\u003ca\u003ed\u003ca\u003e","vip":true}`},
		{"phones", `email: "phone('202-225-4601', '')", note: "phoneNational('+390669821234', '')", nick: "phoneDigits('06 6982 1234', 'it')"`, `{"email":"+12022254601","note":"06 6982 1234","nick":"390669821234"}`},
		{"undialable", `email: "undialable('911', '')", note: "undialable('202-225-4601', '')"`, `{"email":"911","note":null}`},
		{"times", `email: "formatTime(born, 'DD.MM.YYYY HH:mm', 'Europe/Rome')", born: "parseTime('02.01.2026 10:30', 'DD.MM.YYYY HH:mm', 'America/New_York')"`, `{"email":"10.12.1815 11:49","born":"2026-01-02T15:30:00Z"}`},
		{"times by single digits and names", `email: "formatTime(born, 'ddd D MMM YYYY, h:mm A', '')", born: "parseTime('7/4/2026', 'M/D/YYYY', '')"`, `{"email":"Sun 10 Dec 1815, 11:00 AM","born":"2026-07-04T00:00:00Z"}`},
		{"a time with an offset", `born: "parseTime('2026-03-29T02:30:00+01:00', 'YYYY-MM-DDTHH:mm:ssZ', 'Europe/Rome')", email: "formatTime(parseTime('2026-03-29 02:30', 'YYYY-MM-DD HH:mm', 'Europe/Rome'), '', 'Europe/Rome')"`, `{"born":"2026-03-29T01:30:00Z","email":"2026-03-29T03:30:00+02:00"}`},
		{"a time as in RFC 3339", `born: "parseTime('2026-07-04T10:00:00.5+02:00', '', '')"`, `{"born":"2026-07-04T08:00:00.5Z"}`},
		{"hash and digits", `email: "truncate(hash(first), 8)", note: "digits('a1b2')"`, `{"email":"fdee430d","note":"12"}`},
		{"lists", `tags: "map(filter(tags, # != 'a'), upper(#))", vip: "'b' in tags", email: "first(tags) + last(tags)"`, `{"vip":true,"email":"ab","tags":["B"]}`},
		{"an object", `email: "channels.sms", note: "channels.fax ?? 'none'"`, `{"email":"off","note":"none"}`},
		{"a custom field as a text", `email: "custom('Level')", note: "custom('contact.amount')"`, `{"email":"gold","note":"12345678901234567890"}`},
		{"numbers", `score: "number('1.25') * 2", age: "age + 1", email: "text(age)"`, `{"email":"36","age":37,"score":2.5}`},
		{"states", `vip: "isSet(note) and not isNull(note)"`, `{"vip":true}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := mapped(t, "people: {fields: {"+test.rules+"}}", somebody)
			require.NoError(t, err)
			want := map[string]any{"name": "", "nick": nil, "any": nil}
			require.NoError(t, json.Unmarshal([]byte(test.want), &want))
			data, err := json.Marshal(want)
			require.NoError(t, err)
			assert.JSONEq(t, string(data), got)
		})
	}
}

// Absent, empty and null are three things.
func TestThreeStates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, rule string
		note       opt.Opt[string]
		want       opt.Opt[string]
	}{
		{"unset stays unset", "note", opt.Opt[string]{}, opt.Opt[string]{}},
		{"null stays null", "note", opt.Null[string](), opt.Null[string]()},
		{"empty stays empty", "note", opt.Set(""), opt.Set("")},
		{"unless the rule leaves it", "{from: note, empty: leave}", opt.Set(""), opt.Opt[string]{}},
		{"a plain field without a value is cleared", "email", opt.Opt[string]{}, opt.Null[string]()},
		{"or left", "{from: email, empty: leave}", opt.Opt[string]{}, opt.Opt[string]{}},
		{"or kept", "{from: email, empty: keep}", opt.Opt[string]{}, opt.Set("")},
		{"a computed one is cleared", "lower(note)", opt.Set(""), opt.Null[string]()},
		{"or kept, too", "{expr: lower(note), empty: keep}", opt.Null[string](), opt.Set("")},
		{"null can be told from unset", "'isNull(note) ? \"null\" : \"other\"'", opt.Null[string](), opt.Set("null")},
		{"unset can be told from null", "'isNull(note) ? \"null\" : \"other\"'", opt.Opt[string]{}, opt.Set("other")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := compile("people: {fields: {note: " + test.rule + "}}")
			require.NoError(t, err)
			got, err := m.Map(t.Context(), person{Note: test.note})
			require.NoError(t, err)
			assert.Equal(t, card{Note: test.want}, got, "and nothing else is touched")
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	_, err := mapped(t, "people:\n  fields:\n    age: age * 100", somebody)
	require.EqualError(t, err, "people.fields.age (people.yaml:3): the number is out of the field's range")

	_, err = mapped(t, "people: {fields: {email: \"channels.sms.x.y + 'a'\"}}", somebody)
	require.ErrorContains(t, err, "people.fields.email")
	assert.NotContains(t, err.Error(), "off", "no values")

	_, err = mapped(t, "people: {fields: {score: score / (age - 36)}}", somebody)
	require.ErrorContains(t, err, "something is divided by 0")

	refused := spec.Func1("refuse", "1", func(context.Context, string) (string, error) { return "", assert.AnError })
	m, err := compile("people: {fields: {email: refuse(first)}}", spec.WithFunctions(refused))
	require.NoError(t, err)
	_, err = m.Map(t.Context(), somebody)
	require.ErrorIs(t, err, assert.AnError)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.Map(ctx, somebody)
	require.ErrorIs(t, err, context.Canceled)
}
