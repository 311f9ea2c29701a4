package syncer

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/contactlink/contactlink/mapping"
)

func TestWhatDiffersBetweenTwoMappings(t *testing.T) {
	t.Parallel()
	f := &flow{
		version: "2", reads: map[string][]string{"": {"vip"}, "a": {"x", "y.z"}, "b": {"x"}, "c": nil},
		rules: Rules{Fingerprints: map[string]string{"": "w", "a": "1", "b": "1", "c": "1"}, Source: []string{"vip", "x", "y"}},
	}
	all := []string{"vip", "x", "y"}
	for name, test := range map[string]struct {
		before Rules
		want   change
	}{
		"nothing":               {Rules{map[string]string{"": "w", "a": "1", "b": "1", "c": "1"}, all}, change{fields: map[string]bool{}}},
		"a field":               {Rules{map[string]string{"": "w", "a": "0", "b": "1", "c": "1"}, all}, change{fields: map[string]bool{"a": true}}},
		"a field more":          {Rules{map[string]string{"": "w", "b": "1", "c": "1"}, all}, change{fields: map[string]bool{"a": true}}},
		"a field less":          {Rules{map[string]string{"": "w", "a": "1", "b": "1", "c": "1", "d": "1"}, all}, change{fields: map[string]bool{"d": true}}},
		"the filter":            {Rules{map[string]string{"": "v", "a": "1", "b": "1", "c": "1"}, all}, change{fields: map[string]bool{"": true}}},
		"no filter before":      {Rules{map[string]string{"a": "1", "b": "1", "c": "1"}, []string{"x"}}, change{fields: map[string]bool{"": true}, fresh: []string{"vip"}}},
		"a part in Go":          {Rules{map[string]string{"": "w", "a": "1", "b": "1", "c": "1", "*": "go"}, all}, change{}},
		"what the source lacks": {Rules{map[string]string{"": "w", "a": "0", "b": "1", "c": "1"}, []string{"vip", "x"}}, change{fields: map[string]bool{"a": true}, fresh: []string{"y"}}},
		"lacking, and not read": {Rules{map[string]string{"": "w", "a": "1", "b": "0", "c": "1"}, []string{"vip", "x"}}, change{fields: map[string]bool{"b": true}}},
		"never kept":            {Rules{}, change{}},
		"of a mapper in Go":     {Rules{nil, []string{"vip"}}, change{fresh: []string{"x", "y"}}},
	} {
		got := f.since(test.before)
		assert.Equal(t, test.want.fields, got.fields, name)
		assert.ElementsMatch(t, test.want.fresh, got.fresh, name)
	}
	inGo := &flow{rules: Rules{Source: all}}
	assert.Equal(t, []string{"y"}, inGo.since(Rules{Source: []string{"vip", "x"}}).fresh, "it may read anything")
	assert.True(t, inGo.since(Rules{}).filters())
}

func TestARecordLacksWhatItsSourceDidNotHave(t *testing.T) {
	t.Parallel()
	c := change{fresh: []string{"phone"}}
	assert.True(t, c.lacks(json.RawMessage(`{"name":"Ann"}`)))
	assert.False(t, c.lacks(json.RawMessage(`{"phone":null}`)), "it was read as it came")
	assert.True(t, c.lacks(json.RawMessage(`"Ann"`)))
	assert.False(t, change{}.lacks(json.RawMessage(`"Ann"`)))
}

func TestRulesOfOneVersionThatCameTwice(t *testing.T) {
	t.Parallel()
	now := Rules{Fingerprints: map[string]string{"a": "1"}, Source: []string{"x", "y"}}
	assert.Equal(t, now, now.with(Rules{}))
	assert.Equal(t, []string{"y"}, now.with(Rules{Source: []string{"y", "z"}}).Source)
	assert.Nil(t, now.with(Rules{Fingerprints: now.Fingerprints}).Source, "not known of all of them")
	assert.Equal(t, []string{"x", "y"}, now.Source)
}

func TestTheNamesOfASourcesFields(t *testing.T) {
	t.Parallel()
	type inner struct {
		City string `json:"city,omitempty"`
	}
	type record struct {
		inner
		ID     string `json:"id"`
		Name   string
		Hidden string `json:"-"`
		More   inner  `json:"more"`
		secret string
	}
	assert.Equal(t, []string{"Name", "city", "id", "more"}, namesOf(reflect.TypeFor[*record]()))
	assert.Nil(t, namesOf(reflect.TypeFor[map[string]any]()))
	assert.Equal(t, []string{}, namesOf(reflect.TypeFor[struct{}]()))
	rules, reads := declared(mapping.Func[record, inner](nil), reflect.TypeFor[record]())
	assert.Nil(t, rules.Fingerprints)
	assert.Nil(t, reads)
	_ = record{}.secret
}
