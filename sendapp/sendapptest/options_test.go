package sendapptest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

func TestWhatAServerLacks(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t, sendapptest.Without(
		sendapp.FeatureExternalIDs, sendapp.FeatureVersions, sendapp.FeatureIdempotencyKeys, sendapp.FeatureTombstones,
		sendapp.FeatureCascades, sendapp.FeatureMoves, sendapp.FeatureTagSets, sendapp.FeatureProfiles,
	), sendapptest.Without(sendapp.ResourceAppointments, sendapp.ResourceWebhooks))
	ctx := t.Context()
	has, err := client.Capabilities(ctx)
	require.NoError(t, err)
	assert.Empty(t, has.Features)
	assert.Equal(t, []string{"contacts", "tasks", "notes", "activity"}, has.Resources)

	one, two := create(t, client, "x"), create(t, client, "x")
	assert.Equal(t, "x", two.ExternalID, "kept, but not unique")
	assert.Empty(t, one.Version)
	_, err = client.Contacts.ListPage(ctx, sendapp.ContactQuery{ExternalID: "x"}, "")
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	_, err = client.Contacts.Update(ctx, one.ContactID, sendapp.ContactUpdate{City: opt.Set("Rome")}, sendapp.WithIfMatch("99"))
	require.NoError(t, err, "a condition is ignored")
	key := sendapp.WithIdempotencyKey("k")
	a, err := client.Contacts.Create(ctx, sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	b, err := client.Contacts.Create(ctx, sendapp.ContactCreate{}, key)
	require.NoError(t, err)
	assert.NotEqual(t, a.ContactID, b.ContactID)
	_, err = client.Notes.ListDeletedPage(ctx, sendapp.DeletedQuery{Since: time.Unix(0, 0)}, "")
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	note, err := client.Notes.Create(ctx, one.ContactID, sendapp.NoteCreate{Body: opt.Set("Hello")})
	require.NoError(t, err)
	_, err = client.Notes.Update(ctx, one.ContactID, note.NoteID, sendapp.NoteUpdate{ContactID: opt.Set(two.ContactID)})
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	_, err = client.Contacts.Profile(ctx, one.ContactID, nil)
	require.ErrorIs(t, err, sendapp.ErrInvalid)
	for name, err := range map[string]error{
		"tags":         second(client.Tags.Add(ctx, one.ContactID, []string{"a"})),
		"appointments": second(client.Appointments.Get(ctx, one.ContactID, "a")),
		"webhooks":     second(client.Webhooks.List(ctx)),
	} {
		require.ErrorIs(t, err, sendapp.ErrUnsupported, name)
		require.NotErrorIs(t, err, sendapp.ErrNotFound, name)
	}
	require.NoError(t, client.Contacts.Delete(ctx, one.ContactID))
	assert.Equal(t, 1, server.Counts().Notes, "children stay")
}

func second[T any](_ T, err error) error { return err }

func TestAlteredValues(t *testing.T) {
	t.Parallel()
	_, client := sendapptest.Start(t, sendapptest.WithAltering())
	contact, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{
		FirstName: opt.Set("  Ann "), Email: opt.Set(" Ann@Example.com"), Phone: opt.Set(" +15551234567 "),
		CustomFields: opt.Set(map[string]json.RawMessage{"n": json.RawMessage("1.23456"), "s": json.RawMessage(`" x "`), "gone": json.RawMessage("null")}),
	})
	require.NoError(t, err)
	assert.Equal(t, "Ann", contact.FirstName)
	assert.Equal(t, "ann@example.com", contact.Email)
	assert.Equal(t, "+15551234567", contact.Phone)
	assert.Equal(t, map[string]json.RawMessage{"n": json.RawMessage("1.23"), "s": json.RawMessage(`"x"`)}, contact.CustomFields)
	task, err := client.Tasks.Create(t.Context(), contact.ContactID, sendapp.TaskCreate{
		DueDate: opt.Set(sendapp.At(time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC))),
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-01-02T03:04:06Z", task.DueDate.Format(time.RFC3339Nano))
}

func TestAPlanThatIsFull(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t, sendapptest.WithContactLimit(1))
	first := create(t, client, "x")
	_, err := client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
	require.ErrorIs(t, err, sendapp.ErrContactLimit)
	_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{ExternalID: opt.Set("x")})
	require.ErrorIs(t, err, sendapp.ErrDuplicate, "who holds the id is told all the same")
	_, err = client.Tasks.Create(t.Context(), first.ContactID, sendapp.TaskCreate{})
	require.NoError(t, err)
	server.SetContactLimit(2)
	create(t, client, "y")
}

