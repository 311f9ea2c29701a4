package syncer

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHard21NumbersBeyond2To53KeepEveryDigit(t *testing.T) {
	t.Parallel()
	const big = "9007199254740993" // 2^53 + 1
	fields, err := fieldsOf([]byte(`{"n":` + big + `,"custom":{"id":` + big + `,"d":0.10}}`))
	require.NoError(t, err)
	assert.Equal(t, big, string(fields["n"]))
	assert.Equal(t, big, string(fields["custom.id"]))
	object, err := fields.object()
	require.NoError(t, err)
	assert.JSONEq(t, `{"n":`+big+`,"custom":{"id":`+big+`,"d":0.10}}`, string(object))
	again, err := fieldsOf(object)
	require.NoError(t, err)
	assert.True(t, sameFields(fields, again))
	assert.False(t, equal(fields["n"], json.RawMessage("9007199254740992")), "the next number is another one")
	assert.NotEmpty(t, plan(situation{
		base: &Base{Sent: fields, Answered: fields}, desired: fields.with("n", json.RawMessage("9007199254740992")),
	}).send)
}
