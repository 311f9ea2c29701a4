package flows_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/spec"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

var keysForTests = map[string]string{"id1": "level", "id2": flows.PhoneRaw, "id3": "level"}

func defaultSpec(t testing.TB, flow string) *flows.Spec {
	t.Helper()
	s, err := flows.ReadSpec(flow+".yaml", flows.DefaultSpec(flow), flows.WithRegion("us"), flows.WithCustomFieldKeys(keysForTests))
	require.NoError(t, err)
	return s
}

// The default specs make what the default mappers make: of records that are
// made at random, field by field, of what is right, wrong and absent.
func TestTheDefaultSpecsAreTheDefaultMappers(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	people, tasks, notes := defaultSpec(t, flows.Contacts), defaultSpec(t, flows.Tasks), defaultSpec(t, flows.Notes)
	appointments := defaultSpec(t, flows.Appointments)
	for range 2000 {
		same(t, flows.ContactMapper("us", keysForTests), people.Contacts, randomContact(r))
		same(t, flows.TaskMapper(), tasks.Tasks, contacts.Task{
			ID: pick(r, texts), Title: pick(r, texts), Body: pick(r, texts), AssignedTo: pick(r, texts), DueDate: randomTime(t, r), Completed: r.IntN(2) == 0,
		})
		same(t, flows.NoteMapper(), notes.Notes, contacts.Note{
			Body: pick(r, texts), UserID: pick(r, texts), Pinned: r.IntN(2) == 0, DateAdded: randomTime(t, r),
		})
		same(t, flows.AppointmentMapper(), appointments.Appointments, contacts.Appointment{
			ID: pick(r, texts), Title: pick(r, texts), Notes: pick(r, texts), Description: pick(r, texts), Address: pick(r, texts),
			AppointmentStatus: pick(r, []string{"", "new", "confirmed", "cancelled", "showed", "noshow", "invalid", "completed", "active", "New", " "}),
			StartTime:         randomTime(t, r), EndTime: randomTime(t, r), DateAdded: randomTime(t, r),
		})
	}
}

func same[S, T any](t *testing.T, want, got mapping.Mapper[S, T], record S) {
	t.Helper()
	wantCtx, wantWarnings := mapping.CollectWarnings(t.Context())
	gotCtx, gotWarnings := mapping.CollectWarnings(t.Context())
	wanted, err := want.Map(wantCtx, record)
	require.NoError(t, err)
	made, err := got.Map(gotCtx, record)
	require.NoError(t, err)
	a, err := json.Marshal(wanted)
	require.NoError(t, err)
	b, err := json.Marshal(made)
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b), "of %#v", record)
	fields := func(all []mapping.Warning) (names []string) {
		for _, w := range all {
			names = append(names, w.Field)
		}
		return names
	}
	require.ElementsMatch(t, fields(wantWarnings()), fields(gotWarnings()), "of %#v", record)
}

var (
	texts     = []string{"", " ", "a", "Zoë O'Brien", "🎉", "مرحبا", "a\x00b", "\xff", `"quoted" <&>`, "x\ny"}
	numbers   = []string{"", " ", "202-225-4601", "(202) 225-4601 x12", "+39 06 6982 1234", "06 6982 1234", "911", "no number", "0039 06 1234 5678", "0332 12345", "+12022254601", "\xff"}
	countries = []string{"", "US", "it", " IT ", "Italy", "ITA", "1A", "🎉"}
	zones     = []string{"", "Europe/Rome", "Mars/Base", "Local", "UTC", "europe/rome", "../etc", " "}
	dates     = []string{"", "2000-01-05", "2000-01-05T00:00:00.000Z", "2000-01-05T23:00:00-05:00", "05/01/2000", "2000-1-5", "x"}
	values    = []string{"", "null", `"a"`, `""`, "12345678901234567890", "1.50", "true", `["a","b"]`, `[]`, `[1]`, `{"a":1}`, `[null]`}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func randomContact(r *rand.Rand) contacts.Contact {
	c := contacts.Contact{
		Email: pick(r, texts), FirstName: pick(r, texts), LastName: pick(r, texts), CompanyName: pick(r, texts),
		Address1: pick(r, texts), City: pick(r, texts), State: pick(r, texts), PostalCode: pick(r, texts), Website: pick(r, texts),
		Source: pick(r, texts), Phone: pick(r, numbers), Country: pick(r, countries), Timezone: pick(r, zones),
		DateOfBirth: pick(r, dates), DND: r.IntN(2) == 0,
	}
	for range r.IntN(4) {
		c.Tags = append(c.Tags, pick(r, texts))
	}
	for range r.IntN(4) {
		c.CustomFields = append(c.CustomFields, contacts.CustomFieldValue{
			ID: pick(r, []string{"id1", "id2", "id3", "id4", "", flows.PhoneRaw}), Value: json.RawMessage(pick(r, values)),
		})
	}
	if r.IntN(2) == 0 {
		c.DNDSettings = map[string]contacts.DNDSetting{}
		for range r.IntN(4) {
			c.DNDSettings[pick(r, []string{"SMS", "Email", "RCS"})] = contacts.DNDSetting{Status: pick(r, []string{"", "active", "inactive", "permanent", "x"})}
		}
	}
	return c
}

func randomTime(t *testing.T, r *rand.Rand) contacts.Time {
	t.Helper()
	var at contacts.Time
	text := pick(r, []string{"null", `""`, `"x"`, `"2026-12-01T10:00:00.123456+02:00"`, `"2026-12-01"`, "1700000000000", `"2026-12-01 10:00:00"`, "true"})
	require.NoError(t, json.Unmarshal([]byte(text), &at))
	return at
}

func TestThereIsNoDefaultSpecOfAnythingElse(t *testing.T) {
	t.Parallel()
	assert.Nil(t, flows.DefaultSpec("opportunities"))
}

var update = flag.Bool("update", false, "write the schema anew")

func TestTheSchemaIsThatOfTheTypes(t *testing.T) {
	t.Parallel()
	want, err := spec.Schema(
		spec.SchemaOf[contacts.Contact, sendapp.ContactUpdate](flows.Contacts),
		spec.SchemaOf[contacts.Task, sendapp.TaskUpdate](flows.Tasks),
		spec.SchemaOf[contacts.Note, sendapp.NoteUpdate](flows.Notes),
		spec.SchemaOf[contacts.Appointment, sendapp.AppointmentUpdate](flows.Appointments),
	)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("specs/schema.json", want, 0o600))
		return
	}
	assert.Equal(t, string(want), string(flows.SpecSchema()), "run the test with -update")
}

func TestASpecThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := flows.ReadSpec("mapping.yaml", []byte("contact: {}\ntasks: {fields: {taskTitel: title}}\nnotes: {extends: default, unmapped: keep}"))
	var errs spec.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 3)
	require.ErrorContains(t, err, "mapping.yaml:1:1: there is no resource contact: did you mean contacts?")
	require.ErrorContains(t, err, "the target has no field taskTitel: did you mean taskTitle?")
	require.ErrorContains(t, err, "these records have no custom fields")
}

// definitions are what a client's directory tells.
func definitions() *contacts.FieldDirectory {
	return contacts.NewFieldDirectory([]*contacts.CustomField{
		{ID: "id9", FieldKey: "contact.loyalty", Name: "Loyalty level", DataType: contacts.DataRadio, PicklistOptions: []string{"Gold", "Silver"}},
		{ID: "id8", FieldKey: "contact.budget", Name: "Budget", DataType: contacts.DataMoney},
		{ID: "id7", FieldKey: "contact.since", Name: "Since", DataType: contacts.DataDate},
		{ID: "id6", FieldKey: "contact.likes", Name: "Likes", DataType: contacts.DataMultipleOptions, PicklistOptions: []string{"Tea"}, IsAllowedCustomOption: true},
		{ID: "id5", FieldKey: "contact.papers", Name: "Papers", DataType: contacts.DataFiles},
	})
}

func TestASpecNamesCustomFieldsByName(t *testing.T) {
	t.Parallel()
	record := contacts.Contact{CustomFields: []contacts.CustomFieldValue{
		{ID: "id9", Value: json.RawMessage(`"Gold"`)}, {ID: "id8", Value: json.RawMessage(`"12.50"`)}, {ID: "id7", Value: json.RawMessage(`1767312000000`)},
		{ID: "id6", Value: json.RawMessage(`["Tea","Mate"]`)}, {ID: "id5", Value: json.RawMessage(`{"u":{"url":"https://example.com/a.pdf"}}`)},
		{ID: "id1", Value: json.RawMessage("2")}, {ID: "id2", Value: json.RawMessage("3")},
	}}
	opts := []flows.Option{flows.WithCustomFields(definitions()), flows.WithCustomFieldKeys(map[string]string{"id1": "level", "id8": "money"})}
	for text, want := range map[string]string{
		"customFields: {a: Loyalty level, b: level, c: money, d: Budget}":                                               `{"a":"Gold","b":2,"c":12.50,"d":12.50}`,
		"customFields: {a: {from: loyalty, table: {Gold: 3, Silver: 2}}, b: Since, c: {from: Likes, table: {Mate: M}}}": `{"a":3,"b":"2026-01-02","c":["M"]}`,
		"customFields: {a: papers}":                           `{"a":["https://example.com/a.pdf"]}`,
		"unmapped: keep, customFields: {a: papers, b: likes}": `{"a":["https://example.com/a.pdf"],"b":["Tea","Mate"],"id2":3,"level":2,"loyalty":"Gold","money":"12.50","since":1767312000000}`,
	} {
		declared, err := flows.ReadSpec("mapping.yaml", []byte("contacts: {"+text+"}"), opts...)
		require.NoError(t, err)
		made, err := declared.Contacts.Map(t.Context(), record)
		require.NoError(t, err)
		data, err := json.Marshal(made.CustomFields.Or(nil))
		require.NoError(t, err)
		assert.Equal(t, want, string(data), text)
	}
	_, err := flows.ReadSpec("mapping.yaml", []byte("contacts: {customFields: {a: {from: loyalty, table: {Glod: 3}}, b: Bugdet}}"), opts...)
	require.ErrorContains(t, err, "the custom field loyalty has no option Glod: did you mean Gold?")
	require.ErrorContains(t, err, "the source has no custom field Bugdet: did you mean Budget?")
}

