package spec_test

import (
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