func TestWhatWasSavedIsLoaded(t *testing.T) {
	t.Parallel()
	server, client := sendapptest.Start(t)
	contact := create(t, client, "x")
	_, err := client.Appointments.Create(t.Context(), contact.ContactID, sendapp.AppointmentCreate{Title: opt.Set("<Visit>")})
	require.NoError(t, err)
	hook, err := client.Webhooks.Create(t.Context(), sendapp.SubscriptionCreate{URL: "http://localhost/x"})
	require.NoError(t, err)
	var saved bytes.Buffer
	require.NoError(t, server.Save(&saved))
	text := saved.String()

	other, again := sendapptest.Start(t, sendapptest.WithDir(t.TempDir()))
	require.NoError(t, other.Load(&saved))
	assert.Equal(t, server.Export(), other.Export())
	list, err := again.Webhooks.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, hook.WebhookID, list[0].WebhookID)
	page, err := again.Activity.ListPage(t.Context(), contact.ContactID, sendapp.ActivityQuery{}, "")
	require.NoError(t, err)
	assert.Len(t, page.Items, 2)
	require.ErrorContains(t, other.Load(bytes.NewBufferString(text)), "already")
	third, _ := sendapptest.Start(t)
	require.ErrorContains(t, third.Load(bytes.NewBufferString("{\n")), "line 1")
}

// Each fault as a client sees it, and what the server holds then.
func TestFaultsOnDemand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			fault sendapptest.Fault
			want  error
			made  int
			took  time.Duration
		}{
			"nothing":         {sendapptest.Fault{Operation: "contacts.get", Status: 500}, nil, 1, 0},
			"limited":         {sendapptest.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, sendapp.ErrRateLimited, 0, 0},
			"a lost answer":   {sendapptest.Fault{Operation: "contacts.create", Status: 500, After: true}, sendapp.ErrUnknownOutcome, 1, 0},
			"a broken body":   {sendapptest.Fault{CutBody: true}, sendapp.ErrUnknownOutcome, 1, 0},
			"a web page":      {sendapptest.Fault{HTML: true}, sendapp.ErrUnknownOutcome, 1, 0},
			"an empty answer": {sendapptest.Fault{Empty: true}, sendapp.ErrUnknownOutcome, 1, 0},
			"another type":    {sendapptest.Fault{ContentType: "text/plain"}, nil, 1, 0},
			"a slow answer":   {sendapptest.Fault{Slow: 10 * time.Second}, nil, 1, 10 * time.Second},
			"a late answer":   {sendapptest.Fault{Delay: time.Minute}, sendapp.ErrUnknownOutcome, 1, 30 * time.Second},
			"no answer":       {sendapptest.Fault{Hang: true}, sendapp.ErrUnknownOutcome, 0, 30 * time.Second},
		} {
			server, client := sendapptest.Start(t)
			client, err := client.With(sendapp.WithRetry(sendapp.RetryPolicy{}))
			require.NoError(t, err)
			server.Fail(test.fault)
			start := time.Now()
			_, err = client.Contacts.Create(t.Context(), sendapp.ContactCreate{})
			assert.Equal(t, test.took, time.Since(start), name)
			if test.want == nil {
				require.NoError(t, err, name)
			} else {
				require.ErrorIs(t, err, test.want, name)
			}
			assert.Equal(t, test.made, server.Counts().Contacts, name)
			if failed := new(sendapp.Error); name == "limited" && assert.ErrorAs(t, err, &failed) {
				assert.Equal(t, 2*time.Second, failed.RetryAfter)
			}
			server.Heal()
			_, err = client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "")
			require.NoError(t, err, name)
		}
	})
}

func TestARateLimitThatIsSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := sendapptest.Start(t, sendapptest.WithRateLimit(3, time.Minute))
		start := time.Now()
		var response sendapp.Response
		for range 3 {
			_, err := client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "", sendapp.WithResponse(&response))
			require.NoError(t, err)
		}
		assert.Equal(t, "0", response.Header.Get("RateLimit-Remaining"))
		client, err := client.With(sendapp.WithRetry(sendapp.RetryPolicy{Retries: 1, MaxRetryAfter: time.Hour}))
		require.NoError(t, err)
		_, err = client.Contacts.ListPage(t.Context(), sendapp.ContactQuery{}, "")
		require.NoError(t, err, "it waits for as long as the server says")
		assert.GreaterOrEqual(t, time.Since(start), time.Minute-time.Second)
		assert.Equal(t, 5, server.Requests()["contacts.list"])
		assert.Equal(t, http.StatusOK, response.Status)
	})
}
