package flows_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer/flows"
)

// fielded is the one mapper that a spec declares.
func fielded(t *testing.T, text []byte) mapping.Fielded {
	t.Helper()
	s, err := flows.ReadSpec("mapping.yaml", text, flows.WithRegion("US"))
	require.NoError(t, err)
	switch {
	case s.Contacts != nil:
		return s.Contacts
	case s.Tasks != nil:
		return s.Tasks
	case s.Notes != nil:
		return s.Notes
	default:
		return s.Appointments
	}
}

// Each line of the default specs is changed in turn: its own field has another
// fingerprint then, and no other has.
func TestAChangedLineMarksItsFieldAlone(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^(    )(\w+): (.*)$`)
	for _, flow := range []string{flows.Contacts, flows.Tasks, flows.Notes, flows.Appointments} {
		text := flows.DefaultSpec(flow)
		before := fielded(t, text).Fingerprints()
		lines := line.FindAllSubmatchIndex(text, -1)
		assert.GreaterOrEqual(t, len(lines), 4)
		for _, at := range lines {
			name := string(text[at[4]:at[5]])
			changed := slices.Concat(text[:at[6]], []byte(`{value: null}`), text[at[7]:])
			after := fielded(t, changed).Fingerprints()
			var differ []string
			for field, mark := range before {
				if after[field] != mark {
					differ = append(differ, field)
				}
			}
			if name == flows.PhoneRaw {
				name = "customFields." + name
			}
			assert.Equal(t, []string{name}, differ, flow)
			assert.Len(t, after, len(before))
		}
	}
	unmapped := fielded(t, []byte(strings.Replace(string(flows.DefaultSpec(flows.Contacts)), "unmapped: keep", "unmapped: leave", 1)))
	before := fielded(t, flows.DefaultSpec(flows.Contacts)).Fingerprints()
	after := unmapped.Fingerprints()
	assert.NotEqual(t, before["customFields"], after["customFields"])
	delete(before, "customFields")
	delete(after, "customFields")
	assert.Equal(t, before, after)
}

const readingSpec = `
contacts:
  extends: default
  when: type != "internal" and not isNull(tags)
  fields:
    firstName: 'coalesce(firstName, custom("id1"))'
    lastName: 'dnd ? upper(lastName) : unset'
    source: {from: city, table: {a: A}, otherwise: other}
    city: {value: Rome}
    tags: 'filter(tags, # != state)'
  customFields:
    one: id1
    two: {expr: 'address1 + " " + postalCode'}
`

// What Reads tells is what a field depends on: nothing else changes it, each of
// it can, and a record that has nothing else gives the same.
func TestReadsTellsWhatAFieldDependsOn(t *testing.T) {
	t.Parallel()
	declared, err := flows.ReadSpec("mapping.yaml", []byte(readingSpec), flows.WithRegion("US"))
	require.NoError(t, err)
	mapper := declared.Contacts
	reads := mapper.Reads()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	random := func() map[string]json.RawMessage {
		c := randomContact(r)
		// What is kept under the key of a rule shows where the rule makes nothing.
		c.CustomFields = slices.DeleteFunc(c.CustomFields, func(f contacts.CustomFieldValue) bool { return f.ID == flows.PhoneRaw || len(f.Value) == 0 })
		c.Type = pick(r, []string{"", "lead", "internal"})
		return object(t, c)
	}
	seen := map[string]map[string]bool{}
	sources := slices.Sorted(maps.Keys(object(t, full)))
	for range 3000 { // far more than it takes
		if len(unseen(reads, seen)) == 0 {
			break
		}
		record, other := random(), random()
		made := fieldsMade(t, mapper, record)
		for _, source := range sources {
			changed := maps.Clone(record)
			delete(changed, source)
			if value, ok := other[source]; ok {
				changed[source] = value
			}
			after := fieldsMade(t, mapper, changed)
			if (made == nil) != (after == nil) {
				require.Contains(t, reads[""], source, "when reads %s", source)
				note(seen, "", source)
			}
			for name := range made {
				if after == nil || made[name] == after[name] {
					continue
				}
				rule := name
				if _, ok := reads[rule]; !ok {
					rule = "customFields" // kept without a rule
				}
				require.Contains(t, reads[rule], source, "%s reads %s", name, source)
				note(seen, rule, source)
			}
		}
		stored := map[string]json.RawMessage{}
		for _, names := range reads {
			for _, name := range names {
				if value, ok := record[name]; ok {
					stored[name] = value
				}
			}
		}
		assert.Equal(t, made, fieldsMade(t, mapper, stored), "from what is stored")
	}
	assert.Empty(t, unseen(reads, seen), "read for nothing")
}

// unseen are what rules read though nothing showed it.
func unseen(reads map[string][]string, seen map[string]map[string]bool) (unseen []string) {
	for rule, names := range reads {
		for _, name := range names {
			if !seen[rule][name] && (rule != "" || name != "tags") { // a nil list is never null
				unseen = append(unseen, rule+" reads "+name)
			}
		}
	}
	return unseen
}

func note(seen map[string]map[string]bool, rule, source string) {
	if seen[rule] == nil {
		seen[rule] = map[string]bool{}
	}
	seen[rule][source] = true
}

// full has all fields that randomContact may set.
var full = contacts.Contact{
	Type: "a", Email: "a", FirstName: "a", LastName: "a", CompanyName: "a", Address1: "a", City: "a", State: "a", PostalCode: "a",
	Website: "a", Source: "a", Phone: "a", Country: "a", Timezone: "a", DateOfBirth: "a", DND: true, Tags: []string{"a"},
	CustomFields: []contacts.CustomFieldValue{{ID: "a"}}, DNDSettings: contacts.DNDSettings{"a": {}},
}

func object(t *testing.T, record any) map[string]json.RawMessage {
	t.Helper()
	data, err := json.Marshal(record)
	require.NoError(t, err)
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &members))
	return members
}

// fieldsMade maps a record and names what it became as the engine does; nil if
// it is left out.
func fieldsMade(t *testing.T, mapper mapping.Mapper[contacts.Contact, sendapp.ContactUpdate], record map[string]json.RawMessage) map[string]string {
	t.Helper()
	data, err := json.Marshal(record)
	require.NoError(t, err)
	var contact contacts.Contact
	require.NoError(t, json.Unmarshal(data, &contact))
	made, err := mapper.Map(t.Context(), contact)
	if err != nil {
		require.ErrorIs(t, err, mapping.Skip)
		return nil
	}
	fields := map[string]string{}
	for name, value := range object(t, made) {
		if name != "customFields" {
			fields[name] = string(value)
			continue
		}
		for member, value := range object(t, value) {
			fields["customFields."+member] = string(value)
		}
	}
	return fields
}
