package wire

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// thing is a record as the clients have them.
type thing struct {
	Name  string          `json:"name,omitzero"`
	Done  bool            `json:"done,omitzero"`
	At    Time            `json:"at,omitzero"`
	Raw   json.RawMessage `json:"raw,omitzero"`
	List  []string        `json:"list,omitzero"`
	Items []thing         `json:"items,omitzero"`

	extra Extra
}

func (r *thing) field(name string) any {
	switch name {
	case "name":
		return &r.Name
	case "done":
		return &r.Done
	case "at":
		return &r.At
	case "raw":
		return &r.Raw
	case "list":
		return &r.List
	case "items":
		return &r.Items
	default:
		return nil
	}
}

func (r *thing) UnmarshalJSON(data []byte) error { return Unmarshal(data, r.field, &r.extra) }

func (r thing) MarshalJSON() ([]byte, error) {
	type plain thing
	return Marshal(plain(r), r.extra)
}

func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"name":"a","done":true,"at":"2026-01-02T03:04:05+05:30","raw":{"a":[1]},"list":["x"],"items":[{"name":"b"}]}`,
		`{"name":1,"done":"yes","at":{"y":1},"raw":17,"list":["x",1],"items":{"a":1}}`,
		`{"items":[1,"a",[],{},{"name":"b","new":{}}],"new":"x"}`,
		`[1]`, `"a"`, `7`, `{"name":"\u00e9\n","\u006eew":1}`,
	} {
		var value thing
		require.NoError(t, json.Unmarshal([]byte(text), &value), text)
		back, err := json.Marshal(value)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(back))
	}
}

func TestAWrongTypeLeavesTheFieldEmpty(t *testing.T) {
	t.Parallel()
	var value thing
	require.NoError(t, json.Unmarshal([]byte(`{"name":1,"done":"yes","list":["x",1],"at":true,"x":null}`), &value))
	assert.Empty(t, value.Name)
	assert.False(t, value.Done)
	assert.Nil(t, value.List, "not half of it")
	assert.True(t, value.At.Time.IsZero())
	assert.Len(t, value.extra.Clone(), 3, "null is absence; a time keeps what it is by itself")

	value = thing{}
	require.NoError(t, json.Unmarshal([]byte(`[1]`), &value))
	assert.Empty(t, value.extra.Clone())
	for _, broken := range []string{``, `{`, `{"name"`, `{"name":}`, `{"name":"a"`, `[`} {
		assert.Error(t, new(thing).UnmarshalJSON([]byte(broken)), broken)
	}
}

func TestTimesAreReadInAllSpellings(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-01-02T03:04:05Z"`: want, `"2026-01-02T08:34:05.000+05:30"`: want, `"2026-01-02 03:04:05"`: want,
		`"2026-01-02T03:04:05"`: want, `1767323045000`: want, `"2026-01-02"`: want.Truncate(24 * time.Hour),
		`"soon"`: {}, `true`: {}, `{}`: {}, `1e300`: {}, `-1e300`: {}, `1E700`: {}, `""`: {}, `"\ud800"`: {},
	} {
		var got Time
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		assert.True(t, want.Equal(got.Time), "%s is %s", text, got.Time)
		back, err := json.Marshal(got)
		require.NoError(t, err)
		assert.Equal(t, text, string(back), "it is written as it came")
		assert.False(t, got.IsZero())
	}
	data, err := json.Marshal(At(want))
	require.NoError(t, err)
	assert.Equal(t, `"2026-01-02T03:04:05.000Z"`, string(data))
	data, err = json.Marshal(Time{})
	require.NoError(t, err)
	assert.Equal(t, `null`, string(data))
}
