package sendapp_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
)

// What the server in memory delivers, the handler keeps: an event of each kind of
// record, and one that could not be kept at first.
func TestWebhooksOfTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handler http.Handler
		server, client := sendapptest.Start(t, sendapptest.WithReceiver(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handler.ServeHTTP(w, r)
		})))
		ctx := t.Context()
		hook, err := client.Webhooks.Create(ctx, sendapp.SubscriptionCreate{URL: "https://app.example.com/hooks"})
		require.NoError(t, err)
		verifier, err := sendapp.NewVerifier(hook.Secret)
		require.NoError(t, err)
		var kept []string
		tries := 0
		handler = sendapp.NewWebhookHandler(verifier, func(_ context.Context, event sendapp.Event) error {
			if tries++; tries == 1 {
				return errors.New("not now")
			}
			id := ""
			if contact, ok := event.Contact(); ok {
				id = contact.ContactID
			}
			if task, ok := event.Task(); ok {
				id = task.TaskID
			}
			if note, ok := event.Note(); ok {
				id = note.NoteID
			}
			if appointment, ok := event.Appointment(); ok {
				id = appointment.AppointmentID
			}
			kept = append(kept, string(event.Type)+" "+id)
			return nil
		})
		contact, err := client.Contacts.Create(ctx, sendapp.ContactCreate{FirstName: opt.Set("Anna")})
		require.NoError(t, err)
		task, err := client.Tasks.Create(ctx, contact.ContactID, sendapp.TaskCreate{TaskTitle: opt.Set("Call")})
		require.NoError(t, err)
		note, err := client.Notes.Create(ctx, contact.ContactID, sendapp.NoteCreate{Body: opt.Set("Called")})
		require.NoError(t, err)
		appointment, err := client.Appointments.Create(ctx, contact.ContactID, sendapp.AppointmentCreate{Title: opt.Set("Visit")})
		require.NoError(t, err)
		require.NoError(t, client.Notes.Delete(ctx, contact.ContactID, note.NoteID))
		require.NoError(t, server.Flush(ctx))
		assert.Subset(t, kept, []string{
			"contact.created " + contact.ContactID, "task.created " + task.TaskID, "note.created " + note.NoteID,
			"appointment.created " + appointment.AppointmentID, "note.deleted " + note.NoteID,
		})
		assert.Len(t, kept, tries-1, "each once")
	})
}
