package flows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
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
