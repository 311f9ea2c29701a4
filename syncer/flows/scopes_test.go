package flows_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// limit gives the bridge's token these scopes only.
func (b *bridge) limit(scopes ...string) {
	b.source.AddToken(contactstest.Token{Value: contactstest.DefaultToken, Kind: contactstest.PrivateIntegration, Scopes: scopes})
}

func TestTheScopesAreEnoughAndNoneTooMany(t *testing.T) {
	t.Parallel()
	scopes, err := flows.RequiredScopes()
	require.NoError(t, err)
	b := newBridge(t, nil)
	b.fill(t, 3)
	b.book(t, "contact000", time.Now())
	b.limit(scopes.Contacts...)
	report := b.backfill(t)
	for name, flow := range report.Flows {
		assert.Zero(t, flow.Failed+flow.Skipped, name)
		assert.Positive(t, flow.Created, name)
	}
	b.inStep(t)
	ready, err := flows.Check(t.Context(), b.crm, b.app)
	require.NoError(t, err)
	assert.True(t, ready.Ready(), ready)

	for _, without := range scopes.Contacts {
		b.limit(slices.DeleteFunc(slices.Clone(scopes.Contacts), func(one string) bool { return one == without })...)
		ready, err := flows.Check(t.Context(), b.crm, b.app)
		require.NoError(t, err)
		assert.False(t, ready.Ready(), "without %s", without)
		assert.Contains(t, ready.String(), without)
	}
	b.source.RevokeToken(contactstest.DefaultToken)
	_, err = flows.Check(t.Context(), b.crm, b.app)
	require.ErrorIs(t, err, contacts.ErrUnauthorized)
	_, err = flows.RequiredScopes("people")
	require.ErrorContains(t, err, `there is no flow "people"`)
}

func TestACalendarScopeLostLaterPausesAppointmentsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var alerts []syncer.Alert
		b := laggingBridge(t, syncer.Config{OnAlert: func(a syncer.Alert) { alerts = append(alerts, a) }})
		b.fill(t, 3)
		b.book(t, "contact000", time.Now())
		elapse(indexLag)
		b.backfill(t)
		scopes, err := flows.RequiredScopes()
		require.NoError(t, err)
		b.running(t, func() {
			all := append(slices.Clone(scopes.Contacts), "contacts.write")
			b.limit(slices.DeleteFunc(slices.Clone(all), func(one string) bool { return one == "calendars/events.readonly" })...)
			elapse(2 * time.Hour)
			require.Len(t, alerts, 1)
			assert.Equal(t, flows.Appointments, alerts[0].Flow)
			_, err = b.crm.Contacts.Update(t.Context(), "contact000", contacts.ContactUpdate{LastName: opt.Set("Later")})
			require.NoError(t, err)
			elapse(10 * time.Minute)
			assert.Equal(t, "Later", b.sent(t, "contact000").LastName, "contacts go on")
			b.limit(all...)
			elapse(2 * time.Hour)
			require.Len(t, alerts, 2)
			assert.True(t, alerts[1].Ended)
		})
	})
}
