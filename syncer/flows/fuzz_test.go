package flows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// Whatever a webhook says, it marks one record at most, or is refused.
func FuzzNotify(f *testing.F) {
	f.Add(`{"type":"TaskCreate","locationId":"here","id":"t","title":"Call"}`)
	f.Add(`{"type":"ContactDelete","locationId":"here","id":5}`)
	f.Add(`{"type":"AppointmentUpdate","locationId":"elsewhere","appointment":{"id":"a","contactId":"c"}}`)
	f.Add(`{"type":"NoteCreate","locationId":"","id":"../x"}`)
	f.Add(`{"type":"contact.updated","data":{"contactId":"c","externalId":"'; --"}}`)
	f.Add(`{"type":"task.deleted","data":{"taskId":null}}`)
	crm, err := contacts.NewClient(contacts.WithLocation("here"))
	require.NoError(f, err)
	app, err := sendapp.NewClient(sendapp.WithBaseURL("http://localhost"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body string) {
		store := syncer.NewMemoryStore()
		engine, err := syncer.New(syncer.Config{Tenants: syncer.One("here", flows.Standard(crm, app)...), Store: store})
		require.NoError(t, err)
		if event, err := contacts.ParseEvent([]byte(body)); err == nil {
			_ = flows.Notify(engine)(t.Context(), event) // refused, or marked
		}
		if event, err := sendapp.ParseEvent([]byte(body)); err == nil {
			_ = flows.NotifyTarget(engine, "here")(t.Context(), event)
		}
		counts, err := store.Counts(t.Context(), "", "")
		require.NoError(t, err)
		marks := 0
		for _, of := range counts {
			marks += of.Waiting + of.Parked
		}
		assert.LessOrEqual(t, marks, 2)
	})
}
