package mapping_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	warning := mapping.Override(number, func(ctx context.Context, src string, _ *int) error {
		mapping.Warn(ctx, "n", "is "+src)
		return nil
	})

	_, err := warning.Map(t.Context(), "3")
	require.NoError(t, err, "without a collector nothing happens")

	outer, ofOuter := mapping.CollectWarnings(t.Context())
	inner, ofInner := mapping.CollectWarnings(outer)
	assert.Empty(t, ofInner())
	for _, src := range []string{"1", "2"} {
		_, err = warning.Map(inner, src)
		require.NoError(t, err)
	}
	assert.Equal(t, []mapping.Warning{{"n", "is 1"}, {"n", "is 2"}}, ofInner())
	assert.Empty(t, ofOuter(), "the nearest collector has them")

	ofInner()[0].Text = "changed"
	assert.Equal(t, "is 1", ofInner()[0].Text, "what is returned is a copy")
}

func TestWarningsFromManySides(t *testing.T) {
	t.Parallel()
	ctx, collected := mapping.CollectWarnings(t.Context())
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			mapping.Warn(ctx, strconv.Itoa(i), "seen")
			collected()
		})
	}
	all.Wait()
	assert.Len(t, collected(), 50)
}
