package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// bridge is both services in memory and an engine between them.
type bridge struct {
	source *contactstest.Server
	crm    *contacts.Client
	target *sendapptest.Server
	app    *sendapp.Client
	engine *syncer.Engine
	// store and alerts are set by hard.bridge only.
	store  syncer.Store
	alerts []syncer.Alert
}

func newBridge(t *testing.T, faults func(string, int) sendapptest.Fault) *bridge {
	t.Helper()
	b := &bridge{}
	b.source, b.crm = contactstest.Start(t)
	crm, err := b.crm.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	b.crm = crm
	b.target, b.app = sendapptest.Start(t, sendapptest.WithFaults(func(operation string, call int) sendapptest.Fault {
		if faults == nil {
			return sendapptest.Fault{}
		}
		return faults(operation, call)
	}))
	b.engine, err = syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithRegion("US"))...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return b
}

// fill gives the location n contacts with a task and a note each. They are older
// than the year 2000, where virtual time begins.
func (b *bridge) fill(t *testing.T, n int) {
	t.Helper()
	export := &contactstest.Export{Tasks: map[string][]json.RawMessage{}, Notes: map[string][]json.RawMessage{}}
	for i := range n {
		id := fmt.Sprintf("contact%03d", i)
		export.Contacts = append(export.Contacts, json.RawMessage(fmt.Sprintf(
			`{"id":%q,"firstName":"Anna","lastName":"McDonald %d","phone":"202-224-%04d","country":"US","tags":["VIP"],`+
				`"dateAdded":"1999-01-01T00:00:00.000Z","dateUpdated":"1999-01-01T00:00:00.000Z","customFields":[{"id":"f","value":%d}]}`, id, i, 3000+i, i)))
		export.Tasks[id] = append(export.Tasks[id], json.RawMessage(fmt.Sprintf(
			`{"id":"task%03d","title":"Call %d","dueDate":"2026-12-01T10:00:00.000Z","completed":%t}`, i, i, i%2 == 0)))
		export.Notes[id] = append(export.Notes[id], json.RawMessage(fmt.Sprintf(
			`{"id":"note%03d","body":"Note 🎉 %d","dateAdded":"2025-01-03T00:00:00.000Z"}`, i, i)))
	}
	_, err := b.source.Apply(export)
	require.NoError(t, err)
}

func (b *bridge) backfill(t *testing.T) *syncer.Report {
	t.Helper()
	report, err := b.engine.Backfill(t.Context())
	require.NoError(t, err)
	return report
}

func (b *bridge) inStep(t *testing.T) {
	t.Helper()
	verification, err := b.engine.Verify(t.Context())
	require.NoError(t, err)
	for name, flow := range verification.Flows {
		assert.Empty(t, flow.Differences, name)
		assert.Zero(t, flow.Altered, name)
	}
}

func TestABackfillCopiesEverythingAndASecondOneWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 120)
	report := b.backfill(t)
	for _, flow := range []string{flows.Contacts, flows.Tasks, flows.Notes} {
		assert.Equal(t, 120, report.Flows[flow].Created, flow)
		assert.Zero(t, report.Flows[flow].Failed, flow)
	}
	assert.Equal(t, sendapptest.Counts{Contacts: 120, Tasks: 120, Notes: 120}, b.target.Counts())
	contact, err := b.app.Contacts.ListPage(t.Context(), sendapp.ContactQuery{ExternalID: "contact007"}, "")
	require.NoError(t, err)
	require.Len(t, contact.Items, 1)
	assert.Equal(t, "McDonald 7", contact.Items[0].LastName, "names come from a read by id, not from the search")
	assert.Equal(t, "+12022243007", contact.Items[0].Phone)
	b.inStep(t)

	before := b.target.Requests()
	report = b.backfill(t)
	after := b.target.Requests()
	for _, write := range []string{"contacts.create", "contacts.update", "contacts.delete", "tasks.create", "tasks.update", "notes.create", "notes.update"} {
		assert.Equal(t, before[write], after[write], write)
	}
	assert.Equal(t, 120, report.Flows[flows.Contacts].Unchanged)
	assert.Equal(t, 120, report.Flows[flows.Notes].Unchanged)
}

