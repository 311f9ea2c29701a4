package opt_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
)

func TestThreeStates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		value        opt.Opt[string]
		got          string
		ok           bool
		null, unset  bool
		or, readable string
	}{
		{"the zero value", opt.Opt[string]{}, "", false, false, true, "other", "unset"},
		{"null", opt.Null[string](), "", false, true, false, "other", "null"},
		{"set", opt.Set("a"), "a", true, false, false, "a", "a"},
		{"set to nothing", opt.Set(""), "", true, false, false, "", ""},
		{"a value or null", opt.OrNull("a"), "a", true, false, false, "a", "a"},
		{"nothing or null", opt.OrNull(""), "", false, true, false, "other", "null"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := test.value.Get()
			assert.Equal(t, test.got, got)
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.null, test.value.IsNull())
			assert.Equal(t, test.unset, test.value.IsZero())
			assert.Equal(t, test.or, test.value.Or("other"))
			assert.Equal(t, test.readable, fmt.Sprint(test.value))
		})
	}
}

type request struct {
	Text   opt.Opt[string]            `json:"text,omitzero"`
	Number opt.Opt[int]               `json:"number,omitzero"`
	List   opt.Opt[[]string]          `json:"list,omitzero"`
	Map    opt.Opt[map[string]string] `json:"map,omitzero"`
	Any    opt.Opt[any]               `json:"any,omitzero"`
	Raw    opt.Opt[json.RawMessage]   `json:"raw,omitzero"`
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		send request
		want string
	}{
		{"unset is left out", request{}, `{}`},
		{"null", request{Text: opt.Null[string](), List: opt.Null[[]string]()}, `{"text":null,"list":null}`},
		{"set to the zero value", request{Text: opt.Set(""), Number: opt.Set(0)}, `{"text":"","number":0}`},
		{"nil collections are empty", request{List: opt.Set[[]string](nil), Map: opt.Set[map[string]string](nil)}, `{"list":[],"map":{}}`},
		{"what encodes as null is null", request{Any: opt.Set[any](nil), Raw: opt.Set(json.RawMessage(`null`))}, `{"any":null,"raw":null}`},
		{"values", request{Text: opt.Set("é"), List: opt.Set([]string{"a"}), Any: opt.Set[any](1.5)}, `{"text":"é","list":["a"],"any":1.5}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent, err := json.Marshal(test.send)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(sent))

			other, err := jsonv2.Marshal(test.send)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(other), "both encoders agree")

			var read, otherRead request
			require.NoError(t, json.Unmarshal(sent, &read))
			require.NoError(t, jsonv2.Unmarshal(sent, &otherRead))
			assert.Equal(t, read, otherRead, "both decoders agree")
			again, err := json.Marshal(read)
			require.NoError(t, err)
			assert.Equal(t, test.want, string(again), "what was read is written as it was")
		})
	}
}

func TestJSONErrors(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(opt.Set(make(chan int)))
	require.Error(t, err)

	value := opt.Set("before")
	require.Error(t, json.Unmarshal([]byte(`1`), &value))
	assert.Equal(t, opt.Set("before"), value, "what can't be read changes nothing")

	unset, err := json.Marshal(opt.Opt[int]{})
	require.NoError(t, err)
	assert.Equal(t, "null", string(unset), "alone, unset has no other form")
}

type unsayable struct{}

func (unsayable) MarshalText() ([]byte, error) { return nil, assert.AnError }

func TestQuery(t *testing.T) {
	t.Parallel()
	type parameters struct {
		Text  opt.Opt[string]    `url:"text"`
		Size  opt.Opt[int]       `url:"size,omitempty"`
		Since opt.Opt[time.Time] `url:"since"`
		Tags  opt.Opt[[]string]  `url:"tag"`
	}
	for _, test := range []struct {
		name string
		send parameters
		want string
	}{
		{"unset is left out", parameters{}, ""},
		{"null is empty", parameters{Text: opt.Null[string]()}, "text="},
		{"zero is sent", parameters{Size: opt.Set(0)}, "size=0"},
		{"a time", parameters{Since: opt.Set(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}, "since=2026-01-02T03%3A04%3A05Z"},
		{"a list", parameters{Tags: opt.Set([]string{"a", "b c"})}, "tag=a&tag=b+c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			values, err := query.Values(test.send)
			require.NoError(t, err)
			assert.Equal(t, test.want, values.Encode())
		})
	}
	assert.ErrorIs(t, opt.Set([]unsayable{{}}).EncodeValues("x", &url.Values{}), assert.AnError)
}
