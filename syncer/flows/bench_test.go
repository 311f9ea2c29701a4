package flows_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
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