func TestFaultsAfterTheEffectLeaveNoDuplicates(t *testing.T) {
	t.Parallel()
	b := newBridge(t, func(operation string, call int) sendapptest.Fault {
		switch {
		case operation == "contacts.create" && call%5 == 0:
			return sendapptest.Fault{Cut: true, After: true}
		case operation == "tasks.create" && call%7 == 0:
			return sendapptest.Fault{Status: 503, After: true}
		case operation == "notes.create" && call%3 == 0:
			return sendapptest.Fault{Status: 500}
		default:
			return sendapptest.Fault{}
		}
	})
	b.fill(t, 30)
	b.backfill(t)
	assert.Equal(t, sendapptest.Counts{Contacts: 30, Tasks: 30, Notes: 30}, b.target.Counts())
	b.inStep(t)
}

func TestWebhooksArriveInAMoment(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 5)
	b.backfill(t)
	b.hooked(t, func() { b.editAndWait(t) })
}

// hooked runs the engine while f goes on, and sends it webhooks.
func (b *bridge) hooked(t *testing.T, f func()) {
	t.Helper()
	verifier, err := contacts.NewVerifier(b.source.PublicKey())
	require.NoError(t, err)
	hook := httptest.NewServer(contacts.NewWebhookHandler(verifier, flows.Notify(b.engine)))
	defer hook.Close()
	b.source.SendWebhooksTo(hook.URL)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.engine.Run(ctx) }()
	f()
	stop()
	require.NoError(t, <-done)
}

func (b *bridge) editAndWait(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	made, err := b.crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Zoë"), LastName: opt.Set("O'Brien")})
	require.NoError(t, err)
	_, err = b.crm.Tasks.Create(ctx, made.ID, contacts.TaskCreate{Title: "New", DueDate: contacts.At(time.Now())})
	require.NoError(t, err)
	_, err = b.crm.Contacts.Update(ctx, "contact001", contacts.ContactUpdate{City: opt.Set("Rome"), Phone: opt.Set("no number")})
	require.NoError(t, err)
	_, err = b.crm.Tasks.Complete(ctx, "contact001", "task001", true)
	require.NoError(t, err)
	_, err = b.crm.Notes.Create(ctx, "contact002", contacts.NoteCreate{Body: "called"})
	require.NoError(t, err)
	require.NoError(t, b.crm.Contacts.Delete(ctx, "contact003"))
	require.NoError(t, b.source.Flush(ctx))
	assert.Eventually(t, func() bool {
		v, err := b.engine.Verify(ctx)
		return err == nil && v.Differing() == 0
	}, 10*time.Second, 20*time.Millisecond)
	assert.Equal(t, sendapptest.Counts{Contacts: 5, Tasks: 5, Notes: 5}, b.target.Counts())
	page, err := b.app.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: "contact001"}, "")
	require.NoError(t, err)
	assert.Empty(t, page.Items[0].Phone, "an older number must not stay")
	assert.JSONEq(t, `"no number"`, string(page.Items[0].CustomFields[flows.PhoneRaw]))
}

func TestTheContactMapper(t *testing.T) {
	t.Parallel()
	ctx, warnings := mapping.CollectWarnings(t.Context())
	got, err := flows.ContactMapper("it", map[string]string{"id1": "city"}).Map(ctx, contacts.Contact{
		FirstName: "Anna", Phone: "06 6982 1234", Country: "Italy", Timezone: "Mars/Base", DateOfBirth: "2000-01-05T00:00:00.000Z",
		CustomFields: []contacts.CustomFieldValue{{ID: "id1", Value: json.RawMessage(`12345678901234567890`)}, {ID: "id2", Value: json.RawMessage(`{"a":1}`)}},
	})
	require.NoError(t, err)
	data, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, `{"firstName":"Anna","phone":"+390669821234","country":null,"timezone":null,"dateOfBirth":"2000-01-05",
		"customFields":{"city":12345678901234567890,"id2":"{\"a\":1}"},"email":null,"lastName":null,"companyName":null,"address1":null,
		"city":null,"state":null,"postalCode":null,"website":null,"source":null,"tags":[],"doNotDisturb":{}}`, string(data))
	assert.Len(t, warnings(), 2)
}

func TestFlowsAreLeftOut(t *testing.T) {
	t.Parallel()
	for want, options := range map[string][]flows.Option{
		"contacts tasks notes appointments": nil,
		"contacts":                          {flows.WithOnly(flows.Contacts)},
		"contacts notes":                    {flows.WithOnly(flows.Notes)}, // contacts can't be left out
		"contacts tasks appointments":       {flows.WithOnly(flows.Contacts, flows.Tasks, flows.Appointments)},
	} {
		var names []string
		for _, flow := range flows.Standard(nil, nil, options...) {
			names = append(names, flow.Name())
		}
		assert.Equal(t, want, strings.Join(names, " "))
	}
}
