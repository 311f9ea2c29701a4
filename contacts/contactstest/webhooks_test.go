package contactstest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
)

// receiver keeps what it gets, and answers what it is told.
type receiver struct {
	status func(n int) int // n is from 0; 0 breaks the connection

	mu     sync.Mutex
	bodies []object
	heads  []http.Header
	times  []time.Duration
	start  time.Time
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	data, _ := io.ReadAll(request.Body)
	var body object
	_ = json.Unmarshal(data, &body)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.bodies)
	r.bodies, r.heads, r.times = append(r.bodies, body), append(r.heads, request.Header), append(r.times, time.Since(r.start))
	status := http.StatusOK
	if r.status != nil {
		status = r.status(n)
	}
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

func (r *receiver) types() []any {
	types := []any{}
	for _, body := range r.bodies {
		types = append(types, body["type"])
	}
	return types
}

// listen starts a server that sends its webhooks to a receiver.
func listen(t *testing.T, status func(int) int, opts ...contactstest.Option) (raw, *receiver) {
	t.Helper()
	r := startRaw(t, opts...)
	got := &receiver{status: status, start: time.Now()}
	r.server.SendWebhooks(got)
	return r, got
}

func TestEventsOfChanges(t *testing.T) {
	t.Parallel()
	r, got := listen(t, nil)
	ann := r.contact(`"firstName":"Ann"`)
	path := "/contacts/" + ann
	r.must("PUT", path, `{"city":"Rome"}`)
	r.must("POST", path+"/tags", `{"tags":["vip"]}`)
	r.must("POST", path+"/tags", `{"tags":["vip"]}`) // changes nothing
	r.must("PUT", path, `{"dnd":true}`)
	task := path + "/tasks/" + in(r.must("POST", path+"/tasks", `{"title":"x","body":"y","dueDate":"2026-01-01T00:00:00Z","completed":false}`), "task", "id").(string)
	r.must("PUT", task, `{"title":"other"}`) // no such event
	r.must("PUT", task+"/completed", `{"completed":true}`)
	r.must("PUT", task+"/completed", `{"completed":true}`)
	r.must("DELETE", task, "")
	note := path + "/notes/" + in(r.must("POST", path+"/notes", `{"body":"x","title":"y","userId":"u"}`), "note", "id").(string)
	r.must("PUT", note, `{"body":"z"}`)
	r.must("DELETE", note, "")
	event := r.appointment(ann, "")["id"].(string)
	r.must("PUT", "/calendars/events/appointments/"+event, `{"title":"x"}`)
	r.must("DELETE", "/calendars/events/"+event, `{}`)
	r.must("DELETE", path, "")
	r.server.SendEvent("UserCreate", object{"id": "u"})
	require.NoError(t, r.server.Uninstall())
	require.NoError(t, r.server.Flush(t.Context()))
	assert.Equal(t, []any{
		"ContactCreate", "ContactUpdate", "ContactUpdate", "ContactTagUpdate", "ContactUpdate", "ContactDndUpdate",
		"TaskCreate", "TaskComplete", "TaskDelete", "NoteCreate", "NoteUpdate", "NoteDelete",
		"AppointmentCreate", "AppointmentUpdate", "AppointmentDelete", "ContactDelete", "UserCreate", "UNINSTALL",
	}, got.types())
	seen := map[any]bool{}
	for _, body := range got.bodies {
		assert.Equal(t, contactstest.DefaultLocation, body["locationId"])
		assert.Contains(t, body, "timestamp")
		seen[body["webhookId"]] = true
	}
	assert.Len(t, seen, len(got.bodies))
	assert.NotContains(t, got.bodies[0], "lastName", "what is empty is absent")
	assert.NotContains(t, got.bodies[1], "dateUpdated")
	assert.NotContains(t, got.bodies[6], "contactId", "a live TaskCreate lacks it")
	assert.NotContains(t, got.bodies[6], "body")
	assert.NotContains(t, got.bodies[7], "completed")
	assert.NotContains(t, got.bodies[9], "title", "of a note there are four fields")
	assert.Contains(t, in(got.bodies[12], "appointment", "startTime"), "2026-06-01T09:00:00Z")
}

