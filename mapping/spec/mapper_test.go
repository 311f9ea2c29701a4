package spec_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

var somebody = person{
	Email: " Ada@Example.com ", First: "ada", Age: 36, Score: 1.5, VIP: true, Born: time.Date(1815, 12, 10, 12, 0, 0, 123456789, time.FixedZone("", 3600)),
	Tags: []string{"a", "b"}, Channels: map[string]string{"sms": "off"}, Note: opt.Set("n"), Nick: new("Countess"),
	CustomFields: []customField{
		{"id1", json.RawMessage(`"gold"`)}, {"id2", json.RawMessage(`12345678901234567890`)}, {"id3", json.RawMessage(`["x","y"]`)},
		{"id4", json.RawMessage(`"2026-01-02T00:00:00Z"`)}, {"id5", json.RawMessage(`"Yes"`)}, {"id6", json.RawMessage(`null`)},
	},
}

var directory = spec.WithCustomFields(
	spec.CustomField{ID: "id1", Key: "contact.level", Name: "Level"}, spec.CustomField{ID: "id2", Key: "contact.amount", Name: "Amount"},
	spec.CustomField{ID: "id3", Name: "Colours"}, spec.CustomField{ID: "id4", Name: "Since"}, spec.CustomField{ID: "id5", Name: "Agreed"},
)

func mapped(t *testing.T, text string, record person) (string, error) {
	t.Helper()
	m, err := compile(text, directory, spec.WithRegion("US"))
	require.NoError(t, err)
	made, err := m.Map(t.Context(), record)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(made)
	require.NoError(t, err)
	return string(data), nil
}

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

func TestWhen(t *testing.T) {
	t.Parallel()
	for when, wanted := range map[string]bool{
		"vip": true, "not vip": false, `email contains "@"`: true, `"c" in tags`: false, `any(tags, # == "b")`: true, "len(tags) > 5": false,
		`channels.sms == "off"`: true, `custom("Level") == "gold"`: true,
	} {
		_, err := mapped(t, "people: {when: '"+when+"'}", somebody)
		if wanted {
			assert.NoError(t, err, when)
		} else {
			assert.ErrorIs(t, err, mapping.Skip, when)
		}
	}
}

