package sendapptest_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// open opens a server on a directory, which the caller closes.
func open(t *testing.T, dir string, to *receiver, opts ...sendapptest.Option) (*sendapptest.Server, *sendapp.Client) {
	t.Helper()
	server, err := sendapptest.NewServer(append([]sendapptest.Option{sendapptest.WithDir(dir), sendapptest.WithReceiver(to)}, opts...)...)
	require.NoError(t, err)
	client, err := server.Client()
	require.NoError(t, err)
	return server, client
}

func TestEventsThatWaitSurviveARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, ctx := t.TempDir(), t.Context()
		to := &receiver{t: t, status: http.StatusServiceUnavailable}
		server, client := open(t, dir, to)
		hook, err := client.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com"})
		require.NoError(t, err)
		contact := create(t, client, "<Anna & Zoë>")
		_, err = client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"contact.created", "task.created"}, to.events, "tried once")
		fresh, err := server.RotateSecret(hook.WebhookID)
		require.NoError(t, err)
		require.NoError(t, server.Close())
		assert.Empty(t, server.Deliveries())

		to.status = 200
		server, client = open(t, dir, to)
		require.NoError(t, server.Flush(ctx))
		require.Equal(t, []string{"contact.created", "task.created", "contact.created", "task.created"}, to.events)
		assert.Equal(t, to.ids[:2], to.ids[2:], "by the same ids")
		assert.Equal(t, to.bodies[:2], to.bodies[2:], "byte by byte")
		assert.True(t, to.signed(2, fresh), "with the secret of today")
		create(t, client, "another")
		require.NoError(t, server.Flush(ctx))
		assert.NotContains(t, to.ids[:4], to.ids[4], "no id comes a second time: it would be a replay")
		require.NoError(t, server.Close())

		server, _ = open(t, dir, to)
		require.NoError(t, server.Flush(ctx))
		assert.Len(t, to.events, 5, "what was delivered is not delivered again")
		require.NoError(t, server.Close())
	})
}

// A receiver that is cut off by the end of the server gets its event again.
func TestAnEventOnItsWaySurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		asked := make(chan struct{})
		server, err := sendapptest.NewServer(sendapptest.WithDir(dir), sendapptest.WithDelivery(sendapptest.Delivery{Retries: []time.Duration{}}),
			sendapptest.WithReceiver(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(asked)
				<-r.Context().Done()
			})))
		require.NoError(t, err)
		client, err := server.Client()
		require.NoError(t, err)
		_, err = client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "https://app.example.com"})
		require.NoError(t, err)
		create(t, client, "x")
		<-asked
		require.NoError(t, server.Close())

		to := &receiver{t: t, status: 200}
		server, _ = open(t, dir, to)
		require.NoError(t, server.Flush(t.Context()))
		assert.Equal(t, []string{"contact.created"}, to.events)
		require.NoError(t, server.Close())
	})
}

func TestAReceiverThatIsGoneEndsItsSubscription(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, ctx := t.TempDir(), t.Context()
		to := &receiver{t: t, status: http.StatusServiceUnavailable}
		server, client := open(t, dir, to)
		_, err := client.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com"})
		require.NoError(t, err)
		create(t, client, "x")
		create(t, client, "y")
		synctest.Wait()
		require.Len(t, to.events, 2)
		to.status = http.StatusGone
		start := time.Now()
		require.NoError(t, server.Flush(ctx))
		assert.Equal(t, 5*time.Second, time.Since(start), "nobody waits for what is given up")
		assert.Len(t, to.events, 3, "the event that was answered 410 is the last")
		list, err := client.Webhooks.List(ctx)
		require.NoError(t, err)
		assert.Empty(t, list)
		statuses := []int{}
		for _, delivered := range server.Deliveries() {
			statuses = append(statuses, delivered.Status)
		}
		assert.Equal(t, []int{410, 503}, slices.Sorted(slices.Values(statuses)))
		create(t, client, "z")
		require.NoError(t, server.Flush(ctx))
		require.NoError(t, server.Close())

		server, client = open(t, dir, to)
		list, err = client.Webhooks.List(ctx)
		require.NoError(t, err)
		assert.Empty(t, list, "it has ended for good")
		require.NoError(t, server.Flush(ctx))
		assert.Len(t, to.events, 3)
		require.NoError(t, server.Close())
	})
}

func TestDeletingASubscriptionGivesUpWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{t: t, status: 200}
		server, client := sendapptest.Start(t, sendapptest.WithReceiver(to), sendapptest.WithDelivery(sendapptest.Delivery{Delay: time.Hour}))
		ended, err := client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "https://a.example.com"})
		require.NoError(t, err)
		_, err = client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "https://b.example.com"})
		require.NoError(t, err)
		create(t, client, "x")
		require.NoError(t, client.Webhooks.Delete(t.Context(), ended.WebhookID))
		require.NoError(t, server.Flush(t.Context()))
		assert.Len(t, to.events, 1)
		assert.Len(t, server.Deliveries(), 2)
	})
}

// A server that was started again gives no subscription the id of another.
func TestSubscriptionsOfTwoLives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	to := &receiver{t: t, status: 200}
	ids := map[string]bool{}
	for range 3 {
		server, client := open(t, dir, to)
		hook, err := client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "https://app.example.com"})
		require.NoError(t, err)
		ids[hook.WebhookID] = true
		require.NoError(t, server.Close())
	}
	assert.Len(t, ids, 3)
}
