package mapping_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping"
)

// told is a mapper that explains itself and knows its fields.
type told struct{ mapping.Mapper[person, card] }

func (told) Explain(_ context.Context, p person) mapping.Explanation {
	if p.Last == "" {
		return mapping.Explanation{Skipped: true}
	}
	return mapping.Explanation{Fields: []mapping.FieldExplanation{
		{Field: "Name", Rule: "first + last", State: mapping.StateSet, Value: []byte(`"told"`)}, {Field: "City", Rule: "city", State: mapping.StateSet},
	}}
}

func (told) Fingerprints() map[string]string {
	return map[string]string{"": "w", "Name": "n", "City": "c"}
}

func (told) Reads() map[string][]string {
	return map[string][]string{"": {"Last"}, "Name": {"First", "Last"}, "City": {"City"}}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	ada := person{First: "Ada", Last: "Lovelace", City: "London"}
	x := mapping.Explain(t.Context(), toCard, ada)
	require.NoError(t, x.Err())
	assert.Equal(t, "City = \"London\"\n    rule:  a function in Go\nName = \"Ada Lovelace\"\n    rule:  a function in Go", x.String())
	require.ErrorContains(t, mapping.Explain(t.Context(), toCard, person{}).Err(), "a card needs a last name")
	var none mapping.Mapper[person, card]
	require.ErrorContains(t, mapping.Explain(t.Context(), none, person{}).Err(), "nil")

	shouting := mapping.Override[person, card](told{toCard}, func(ctx context.Context, _ person, made *card) error {
		made.City = "LONDON"
		mapping.Warn(ctx, "City", "loud")
		mapping.Warn(ctx, "Street", "unknown")
		return nil
	})
	x = mapping.Explain(t.Context(), mapping.WithVersion(shouting, "1"), ada)
	require.Len(t, x.Fields, 3)
	assert.Equal(t, "first + last", x.Fields[0].Rule, "what Go didn't change is told by the base")
	assert.Equal(t, mapping.FieldExplanation{
		Field: "City", Rule: "a function in Go", State: mapping.StateSet, Value: []byte(`"LONDON"`), Warnings: []string{"loud"},
	}, x.Fields[1])
	assert.Equal(t, mapping.StateUnset, x.Fields[2].State)

	broken := mapping.Override[person, card](told{toCard}, func(context.Context, person, *card) error { return errBroken })
	require.ErrorIs(t, mapping.Explain(t.Context(), broken, ada).Err(), errBroken)
	assert.True(t, mapping.Explain(t.Context(), broken, person{}).Skipped)

	londoners := mapping.When(func(p person) bool { return p.City == "London" }, shouting)
	assert.Equal(t, x.Fields, mapping.Explain(t.Context(), londoners, ada).Fields)
	left := mapping.Explain(t.Context(), londoners, person{})
	assert.True(t, left.Skipped)
	assert.Equal(t, "when = false\n    rule:  a function in Go\nthe record is left out", left.String())

	name := mapping.Func(func(_ context.Context, c card) (string, error) { return c.Name, nil })
	x = mapping.Explain(t.Context(), mapping.Chain[person, card, string](told{toCard}, name), ada)
	assert.Equal(t, "the record = \"Ada Lovelace\"\n    rule:  a function in Go", x.String())
	require.ErrorContains(t, mapping.Explain(t.Context(), mapping.Chain(toCard, name), person{}).Err(), "last name")
}

func TestFielded(t *testing.T) {
	t.Parallel()
	keep := func(context.Context, person, *card) error { return nil }
	always := func(person) bool { return true }
	fieldsOf := func(mapper any) (map[string]string, map[string][]string) {
		fielded, ok := mapper.(mapping.Fielded)
		require.True(t, ok)
		return fielded.Fingerprints(), fielded.Reads()
	}
	base := told{toCard}
	prints, reads := fieldsOf(mapping.Override[person, card](base, keep))
	assert.Equal(t, map[string]string{"": "w", "Name": "n", "City": "c", mapping.Any: "+override"}, prints)
	assert.Equal(t, []string{mapping.Any}, reads[mapping.Any], "a function may read all")
	assert.Equal(t, []string{"City"}, reads["City"])

	first, _ := fieldsOf(mapping.WithVersion(mapping.Override[person, card](base, keep), "1"))
	second, _ := fieldsOf(mapping.WithVersion(mapping.Override[person, card](base, keep), "2"))
	assert.NotEqual(t, first[mapping.Any], second[mapping.Any])
	first[mapping.Any] = second[mapping.Any]
	assert.Equal(t, first, second)

	prints, reads = fieldsOf(mapping.When(always, mapping.Mapper[person, card](base)))
	assert.NotEqual(t, "w", prints[""])
	assert.Equal(t, []string{mapping.Any, "Last"}, reads[""])

	prints, reads = fieldsOf(mapping.Chain[person, card, label](base, labels{}))
	assert.Equal(t, map[string]string{"": "w+", "Text": "t+c+n", "Kind": "k"}, prints)
	assert.Equal(t, map[string][]string{"": {"Last"}, "Text": {"City", "First", "Last"}, "Kind": nil}, reads)

	for _, mapper := range []any{
		mapping.Override(toCard, keep), mapping.When(always, toCard), mapping.WithVersion(toCard, "1"),
		mapping.Chain[person, card, label](toCard, labels{}),
	} {
		prints, reads := fieldsOf(mapper)
		assert.Nil(t, prints, "what is all Go knows no fields")
		assert.Nil(t, reads)
	}
}

type label struct{ Text, Kind string }

// labels knows what it makes of a card.
type labels struct{}

func (labels) Map(_ context.Context, c card) (label, error) { return label{Text: c.Name + c.City}, nil }
func (labels) Fingerprints() map[string]string              { return map[string]string{"Text": "t", "Kind": "k"} }
func (labels) Reads() map[string][]string {
	return map[string][]string{"Text": {"City", "Name"}, "Kind": nil}
}
