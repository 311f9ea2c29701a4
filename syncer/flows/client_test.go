package flows_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

func TestStatusShowsTheLimitersOfTheClients(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	limiter, err := contacts.NewLimiter(contacts.RateLimits{Requests: 50, Daily: 1000})
	require.NoError(t, err)
	crm, err := b.crm.With(contacts.WithLimiter(limiter))
	require.NoError(t, err)
	ours, err := sendapp.NewLimiter(sendapp.RateLimits{Requests: 70})
	require.NoError(t, err)
	app, err := b.app.With(sendapp.WithLimiter(ours))
	require.NoError(t, err)
	engine, err := syncer.New(syncer.Config{
		Tenants: syncer.One(contactstest.DefaultLocation, flows.Standard(crm, app)...),
		Store:   syncer.NewMemoryStore(), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	b.engine = engine
	b.fill(t, 3)
	b.backfill(t)
	status, err := engine.Status(t.Context())
	require.NoError(t, err)
	limits := status.Tenants[0].Limits
	require.Len(t, limits, 3)
	spent := 0
	for _, n := range b.source.Requests() {
		spent += n
	}
	assert.Equal(t, syncer.LimitState{Label: "source", Limit: 50, Left: 50 - spent}, limits[0])
	assert.Equal(t, syncer.LimitState{Label: "source, daily", Limit: 1000, Left: 1000 - spent}, limits[1])
	assert.Equal(t, "target", limits[2].Label)
	assert.Equal(t, 70, limits[2].Limit)
	assert.Less(t, limits[2].Left, 70)
	assert.Contains(t, status.String(), "source, daily: ")
}

func TestTheLogHasTheTraceIDOfWhatWorked(t *testing.T) {
	t.Parallel()
	b := newBridge(t, nil)
	b.fill(t, 3)
	b.backfill(t)
	for event, err := range b.engine.Events(t.Context(), syncer.EventQuery{}) {
		require.NoError(t, err)
		assert.Equal(t, syncer.Created, event.Action)
		assert.NotEmpty(t, event.TraceID, event.Flow)
	}
}
