package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	first, second := mapping.WithVersion(number, "1"), mapping.WithVersion(double, "2")
	all := func(string) bool { return true }
	for _, test := range []struct {
		name   string
		mapper any
		want   string
	}{
		{"nothing", nil, ""},
		{"a function", number, ""},
		{"given", first, "1"},
		{"given twice", mapping.WithVersion(first, "b"), "1+b"},
		{"chain of none", mapping.Chain(number, double), ""},
		{"chain of both", mapping.Chain(first, second), "1+2"},
		{"chain with the first", mapping.Chain(first, double), "1+"},
		{"chain with the second", mapping.Chain(number, second), "+2"},
		{"override", mapping.Override(first, increment), "1"},
		{"override with its own", mapping.WithVersion(mapping.Override(first, increment), "mine"), "1+mine"},
		{"when", mapping.When(all, first), "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, mapping.VersionOf(test.mapper))
		})
	}

	got, err := first.Map(t.Context(), "4")
	require.NoError(t, err)
	assert.Equal(t, 4, got, "a version changes no result")
}
