package wire

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// UnmarshalJSONFrom is what the generated records have.
func (r *thing) UnmarshalJSONFrom(d *jsontext.Decoder) error { return Decode(d, r.field, &r.extra) }

// FuzzDecode reads any text: what is JSON is never an error, both packages read
// the same of it, nothing of it is lost, and reading what was written changes
// nothing.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"name":"a","done":true,"at":"2026-01-02","raw":[1],"list":["x"],"items":[{"name":"b","new":1}],"new":{}}`,
		`{"name":1,"done":"x","at":{},"list":[1],"items":{}}`, `{"name":"a","name":2,"name":null}`, `{"\u006eame":"\ud800"}`,
		"{\"name\":\"\xff\",\"\xff\":1}", `{"items":[[[[1]]],null,{"items":[{"items":[7]}]}]}`, `[1]`, `null`, `"a"`, ` 7 `, `{`, "\ufeff{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v1, v2 thing
		err := json.Unmarshal(data, &v1)
		if !json.Valid(data) {
			require.Error(t, err)
			_ = v2.UnmarshalJSON(data) // it does not panic
			return
		}
		require.NoError(t, err)
		require.NoError(t, jsonv2.Unmarshal(data, &v2, lenient))
		require.Equal(t, v1, v2)
		back, err := json.Marshal(v1)
		require.NoError(t, err)
		var again thing
		require.NoError(t, json.Unmarshal(back, &again))
		once, err := json.Marshal(again)
		require.NoError(t, err)
		if !utf8.Valid(data) {
			return
		}
		require.JSONEq(t, string(back), string(once))
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil || twice(data) {
			return
		}
		for name, value := range members {
			if empty(value) {
				continue // it is left out
			}
			var written map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(back, &written))
			if name == "items" || name == "done" && string(value) == "false" {
				continue // items within may be empty
			}
			require.Contains(t, written, name)
			require.True(t, same(value, written[name]), "%s: %s became %s", name, value, written[name])
		}
	})
}

// twice reports whether an object has a name twice: the last one is kept.
func twice(data []byte) bool {
	var value any
	return jsonv2.Unmarshal(data, &value) != nil
}

// empty reports whether a value is one that a record leaves out.
func empty(value json.RawMessage) bool {
	return string(value) == "null" || string(value) == `""` || string(value) == "[]"
}

// same compares values, numbers by their text.
func same(a, b json.RawMessage) bool {
	one, other := jsontext.Value(a).Clone(), jsontext.Value(b).Clone()
	return one.Canonicalize() == nil && other.Canonicalize() == nil && reflect.DeepEqual(one, other)
}

// FuzzTime reads any text as a time: it is written back as it came, and what was
// read is a time that can be written.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		`"2026-01-02T03:04:05+05:30"`, `"2026-01-02 03:04:05"`, `1767323045000`, `-1`, `1e300`, `-1e300`, `1e-9`, `"9999-12-31T23:59:59.999999999-23:59"`,
		`null`, `true`, `{"a":1}`, `[]`, `""`, `"\u0032026-01-02"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var value Time
		if json.Unmarshal(data, &value) != nil {
			require.False(t, json.Valid(data))
			return
		}
		back, err := json.Marshal(value)
		require.NoError(t, err)
		var compact jsontext.Value = append([]byte{}, data...)
		if compact.Kind() == '0' && compact.Compact() == nil {
			assert.Equal(t, string(compact), string(back))
		}
		require.LessOrEqual(t, value.Year(), 10_000, "with an offset")
		require.GreaterOrEqual(t, value.Year(), -1)
		_, err = json.Marshal(At(value.Time))
		require.NoError(t, err)
	})
}
