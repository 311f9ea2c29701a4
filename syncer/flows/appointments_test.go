package flows_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

func (b *bridge) book(t *testing.T, contact string, start time.Time) *contacts.Appointment {
	t.Helper()
	made, err := b.crm.Appointments.Create(t.Context(), contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: contact, Title: opt.Set("Visit"), StartTime: contacts.At(start),
	})
	require.NoError(t, err)
	return made
}

// booked is what SendApp holds of an appointment; nil if nothing.
func (b *bridge) booked(t *testing.T, id string) *sendapp.Appointment {
	t.Helper()
	page, err := b.app.Appointments.ListPage(t.Context(), sendapp.AppointmentQuery{ExternalID: id}, "")
	require.NoError(t, err)
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

func TestAppointmentsAreSweptChangedCancelledAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 2)
	soon := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	require.NoError(t, b.source.AddCalendar("second", "Second"))
	visit, call := b.book(t, "contact000", soon), b.book(t, "contact001", soon.AddDate(-1, 0, 0))
	report := b.backfill(t)
	assert.Equal(t, 2, report.Flows[flows.Appointments].Created)
	assert.True(t, soon.Equal(b.booked(t, visit.ID).StartTime.Time))
	b.inStep(t)

	_, err := b.crm.Appointments.Update(t.Context(), visit.ID, contacts.AppointmentUpdate{
		AppointmentStatus: opt.Set("cancelled"),
	})
	require.NoError(t, err)
	require.NoError(t, b.crm.Appointments.Delete(t.Context(), call.ID))
	report = b.backfill(t)
	assert.Equal(t, 1, report.Flows[flows.Appointments].Updated)
	assert.Equal(t, 1, report.Flows[flows.Appointments].Deleted)
	assert.Equal(t, sendapp.AppointmentCancelled, b.booked(t, visit.ID).Status)
	assert.Nil(t, b.booked(t, call.ID))
	b.inStep(t)

	report = b.backfill(t)
	assert.Equal(t, 1, report.Flows[flows.Appointments].Unchanged)
	assert.Zero(t, report.Flows[flows.Appointments].Updated)
}

func TestWebhooksOfAppointments(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 2)
	b.backfill(t)
	b.hooked(t, func() {
		made := b.book(t, "contact000", time.Now().Add(time.Hour))
		gone := b.book(t, "contact001", time.Now().Add(time.Hour))
		require.NoError(t, b.source.Flush(t.Context()))
		assert.Eventually(t, func() bool { return b.booked(t, made.ID) != nil && b.booked(t, gone.ID) != nil }, 10*time.Second, 20*time.Millisecond)
		_, err := b.crm.Appointments.Update(t.Context(), made.ID, contacts.AppointmentUpdate{AppointmentStatus: opt.Set("showed")})
		require.NoError(t, err)
		require.NoError(t, b.crm.Appointments.Delete(t.Context(), gone.ID))
		require.NoError(t, b.source.Flush(t.Context()))
		assert.Eventually(t, func() bool {
			return b.booked(t, made.ID).Status == sendapp.AppointmentShowed && b.booked(t, gone.ID) == nil
		}, 10*time.Second, 20*time.Millisecond)
	})
	b.inStep(t)
}

func TestAnOldAppointmentIsNotTakenToBeGone(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 1)
	b.backfill(t)
	old := b.book(t, "contact000", time.Now().AddDate(-5, 0, 0))
	_, err := b.engine.Sync(t.Context(), syncer.Key{Tenant: contactstest.DefaultLocation, Flow: flows.Appointments, ID: old.ID})
	require.NoError(t, err)
	require.NotNil(t, b.booked(t, old.ID))
	before := b.source.Requests()["appointments.get"]
	b.backfill(t)
	assert.Equal(t, before, b.source.Requests()["appointments.get"], "it is not looked for in a listing that ends before it")
	assert.NotNil(t, b.booked(t, old.ID))
	b.inStep(t)
}

func TestWhereAppointmentsLackSomethingTheOthersGoOn(t *testing.T) {
	t.Parallel()
	for name, scopes := range map[string][]string{
		"calendars": {"contacts.readonly", "locations/tasks.readonly"},
		"events":    {"contacts.readonly", "locations/tasks.readonly", "calendars.readonly"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBridge(t, nil)
			b.fill(t, 2)
			b.book(t, "contact000", time.Now())
			b.source.AddToken(contactstest.Token{Value: contactstest.DefaultToken, Kind: contactstest.PrivateIntegration, Scopes: scopes})
			report := b.backfill(t)
			assert.Equal(t, 1, report.Flows[flows.Appointments].Skipped)
			assert.Equal(t, sendapptest.Counts{Contacts: 2, Tasks: 2, Notes: 2}, b.target.Counts())
			b.inStep(t)
		})
	}
}

func TestAFlowThatCouldNotBeAskedAtTheStartIsLeftOutLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{})
		b.fill(t, 2)
		elapse(indexLag)
		scopes, err := flows.RequiredScopes(flows.Contacts, flows.Tasks, flows.Notes)
		require.NoError(t, err)
		b.limit(scopes.Contacts...)
		b.source.Fail(contactstest.Fault{Operation: "calendars.list", Times: 4, Status: 503})
		report := b.backfill(t)
		assert.Equal(t, 1, report.Flows[flows.Appointments].Skipped)
		assert.Equal(t, 2, b.target.Counts().Notes)
		b.inStep(t)
	})
}

func TestOnlySomeFlows(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	var names []string
	for _, flow := range flows.Standard(b.crm, b.app, flows.WithOnly(flows.Contacts, flows.Tasks)) {
		names = append(names, flow.Name())
	}
	assert.Equal(t, []string{flows.Contacts, flows.Tasks}, names)
}
