package mapping_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
)

var errBroken = errors.New("broken")

// number reads a text as a number: "skip" is left out, anything else fails.
var number = mapping.Func(func(_ context.Context, src string) (int, error) {
	if src == "skip" {
		return 7, fmt.Errorf("not this one: %w", mapping.Skip)
	}
	n, err := strconv.Atoi(src)
	if err != nil {
		return 7, errBroken
	}
	return n, nil
})

var double = mapping.Func(func(_ context.Context, n int) (string, error) {
	if n < 0 {
		return "x", errBroken
	}
	return strconv.Itoa(2 * n), nil
})

func increment(_ context.Context, _ string, n *int) error {
	if *n == 13 {
		return errBroken
	}
	*n++
	return nil
}

// cases are what every combinator that starts with number has in common.
func cases[T any](t *testing.T, mapper mapping.Mapper[string, T], want T) {
	t.Helper()
	got, err := mapper.Map(t.Context(), "4")
	require.NoError(t, err)
	assert.Equal(t, want, got)

	var zero T
	got, err = mapper.Map(t.Context(), "skip")
	require.ErrorIs(t, err, mapping.Skip)
	assert.Equal(t, zero, got, "an error comes without a value")

	got, err = mapper.Map(t.Context(), "four")
	require.ErrorIs(t, err, errBroken)
	assert.NotErrorIs(t, err, mapping.Skip)
	assert.Equal(t, zero, got)
}

func TestChain(t *testing.T) {
	t.Parallel()
	chained := mapping.Chain(number, double)
	cases(t, chained, "8")

	_, err := chained.Map(t.Context(), "-1")
	assert.ErrorIs(t, err, errBroken, "the second one's error")
}

func TestOverride(t *testing.T) {
	t.Parallel()
	corrected := mapping.Override(number, increment)
	cases(t, corrected, 5)

	got, err := corrected.Map(t.Context(), "13")
	require.ErrorIs(t, err, errBroken, "the correction's error")
	assert.Zero(t, got)
}

func TestWhen(t *testing.T) {
	t.Parallel()
	short := mapping.When(func(src string) bool { return len(src) < 5 }, mapping.Chain(number, double))
	cases(t, short, "8")

	_, err := short.Map(t.Context(), "12345")
	assert.ErrorIs(t, err, mapping.Skip)
}

func TestNothingToCall(t *testing.T) {
	t.Parallel()
	var (
		nilMapper mapping.Mapper[string, int]
		nilChange func(context.Context, string, *int) error
		nilWanted func(string) bool
	)
	always := func(string) bool { return true }
	for name, mapper := range map[string]mapping.Mapper[string, int]{
		"func":                    mapping.Func[string, int](nil),
		"chain without a first":   mapping.Chain(nilMapper, mapping.Func(func(_ context.Context, n int) (int, error) { return n, nil })),
		"chain without a second":  mapping.Chain[string, int, int](number, nil),
		"override without a base": mapping.Override(nilMapper, increment),
		"override without change": mapping.Override(number, nilChange),
		"when without a function": mapping.When(nilWanted, number),
		"when without a mapper":   mapping.When(always, nilMapper),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mapper.Map(t.Context(), "4")
			require.ErrorContains(t, err, "nil")
			assert.NotErrorIs(t, err, mapping.Skip)
		})
	}
	assert.Nil(t, mapping.WithVersion(nilMapper, "1"), "the engine names a missing mapper at its start")
}
