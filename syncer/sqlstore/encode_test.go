package sqlstore

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/syncer"
)

func FuzzFields(f *testing.F) {
	f.Add("name", `"a & b <c>"`, "custom.x", `[1, 2]`)
	f.Add("", "null", `"`, "1e400")
	f.Fuzz(func(t *testing.T, name, value, other, second string) {
		fields := syncer.Fields{name: json.RawMessage(value), other: json.RawMessage(second)}
		encoded, err := encodeFields(fields)
		if !json.Valid([]byte(value)) || !json.Valid([]byte(second)) {
			t.Skip() // what isn't JSON is refused, or is JSON once it is together
		}
		require.NoError(t, err)
		var decoded syncer.Fields
		require.NoError(t, decodeFields(encoded.([]byte), &decoded))
		names, err := json.Marshal(name + other) // JSON can't have other names
		require.NoError(t, err)
		var same string
		require.NoError(t, json.Unmarshal(names, &same))
		if same == name+other && value == trimmed(value) && second == trimmed(second) {
			assert.Equal(t, fields, decoded)
		}
	})
}

// trimmed is without the white space around it, which JSON does not count as the
// value's.
func trimmed(value string) string {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(value), &raw); err != nil {
		return ""
	}
	return string(raw)
}

func TestFieldsThatAreNotJSONAreRefused(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "{", "'a'", `"a`} {
		_, err := encodeFields(syncer.Fields{"name": json.RawMessage(value)})
		assert.Error(t, err, value)
	}
	none, err := encodeFields(nil)
	require.NoError(t, err)
	assert.Nil(t, none)
	empty, err := encodeFields(syncer.Fields{})
	require.NoError(t, err)
	assert.Equal(t, []byte("{}"), empty)
}

func FuzzList(f *testing.F) {
	f.Add("name", "a\nb")
	f.Add("\xff\x00", `"`)
	f.Fuzz(func(t *testing.T, first, second string) {
		list := []string{first, second}
		decoded, err := decodeList(encodeList(list))
		require.NoError(t, err)
		assert.Equal(t, list, decoded)
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add("\"a\"\n\"b\"")
	f.Fuzz(func(t *testing.T, lines string) {
		list, err := decodeList(lines)
		if err != nil {
			return
		}
		again, err := decodeList(encodeList(list))
		require.NoError(t, err)
		assert.Equal(t, list, again)
	})
}
