package opt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

func TestAny(t *testing.T) {
	t.Parallel()
	var value opt.Opt[string]
	var unnamed opt.Any = &value
	text, ok := unnamed.Pointer().(*string)
	require.True(t, ok)
	*text = "a"
	assert.True(t, unnamed.IsZero(), "a value alone sets nothing")
	unnamed.MarkSet()
	assert.Equal(t, opt.Set("a"), value)
	unnamed.MarkNull()
	assert.Equal(t, opt.Null[string](), value, "and the value is gone")
	unnamed.MarkUnset()
	assert.Equal(t, opt.Opt[string]{}, value)
}
