package flows_test

import (
	"fmt"
	"log/slog"
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

func TestAFloodOfWebhooksOfUnchangedContactsCostsSearchPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1500
		never := syncer.Every(1000 * time.Hour)
		b := laggingBridge(t, syncer.Config{Changes: never, Sweep: never, TargetSweep: never})
		engine, err := syncer.New(syncer.Config{
			Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(b.crm, b.app, flows.WithRegion("US"),
				flows.WithIndexLag(indexLag), flows.WithOnly(flows.Contacts))...),
			Store: syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		b.engine = engine
		b.fill(t, n)
		elapse(indexLag)
		b.backfill(t)
		_, err = b.crm.Contacts.Update(t.Context(), "contact777", contacts.ContactUpdate{LastName: opt.Set("MCDONALD 777")})
		require.NoError(t, err)
		for i := range n {
			require.NoError(t, engine.Notify(t.Context(), syncer.Change{
				Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, EventID: fmt.Sprintf("event %d", i), Ref: syncer.Ref{ID: fmt.Sprintf("contact%03d", i)},
			}))
		}
		elapse(indexLag)
		before := b.source.Requests()
		report, err := engine.Sync(t.Context(), syncer.Key{Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, ID: "contact777"})
		require.NoError(t, err)
		after := b.source.Requests()
		assert.Equal(t, 3, after["contacts.search"]-before["contacts.search"], "pages of 500")
		assert.Less(t, after["contacts.get"]-before["contacts.get"], 100)
		assert.Equal(t, "MCDONALD 777", b.sent(t, "contact777").LastName, "searches show the same name for both")
		assert.Equal(t, n-1, report.Flows[flows.Contacts].Unchanged)
		b.inStep(t)
	})
}
