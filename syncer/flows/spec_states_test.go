package flows_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// declare makes a new engine, with contacts that are mapped by a spec.
func (b *bridge) declare(t *testing.T, store syncer.Store, text string) {
	t.Helper()
	declared, err := flows.ReadSpec("mapping.yaml", []byte(text), flows.WithRegion("US"))
	require.NoError(t, err)
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithSpec(declared), flows.WithOnly(flows.Contacts))...),
		Store:   store, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
}

// fields are the fields of a contact of the target as they are sent.
func (b *bridge) fields(t *testing.T, id string) map[string]any {
	t.Helper()
	page, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: id}, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	data, err := json.Marshal(page.Items[0])
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(data, &fields))
	return fields
}

// Absent, empty and null are three things, from one service to the other.
func TestThreeStatesEndToEnd(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	_, err := b.source.Apply(&contactstest.Export{Contacts: []json.RawMessage{json.RawMessage(
		`{"id":"c1","firstName":"Ann","lastName":"Ray","city":"Rome","address1":"1 Main Street","source":"web"}`)}})
	require.NoError(t, err)
	b.declare(t, syncer.NewMemoryStore(), `
contacts:
  fields:
    firstName: firstName
    city: city
    address1: {from: address1, empty: leave}
    lastName: {from: lastName, empty: keep}
    source: 'city == "" ? null : unset'
    tags: tags
`)
	b.backfill(t)
	made := b.fields(t, "c1")
	assert.Equal(t, "Rome", made["city"])
	assert.Nil(t, made["source"], "it is unset")

	// A stranger's values, in what is unset and in what is not mapped.
	page, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: "c1"}, "")
	require.NoError(t, err)
	_, err = b.app.Contacts.Update(t.Context(), page.Items[0].ContactID, sendapp.ContactUpdate{Source: opt.Set("theirs"), State: opt.Set("RM")})
	require.NoError(t, err)
	_, err = b.crm.Contacts.Update(t.Context(), "c1", contacts.ContactUpdate{
		FirstName: opt.Set("Bea"), Address1: opt.Null[string](), LastName: opt.Null[string](),
	})
	require.NoError(t, err)
	b.backfill(t)
	made = b.fields(t, "c1")
	assert.Equal(t, "Bea", made["firstName"])
	assert.Equal(t, "theirs", made["source"], "unset is not touched")
	assert.Equal(t, "RM", made["state"], "nor what is not mapped")
	assert.Equal(t, "1 Main Street", made["address1"], "left as it is")
	assert.Empty(t, made["lastName"])

	_, err = b.crm.Contacts.Update(t.Context(), "c1", contacts.ContactUpdate{City: opt.Null[string]()})
	require.NoError(t, err)
	b.backfill(t)
	made = b.fields(t, "c1")
	assert.Nil(t, made["city"], "cleared")
	assert.Nil(t, made["source"], "null clears")
	assert.Equal(t, "RM", made["state"])
	verification, err := b.engine.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, verification.Flows[flows.Contacts].Differences)
	assert.Equal(t, 1, verification.Flows[flows.Contacts].Altered, "the target makes null of the empty lastName")
}

// One changed line of the default spec costs the source its listing, and the target
// one write for each contact that it affects.
func TestOneChangedLineOfTheDefaultSpec(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 30)
	_, err := b.source.Apply(&contactstest.Export{Contacts: []json.RawMessage{
		json.RawMessage(`{"id":"c1","firstName":"Ann","companyName":"example inc","customFields":[{"id":"f","value":"x"}]}`),
		json.RawMessage(`{"id":"c2","firstName":"Bea","companyName":"Acme"}`),
	}})
	require.NoError(t, err)
	store := syncer.NewMemoryStore()
	b.declare(t, store, "contacts: {extends: default}")
	b.backfill(t)
	asked, app := b.source.Requests(), b.target.Requests()
	b.declare(t, store, "contacts:\n  extends: default\n  fields:\n    companyName: title(companyName)\n")
	report := b.backfill(t)
	assert.Equal(t, 1, report.Flows[flows.Contacts].Updated)
	assert.Equal(t, "Example Inc", b.fields(t, "c1")["companyName"])
	assert.Equal(t, 1, b.target.Requests()["contacts.update"]-app["contacts.update"])
	assert.Equal(t, b.target.Requests()["contacts.get"], app["contacts.get"])
	assert.Equal(t, b.source.Requests()["contacts.get"], asked["contacts.get"], "no contact is read")
	b.inStep(t)
}
