package flows_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

const indexLag = 20 * time.Second

// laggingBridge has a source whose searches show changes late, and no webhooks.
func laggingBridge(t *testing.T, config syncer.Config) *bridge {
	t.Helper()
	b := &bridge{}
	b.source, b.crm = contactstest.Start(t, contactstest.WithIndexLag(indexLag))
	b.target, b.app = sendapptest.Start(t)
	crm, err := b.crm.With(contacts.WithLimiter(nil))
	require.NoError(t, err)
	b.crm = crm
	config.Store, config.Logger = syncer.NewMemoryStore(), slog.New(slog.DiscardHandler)
	config.Tenants = syncer.One(contactstest.DefaultLocation,
		flows.Standard(b.crm, b.app, flows.WithRegion("US"), flows.WithIndexLag(indexLag))...)
	b.engine, err = syncer.New(config)
	require.NoError(t, err)
	return b
}

// running lets the engine run while f goes on.
func (b *bridge) running(t *testing.T, f func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.engine.Run(ctx) }()
	f()
	stop()
	require.NoError(t, <-done)
}

func TestASweepOfChangesSeesWhatALaggingIndexShowsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{Sweep: syncer.Every(1000 * time.Hour)})
		b.fill(t, 20)
		elapse(indexLag)
		b.backfill(t)
		b.running(t, func() {
			elapse(5*time.Minute - time.Second) // the next sweep comes before the index shows it
			_, err := b.crm.Contacts.Update(t.Context(), "contact003", contacts.ContactUpdate{LastName: opt.Set("mcdonald 3")})
			require.NoError(t, err)
			elapse(6 * time.Minute)
			assert.Equal(t, "mcdonald 3", b.sent(t, "contact003").LastName)
			_, err = b.crm.Contacts.Update(t.Context(), "contact003", contacts.ContactUpdate{LastName: opt.Set("McDonald 3")})
			require.NoError(t, err)
			elapse(6 * time.Minute)
			assert.Equal(t, "McDonald 3", b.sent(t, "contact003").LastName, "searches show the same name for both")
			before := b.source.Requests()
			elapse(time.Hour)
			after := b.source.Requests()
			assert.Equal(t, before["contacts.get"], after["contacts.get"], "nothing changed, so nothing is read")
			assert.Equal(t, 12, after["contacts.search"]-before["contacts.search"], "one page each time")
		})
		b.inStep(t)
	})
}

func TestWhatTheIndexDoesNotShowYetIsNotGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{})
		b.fill(t, 5)
		elapse(indexLag)
		b.backfill(t)
		made, err := b.crm.Contacts.Create(t.Context(), contacts.ContactCreate{FirstName: opt.Set("New")})
		require.NoError(t, err)
		_, err = b.engine.Sync(t.Context(), syncer.Key{Tenant: contactstest.DefaultLocation, Flow: flows.Contacts, ID: made.ID})
		require.NoError(t, err)
		before := b.source.Requests()["contacts.get"]
		b.backfill(t)
		assert.Equal(t, before, b.source.Requests()["contacts.get"], "it is no candidate for deletion")
		assert.NotNil(t, b.sent(t, made.ID))
	})
}

func TestAPageOfACacheIsRequestedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{})
		b.fill(t, 150)
		elapse(indexLag)
		b.source.Fail(contactstest.Fault{Operation: "tasks.search", Skip: 1, Times: 1, Stale: true}) // the second page
		b.backfill(t)
		assert.Equal(t, sendapptest.Counts{Contacts: 150, Tasks: 150, Notes: 150}, b.target.Counts())
		b.inStep(t)
	})
}

func TestTheAgeOfNotesIsThatOfTheirCrawl(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// 1,440 requests a day for the crawl: one a minute.
		b := laggingBridge(t, syncer.Config{DailyBudget: 14_400, CrawlShare: 0.1, Sweep: syncer.Every(3 * time.Minute)})
		b.fill(t, 100)
		elapse(indexLag)
		start := time.Now()
		report := b.backfill(t)
		looked := report.Flows[flows.Notes].Looked
		assert.WithinDuration(t, start, looked, time.Minute)
		age := func() time.Duration {
			ages, err := b.engine.Ages(t.Context(), syncer.Scope{Flow: flows.Notes})
			require.NoError(t, err)
			require.Len(t, ages, 1)
			assert.Contains(t, ages[0].String(), "every record of notes was looked at within ")
			return time.Since(ages[0].Looked)
		}
		before := b.source.Requests()["notes.list"]
		b.running(t, func() {
			_, err := b.crm.Notes.Create(t.Context(), "contact042", contacts.NoteCreate{Body: "nobody told"})
			require.NoError(t, err)
			for range 4 {
				elapse(time.Hour)
				assert.LessOrEqual(t, age(), 2*100*time.Minute+10*time.Minute, "two rounds at most")
			}
			assert.InDelta(t, 240, b.source.Requests()["notes.list"]-before, 10, "within its share of the day")
			assert.Equal(t, 101, b.target.Counts().Notes)
		})
	})
}

func TestRequestsOfSweepsAreTheFloor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := laggingBridge(t, syncer.Config{
			Changes: syncer.Every(1000 * time.Hour), Sweep: syncer.Every(1000 * time.Hour), TargetSweep: syncer.Every(time.Hour),
		})
		b.fill(t, 250)
		elapse(indexLag)
		b.backfill(t)
		within := func(what string, report *syncer.Report) {
			for name, flow := range report.Flows {
				assert.LessOrEqual(t, float64(flow.Requests), 1.02*float64(flow.Floor), "%s of %s: %d requests, floor %d", what, name, flow.Requests, flow.Floor)
			}
		}
		elapse(time.Minute)
		for _, id := range []string{"contact003", "contact033", "contact133"} {
			require.NoError(t, b.crm.Contacts.Delete(t.Context(), id))
		}
		elapse(indexLag)
		source, target := b.source.Requests(), b.target.Requests()
		report := b.backfill(t)
		within("delete sweep", report)
		assert.Equal(t, 3, report.Flows[flows.Contacts].Deleted)
		assert.Equal(t, 1, b.source.Requests()["contacts.search"]-source["contacts.search"], "247 on one page")
		assert.Equal(t, 3, b.source.Requests()["contacts.get"]-source["contacts.get"], "one for each candidate")
		assert.Equal(t, 3, b.target.Requests()["contacts.delete"]-target["contacts.delete"])

		target = b.target.Requests()
		b.running(t, func() { // the first target sweep is due at once
			elapse(59 * time.Minute)
			assert.Equal(t, 2, b.target.Requests()["contacts.list"]-target["contacts.list"], "247 in pages of 200")
			for _, operation := range []string{"contacts.get", "contacts.update", "contacts.create", "tasks.get", "notes.get"} {
				assert.Equal(t, target[operation], b.target.Requests()[operation], operation)
			}
		})
	})
}