// What the README shows can be read.
func TestTheSpecsOfTheReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(readme), "flows.ReadSpec(\"mapping.yaml\", []byte(`")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "`")
	declared, err := flows.ReadSpec("README.md", []byte(text))
	require.NoError(t, err)
	assert.NotNil(t, declared.Tasks)

	_, text, found = strings.Cut(string(readme), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	text = "contacts:\n  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
	declared, err = flows.ReadSpec("README.md", []byte(text), flows.WithCustomFields(definitions()))
	require.NoError(t, err)
	made, err := declared.Contacts.Map(t.Context(), contacts.Contact{CustomFields: []contacts.CustomFieldValue{{ID: "id9", Value: json.RawMessage(`"Gold"`)}}})
	require.NoError(t, err)
	assert.Equal(t, map[string]json.RawMessage{"level": json.RawMessage("3")}, made.CustomFields.Or(nil))
}

// The directory names custom fields without a spec, too.
func TestStandardByTheDirectory(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 1)
	directory := contacts.NewFieldDirectory([]*contacts.CustomField{{ID: "f", FieldKey: "contact.number", DataType: contacts.DataNumber}})
	standard := flows.Standard(b.crm, b.app, flows.WithCustomFields(directory), flows.WithCustomFields(nil), flows.WithSpec(nil))
	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, standard...), Store: syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	b.engine = engine
	b.backfill(t)
	page, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: "contact000"}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.JSONEq(t, "0", string(page.Items[0].CustomFields["number"]))
}

func TestFlowsByASpec(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 10)
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts: {extends: default, when: 'lastName != "McDonald 3"', fields: {source: {value: crm}}}
notes: {extends: default}
`), flows.WithRegion("US"))
	require.NoError(t, err)
	assert.Nil(t, declared.Tasks)
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithSpec(declared))...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	b.backfill(t)
	assert.Equal(t, 9, b.target.Counts().Contacts)
	page, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: "contact007"}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "crm", page.Items[0].Source)
	assert.Equal(t, "+12022243007", page.Items[0].Phone)
	verification, err := b.engine.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, verification.Flows[flows.Contacts].Differences)
}

// Explain says by which rule of a spec a field is made, and from what.
func TestExplainNamesTheRule(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 1)
	declared, err := flows.ReadSpec("mapping.yaml", []byte(`
contacts:
  fields:
    firstName: upper(firstName)
`), flows.WithRegion("US"))
	require.NoError(t, err)
	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithSpec(declared))...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	x, err := engine.Explain(t.Context(), syncer.Key{Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, ID: "contact000"})
	require.NoError(t, err)
	require.Len(t, x.Fields, 1)
	assert.Equal(t, "firstName", x.Fields[0].Field)
	assert.Equal(t, "mapping.yaml:4: upper(firstName)", x.Fields[0].Rule)
	assert.Contains(t, x.Fields[0].Inputs, "firstName")
	assert.Contains(t, x.String(), "by mapping.yaml:4: upper(firstName)")
	plan, err := engine.Plan(t.Context())
	require.NoError(t, err)
	data, err := json.Marshal(plan)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"rule":"mapping.yaml:4: upper(firstName)"`)
}

// The dead letter of a record that a spec can't map names the field and its rule,
// and no value.
func TestADeadLetterNamesTheRule(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 1)
	declared, err := flows.ReadSpec("mapping.yaml", []byte("contacts:\n  fields:\n    source: split(lastName, '-')[7]\n"))
	require.NoError(t, err)
	store := syncer.NewMemoryStore()
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithSpec(declared), flows.WithOnly(flows.Contacts))...),
		Store:   store, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	_, err = b.engine.Backfill(t.Context())
	require.NoError(t, err)
	events, err := store.Events(t.Context(), syncer.EventQuery{Action: syncer.DeadLetter})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Contains(t, events[0].Warnings, "source: it can't be made by mapping.yaml:3: split(lastName, '-')[7]")
	assert.NotContains(t, fmt.Sprint(events[0]), "McDonald")
}
