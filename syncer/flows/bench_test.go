package flows_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer/flows"
)

// measured is a contact with everything but a phone number.
var measured = contacts.Contact{
	Email: "anna@example.com", FirstName: "Anna", LastName: "McDonald", CompanyName: "Example", Address1: "1 Main Street",
	City: "Rome", State: "RM", PostalCode: "00100", Country: "IT", Website: "https://example.com", Source: "web",
	DateOfBirth: "2000-01-05T00:00:00.000Z", Tags: []string{"a", "b"}, DND: true,
	DNDSettings:  map[string]contacts.DNDSetting{"sms": {Status: "active"}},
	CustomFields: []contacts.CustomFieldValue{{ID: "id1", Value: json.RawMessage(`"a"`)}, {ID: "id4", Value: json.RawMessage(`12`)}},
}

// The default contact mapping takes, compiled from its spec, at most eight times
// as long as the one in Go, and one allocation more for each computed field.
func BenchmarkContactMapper(b *testing.B) {
	for _, mapper := range []struct {
		name string
		mapping.Mapper[contacts.Contact, sendapp.ContactUpdate]
	}{
		{"go", flows.ContactMapper("us", keysForTests)},
		{"spec", defaultSpec(b, flows.Contacts).Contacts},
	} {
		b.Run(mapper.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := mapper.Map(b.Context(), measured); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

const operatorsSpec = `
contacts:
  when: email != "" and not ("internal" in tags)
  fields:
    firstName: 'len(tags) > 1 ? upper(firstName) : firstName'
    companyName: 'companyName + " (" + country + ")"'
    city: 'city startsWith "R" ? city : unset'
    tags: 'filter(tags, # != "b")'
    source: 'source == "web" and dnd ? "quiet" : null'
`

// byHand does what operatorsSpec does.
var byHand = mapping.Func(func(_ context.Context, c contacts.Contact) (sendapp.ContactUpdate, error) {
	var made sendapp.ContactUpdate
	if c.Email == "" || slices.Contains(c.Tags, "internal") {
		return made, mapping.Skip
	}
	made.FirstName = opt.OrNull(c.FirstName)
	if len(c.Tags) > 1 {
		made.FirstName = opt.OrNull(strings.ToUpper(c.FirstName))
	}
	made.CompanyName = opt.Set(c.CompanyName + " (" + c.Country + ")")
	if strings.HasPrefix(c.City, "R") {
		made.City = opt.Set(c.City)
	}
	tags := []string{}
	for _, tag := range c.Tags {
		if tag != "b" {
			tags = append(tags, tag)
		}
	}
	made.Tags, made.Source = opt.Set(tags), opt.Null[string]()
	if c.Source == "web" && c.DND {
		made.Source = opt.Set("quiet")
	}
	return made, nil
})

// What has operators and conditions goes through the expression engine.
func BenchmarkOperators(b *testing.B) {
	for _, mapper := range []struct {
		name string
		mapping.Mapper[contacts.Contact, sendapp.ContactUpdate]
	}{{"go", byHand}, {"spec", operators(b)}} {
		b.Run(mapper.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := mapper.Map(b.Context(), measured); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func operators(t testing.TB) mapping.Mapper[contacts.Contact, sendapp.ContactUpdate] {
	t.Helper()
	declared, err := flows.ReadSpec("mapping.yaml", []byte(operatorsSpec))
	require.NoError(t, err)
	return declared.Contacts
}

func TestOperatorsDoWhatGoDoes(t *testing.T) {
	t.Parallel()
	same(t, byHand, operators(t), measured)
	same(t, byHand, operators(t), contacts.Contact{Email: "a", City: "Paris", Tags: []string{"b"}})
}

//nolint:paralleltest // it counts allocations, which those of other tests would join
func TestASpecAllocatesOncePerComputedField(t *testing.T) {
	inGo, declared := flows.ContactMapper("us", keysForTests), defaultSpec(t, flows.Contacts).Contacts
	allocations := func(m mapping.Mapper[contacts.Contact, sendapp.ContactUpdate]) float64 {
		return testing.AllocsPerRun(200, func() {
			_, err := m.Map(t.Context(), measured)
			require.NoError(t, err)
		})
	}
	const computed = 6 // phone, country, timezone, dateOfBirth, doNotDisturb, phone_raw
	byHand, bySpec := allocations(inGo), allocations(declared)
	t.Logf("in Go %v allocations, by the spec %v", byHand, bySpec)
	assert.LessOrEqual(t, bySpec, byHand+computed)
}