func TestATaskCreateIsFullIfWanted(t *testing.T) {
	t.Parallel()
	r, got := listen(t, nil, contactstest.WithFullTaskEvents())
	r.must("POST", "/contacts/"+r.contact("")+"/tasks", `{"title":"x","body":"y","dueDate":"2026-01-01T00:00:00Z","completed":false}`)
	require.NoError(t, r.server.Flush(t.Context()))
	assert.Contains(t, got.bodies[1], "contactId")
	assert.Equal(t, "y", got.bodies[1]["body"])
}

func TestWebhooksAreSentAgainByBothPolicies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy contactstest.Redelivery
		status int
		tries  int
	}{
		"429 by the help":           {contactstest.Redelivery{}, 429, 7},
		"500 by the help":           {contactstest.Redelivery{}, 500, 1},
		"no answer by the help":     {contactstest.Redelivery{}, 0, 1},
		"429 by the later text":     {contactstest.Redelivery{AnyFailure: true}, 429, 13},
		"404 by the later text":     {contactstest.Redelivery{AnyFailure: true}, 404, 13},
		"silence by the later text": {contactstest.Redelivery{AnyFailure: true}, 0, 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, got := listen(t, func(int) int { return c.status }, contactstest.WithRedelivery(c.policy))
				r.contact("")
				require.NoError(t, r.server.Flush(t.Context()))
				assert.Len(t, got.bodies, c.tries)
				assert.Equal(t, c.tries, r.server.Deliveries()[0].Tries)
				assert.Equal(t, c.status, r.server.Deliveries()[0].Status)
				for _, body := range got.bodies {
					assert.Equal(t, got.bodies[0]["webhookId"], body["webhookId"])
					assert.Equal(t, got.bodies[0]["timestamp"], body["timestamp"])
				}
				if c.tries == 7 {
					assert.InDelta(t, 63*time.Minute, got.times[6], float64(4*time.Minute), "about 10 minutes apart")
				}
			})
		})
	}
}

func TestARedeliveryHoldsUpNoOtherEventAndStopsAtASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, got := listen(t, func(n int) int {
			if n == 0 {
				return 429
			}
			return 200
		}, contactstest.WithRedelivery(contactstest.Redelivery{FreshTimestamp: true}))
		r.contact(`"firstName":"Ann"`)
		r.contact(`"firstName":"Bob"`)
		require.NoError(t, r.server.Flush(t.Context()))
		require.Len(t, got.bodies, 3)
		assert.Equal(t, "Bob", got.bodies[1]["firstName"])
		assert.Equal(t, got.bodies[0]["webhookId"], got.bodies[2]["webhookId"])
		assert.NotEqual(t, got.bodies[0]["timestamp"], got.bodies[2]["timestamp"])
	})
}

func TestWebhooksComeTwiceLateInAnotherOrderOrNotAtAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, got := listen(t, nil)
		r.server.DisturbWebhooks(contactstest.Disturbance{Duplicate: 0.5, Delay: time.Hour, Seed: 1})
		names := []any{}
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			names = append(names, name)
			r.contact(`"firstName":"` + name + `"`)
		}
		require.NoError(t, r.server.Flush(t.Context()))
		var order []any
		for _, body := range got.bodies {
			order = append(order, body["firstName"])
		}
		assert.Subset(t, order, names)
		assert.Greater(t, len(order), len(names), "some come twice")
		assert.NotEqual(t, names, order[:len(names)], "some overtake others")
		assert.Greater(t, got.times[len(got.times)-1], 10*time.Minute)

		before := len(got.bodies)
		r.server.DisturbWebhooks(contactstest.Disturbance{Lose: 1})
		r.contact("")
		require.NoError(t, r.server.Flush(t.Context()))
		assert.Len(t, got.bodies, before)
	})
}

func TestWebhooksHaveBothSignaturesIfWanted(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	r, got := listen(t, nil, contactstest.WithLegacySignature(key))
	r.contact("")
	require.NoError(t, r.server.Flush(t.Context()))
	verifier, err := contacts.NewVerifier(r.server.PublicKey())
	require.NoError(t, err)
	body := r.server.Deliveries()[0].Body
	require.NoError(t, verifier.Verify(got.heads[0], body))
	legacy, err := verifier.WithRSA(&key.PublicKey)
	require.NoError(t, err)
	head := got.heads[0].Clone()
	head.Del("X-GHL-Signature")
	require.NoError(t, legacy.Verify(head, body))
	require.Error(t, verifier.Verify(head, body))
}
