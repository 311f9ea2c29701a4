package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
)

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
