package flows_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// hard says how a bridge is made for a hard case. It works where time is virtual.
type hard struct {
	config syncer.Config
	source []contactstest.Option
	target []sendapptest.Option
	flows  []flows.Option
	// reads and writes wrap the requests to the Contacts API and to SendApp.
	reads, writes func(http.RoundTripper) http.RoundTripper
	// seldom leaves the sweeps out, so that only events bring something.
	seldom bool
}

func (h hard) bridge(t *testing.T) *bridge {
	t.Helper()
	b := &bridge{store: syncer.NewMemoryStore()}
	b.source, b.crm = contactstest.Start(t, h.source...)
	b.target, b.app = sendapptest.Start(t, h.target...)
	crm := []contacts.ClientOption{contacts.WithLimiter(nil)}
	if h.reads != nil {
		crm = append(crm, contacts.WithHTTPClient(&http.Client{Transport: h.reads(b.source.Transport())}))
	}
	var err error
	b.crm, err = b.crm.With(crm...)
	require.NoError(t, err)
	if h.writes != nil {
		b.app, err = b.app.With(sendapp.WithHTTPClient(&http.Client{Transport: h.writes(b.target.Transport())}))
		require.NoError(t, err)
	}
	if h.seldom {
		never := syncer.Every(10_000 * time.Hour)
		h.config.Changes, h.config.Sweep, h.config.TargetSweep = never, never, never
	}
	if h.config.TargetSweep == nil {
		h.config.TargetSweep = syncer.Every(2 * time.Hour)
	}
	if h.config.Store == nil {
		h.config.Store = b.store
	}
	h.config.Logger = slog.New(slog.DiscardHandler)
	h.config.OnAlert = func(alert syncer.Alert) { b.alerts = append(b.alerts, alert) }
	h.config.Tenants = syncer.One(contactstest.DefaultLocation,
		flows.Standard(b.crm, b.app, append([]flows.Option{flows.WithRegion("US")}, h.flows...)...)...)
	b.engine, err = syncer.New(h.config)
	require.NoError(t, err)
	return b
}

// listen sends the source's events to the engine.
func (b *bridge) listen(t *testing.T) {
	t.Helper()
	verifier, err := contacts.NewVerifier(b.source.PublicKey())
	require.NoError(t, err)
	b.source.SendWebhooks(contacts.NewWebhookHandler(verifier, flows.Notify(b.engine)))
}

// people makes contacts of the source as the API answers them: the fields of each
// are JSON members.
func (b *bridge) people(t *testing.T, members ...string) {
	t.Helper()
	export := b.source.Export()
	for i, fields := range members {
		export.Contacts = append(export.Contacts, json.RawMessage(fmt.Sprintf(
			`{"dateAdded":"2020-01-01T00:00:00.%03dZ","dateUpdated":"2020-01-01T00:00:00.%03dZ",%s}`, i, i, fields)))
	}
	_, err := b.source.Apply(export)
	require.NoError(t, err)
}

// writes is how often the target was written to.
func (b *bridge) writes() (n int) {
	for operation, times := range b.target.Requests() {
		switch operation[len(operation)-6:] {
		case "create", "update", "delete":
			n += times
		}
	}
	return n
}

// events are those of a key, or of all.
func (b *bridge) events(t *testing.T, query syncer.EventQuery) []syncer.Event {
	t.Helper()
	query.Limit = 100_000
	events, err := b.store.Events(t.Context(), query)
	require.NoError(t, err)
	return events
}

// counts are those of a flow's marks.
func (b *bridge) counts(t *testing.T, flow string) syncer.MarkCounts {
	t.Helper()
	counts, err := b.store.Counts(t.Context(), contactstest.DefaultLocation, flow)
	require.NoError(t, err)
	return counts[flow]
}

// quiet requires that nothing is written any more, whatever is swept. What is parked
// under a record of the target is tried again by each full sweep, and refused.
func (b *bridge) quiet(t *testing.T) {
	t.Helper()
	writes, held := b.writes(), b.target.Export()
	parked := b.counts(t, flows.Contacts).Parked
	b.running(t, func() { elapse(5*time.Hour + 10*time.Minute) }) // no sweep is cut short
	require.Equal(t, held, b.target.Export(), "P5: nothing is written when nothing changes")
	require.LessOrEqual(t, b.writes()-writes, 6*parked, "tries")
}
