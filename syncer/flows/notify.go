package flows

import (
	"context"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/syncer"
)

// Notify returns the callback for contacts.NewWebhookHandler: it marks what an
// event speaks of. The tenant is the event's location. Events of other kinds are
// taken and ignored.
func Notify(engine *syncer.Engine) func(context.Context, contacts.Event) error {
	return func(ctx context.Context, event contacts.Event) error {
		change := syncer.Change{
			Tenant: event.LocationID, At: event.Timestamp.Time, EventID: event.WebhookID, Evidence: event.Raw,
			Gone: strings.HasSuffix(string(event.Type), "Delete"),
		}
		if contact, ok := event.Contact(); ok {
			change.Flow, change.Ref = Contacts, syncer.Ref{ID: contact.ID}
		} else if task, ok := event.Task(); ok {
			change.Flow, change.Ref = Tasks, syncer.Ref{ID: task.ID, Parent: task.ContactID}
		} else if note, ok := event.Note(); ok {
			change.Flow, change.Ref = Notes, syncer.Ref{ID: note.ID, Parent: note.ContactID}
		} else {
			return nil
		}
		return engine.Notify(ctx, change)
	}
}