func TestExtends(t *testing.T) {
	t.Parallel()
	base, err := spec.Parse("base.yaml", []byte("people: {when: vip, fields: {email: email, note: first}, unmapped: keep, customFields: {a: {value: 1}}}"))
	require.NoError(t, err)
	m, err := compile("people: {extends: default, fields: {email: upper(first), note: unset}, customFields: {b: {value: 2}}, unmapped: leave}", spec.WithBase(base))
	require.NoError(t, err)
	made, err := m.Map(t.Context(), somebody)
	require.NoError(t, err)
	assert.Equal(t, card{Email: opt.Set("ADA"), CustomFields: opt.Set(map[string]json.RawMessage{"a": json.RawMessage("1"), "b": json.RawMessage("2")})}, made)
	_, err = m.Map(t.Context(), person{})
	assert.ErrorIs(t, err, mapping.Skip, "the base's filter holds")
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

func TestUseFromManySides(t *testing.T) {
	t.Parallel()
	m, err := compile("people: {unmapped: keep, fields: {email: \"first + ' ' + phone('202-225-4601', '')\", age: age, tags: tags}}", spec.WithRegion("US"))
	require.NoError(t, err)
	want, err := m.Map(t.Context(), somebody)
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				got, err := m.Map(t.Context(), somebody)
				assert.NoError(t, err)
				assert.Equal(t, want, got)
				got, err = m.Map(t.Context(), person{First: "b"})
				assert.NoError(t, err)
				assert.Equal(t, opt.Set("b +12022254601"), got.Email)
				assert.Equal(t, opt.Set(map[string]json.RawMessage{}), got.CustomFields, "nothing stays of the record before")
			}
		})
	}
	all.Wait()
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	const text = "people: {when: vip, fields: {email: \"phone(email, first)\", age: age, note: \"lookup('t', first)\"}, customFields: {a: {value: 1}, b: id1}, unmapped: keep}\ntables: {t: {a: b}}"
	prints := func(text string, opts ...spec.Option) map[string]string {
		m, err := compile(text, opts...)
		require.NoError(t, err)
		var fielded mapping.Fielded = m
		return fielded.Fingerprints()
	}
	first := prints(text)
	assert.Len(t, first, 7)
	assert.Equal(t, first, prints(strings.ReplaceAll(text, "{email:", "{email:   ")), "how it is written is the same")
	for changed, fields := range map[string][]string{
		strings.Replace(text, "age: age", "age: age + 1", 1):         {"age"},
		strings.Replace(text, "a: b", "a: c", 1):                     {"note"},
		strings.Replace(text, "when: vip", "when: not vip", 1):       {""},
		strings.Replace(text, "{value: 1}", "{value: 2}", 1):         {"customFields.a"},
		strings.Replace(text, "unmapped: keep", "unmapped: warn", 1): {"customFields"},
		"region: IT\n" + text:                                        {"email"},
	} {
		var differ []string
		for name, mark := range prints(changed) {
			if first[name] != mark {
				differ = append(differ, name)
			}
		}
		assert.ElementsMatch(t, fields, differ, changed)
	}
	m, err := compile(text)
	require.NoError(t, err)
	again, err := compile(strings.Replace(text, "age: age", "age: age + 1", 1))
	require.NoError(t, err)
	assert.NotEqual(t, m.Version(), again.Version())
	assert.Equal(t, map[string][]string{
		"": {"vip"}, "email": {"email", "first"}, "age": {"age"}, "note": {"first"},
		"customFields": {"customFields"}, "customFields.a": nil, "customFields.b": {"customFields"},
	}, m.Reads())
}

func TestExplain(t *testing.T) {
	t.Parallel()
	m, err := compile("people:\n  when: vip\n  fields:\n    email: phone(email, '')\n    age: age * 100\n    note: unset\n    name: first\n  customFields:\n    level: Level\n    none: {expr: \"''\"}\n  unmapped: leave\n", directory)
	require.NoError(t, err)
	x := m.Explain(t.Context(), somebody)
	assert.False(t, x.Skipped)
	require.ErrorContains(t, x.Err(), "out of the field's range")
	states := map[string]mapping.State{}
	for _, f := range x.Fields {
		states[f.Field] = f.State
	}
	assert.Equal(t, map[string]mapping.State{
		"email": mapping.StateNull, "age": mapping.StateFailed, "note": mapping.StateUnset, "name": mapping.StateSet,
		"customFields": mapping.StateUnset, "customFields.level": mapping.StateSet, "customFields.none": mapping.StateUnset,
	}, states)
	assert.Contains(t, x.String(), "email = null\n    rule:  phone(email, '') (people.yaml:4)\n    input: email = \" Ada@Example.com \"\n    warning: it can't be made E.164")
	assert.True(t, m.Explain(t.Context(), person{}).Skipped)

	got, err := m.Map(t.Context(), person{VIP: true, First: "x"})
	require.NoError(t, err)
	assert.Equal(t, "x", got.Name, "an explanation leaves nothing behind")
}

// A file is compiled as often as one likes, also at once.
func TestCompilingChangesNoFile(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("f", []byte("tables: {t: {a: b}}\npeople: {fields: {email: {from: first, table: t}, note: first}, customFields: {a: id1}}"))
	require.NoError(t, err)
	base, err := spec.Parse("f", []byte("people: {extends: default}"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			m, err := spec.Compile[person, card](file, "people")
			assert.NoError(t, err)
			over, err := spec.Compile[person, card](base, "people", spec.WithBase(file))
			assert.NoError(t, err)
			assert.Equal(t, m.Version(), over.Version(), "extending by nothing is the same")
		})
	}
	all.Wait()
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
