package spec_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

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
