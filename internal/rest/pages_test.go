package rest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walk follows a map of cursors and returns what was seen until the error.
func walk(ctx context.Context, next map[string]string) (seen string, err error) {
	for item, err := range Pages(ctx, "client", func(cursor string) ([]*string, string, error) {
		if cursor == "broken" {
			return nil, "", errors.New("broken")
		}
		return []*string{&cursor}, next[cursor], nil
	}) {
		if err != nil {
			return seen, err
		}
		seen += *item + "."
	}
	return seen, nil
}

func TestPages(t *testing.T) {
	t.Parallel()
	seen, err := walk(t.Context(), map[string]string{"": "a", "a": "b"})
	require.NoError(t, err)
	assert.Equal(t, ".a.b.", seen)
	for name, test := range map[string]struct {
		next       map[string]string
		seen, text string
	}{
		"the same cursor":  {map[string]string{"": "a", "a": "a"}, ".a.", "client: the service repeats a cursor"},
		"cursors in turns": {map[string]string{"": "a", "a": "b", "b": "a"}, ".a.b.", "client: the service repeats a cursor"},
		"a broken page":    {map[string]string{"": "broken"}, ".", "broken"},
	} {
		seen, err := walk(t.Context(), test.next)
		require.ErrorContains(t, err, test.text, name)
		assert.Equal(t, test.seen, seen, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	seen, err = walk(ctx, map[string]string{"": "a"})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, seen)
}
