package sendapptest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// receiver keeps events as they come.
type receiver struct {
	t       *testing.T
	status  int
	events  []string // types
	ids     []string
	headers []http.Header
	bodies  []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	assert.NoError(r.t, err)
	var event struct {
		Type      string         `json:"type"`
		Timestamp time.Time      `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}
	assert.NoError(r.t, json.Unmarshal(body, &event))
	assert.False(r.t, event.Timestamp.IsZero())
	assert.NotEmpty(r.t, event.Data)
	r.events, r.ids = append(r.events, event.Type), append(r.ids, request.Header.Get("webhook-id"))
	r.headers, r.bodies = append(r.headers, request.Header), append(r.bodies, string(body))
	w.WriteHeader(r.status)
}

// signed reports whether a delivery is signed with a secret, as the Standard
// Webhooks specification says.
func (r *receiver) signed(i int, secret sendapp.Secret) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(secret), "whsec_"))
	require.NoError(r.t, err)
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, r.ids[i]+"."+r.headers[i].Get("webhook-timestamp")+"."+r.bodies[i])
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return strings.Contains(" "+r.headers[i].Get("webhook-signature")+" ", " "+want+" ")
}

func TestEventsAreDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{t: t, status: 200}
		server, client := sendapptest.Start(t, sendapptest.WithReceiver(to))
		ctx := t.Context()
		create(t, client, "nobody is told")
		all, err := client.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com/all"})
		require.NoError(t, err)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", all, *all, all), "whsec")
		some, err := client.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com/some", Events: []string{"note.created"}})
		require.NoError(t, err)

		contact := create(t, client, "x")
		_, err = client.Contacts.Update(ctx, contact.ContactID, sendapp.ContactUpdate{FirstName: opt.Set(contact.FirstName)})
		require.NoError(t, err, "it changes nothing, so nobody is told")
		_, err = client.Tags.Add(ctx, contact.ContactID, []string{"new"})
		require.NoError(t, err)
		task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{})
		require.NoError(t, err)
		_, err = client.Tasks.Complete(ctx, contact.ContactID, task.TaskID, true)
		require.NoError(t, err)
		require.NoError(t, client.Contacts.Delete(ctx, contact.ContactID))
		require.NoError(t, server.Flush(ctx))
		assert.Equal(t, []string{
			"contact.created", "contact.updated", "task.created", "task.completed", "task.deleted", "contact.deleted",
		}, to.events)
		for i := range to.events {
			assert.True(t, to.signed(i, all.Secret))
			assert.False(t, to.signed(i, some.Secret))
		}

		fresh, err := server.RotateSecret(all.WebhookID)
		require.NoError(t, err)
		create(t, client, "y")
		require.NoError(t, server.Flush(ctx))
		last := len(to.events) - 1
		assert.True(t, to.signed(last, all.Secret), "the old secret, too")
		assert.True(t, to.signed(last, fresh))

		require.NoError(t, client.Webhooks.Delete(ctx, all.WebhookID))
		require.ErrorIs(t, client.Webhooks.Delete(ctx, all.WebhookID), sendapp.ErrNotFound)
		create(t, client, "z")
		require.NoError(t, server.Flush(ctx))
		assert.Len(t, to.events, last+1)
		list, err := client.Webhooks.List(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Empty(t, list[0].Secret)
		assert.Equal(t, some.WebhookID, list[0].WebhookID)
	})
}

func TestHowEventsAreDelivered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		delivery sendapptest.Delivery
		status   int
		events   []string
		took     time.Duration
	}{
		"late":     {sendapptest.Delivery{Delay: time.Hour}, 200, []string{"contact.created", "note.created"}, time.Hour},
		"twice":    {sendapptest.Delivery{Copies: 1}, 200, []string{"contact.created", "contact.created", "note.created", "note.created"}, 0},
		"reversed": {sendapptest.Delivery{Delay: time.Second, Reverse: true}, 200, []string{"note.created", "contact.created"}, time.Second},
		"lost":     {sendapptest.Delivery{Lose: func(event string) bool { return event == "note.created" }}, 200, []string{"contact.created"}, 0},
		"again": {
			sendapptest.Delivery{Retries: []time.Duration{time.Minute}}, 500,
			[]string{"contact.created", "note.created", "contact.created", "note.created"}, time.Minute,
		},
		"never again": {sendapptest.Delivery{Retries: []time.Duration{}}, 500, []string{"contact.created", "note.created"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				to := &receiver{t: t, status: test.status}
				server, client := sendapptest.Start(t, sendapptest.WithReceiver(to), sendapptest.WithDelivery(test.delivery))
				_, err := client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "https://app.example.com"})
				require.NoError(t, err)
				start := time.Now()
				contact := create(t, client, "x")
				_, err = client.Notes.Create(t.Context(), contact.ContactID, sendapp.NoteCreate{})
				require.NoError(t, err)
				require.NoError(t, server.Flush(t.Context()))
				assert.Equal(t, test.events, to.events)
				assert.Equal(t, test.took, time.Since(start))
				for _, delivered := range server.Deliveries() {
					assert.Equal(t, test.status, delivered.Status)
					assert.Contains(t, to.ids, delivered.MessageID)
				}
			})
		})
	}
}

// A server that is closed with events that wait ends at once.
func TestCloseEndsTheSender(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t, sendapptest.WithDelivery(sendapptest.Delivery{Delay: time.Hour}))
	_, err := client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "http://127.0.0.1:1/"})
	require.NoError(t, err)
	create(t, client, "x")
	require.NoError(t, server.Close())
	assert.Empty(t, server.Deliveries())
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	for _, create := range []sendapp.SubscriptionCreate{
		{URL: "http://app.example.com"}, {URL: "https://app.example.com", Events: []string{"contact.exploded"}},
	} {
		_, err := client.Webhooks.Create(t.Context(), create)
		require.ErrorIs(t, err, sendapp.ErrInvalid)
	}
	response, _ := send(t, server, "POST", "/webhooks", `{"url":"https://a.example","secret":"whsec_"}`)
	assert.Equal(t, 422, response.StatusCode)
	_ = response.Body.Close()
}
