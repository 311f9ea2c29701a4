package flows

import (
	"context"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// Notify returns the callback for contacts.NewWebhookHandler: it marks what an
// event speaks of. The tenant is the event's location. Events of other kinds, and
// of flows that the engine does not have, are taken and ignored.
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
		} else if appointment, ok := event.Appointment(); ok {
			change.Flow, change.Ref = Appointments, syncer.Ref{ID: appointment.ID, Parent: appointment.ContactID}
		} else {
			return nil
		}
		return engine.Notify(ctx, change)
	}
}

// NotifyTarget returns the callback for sendapp.NewWebhookHandler: it marks the
// records whose counterparts at SendApp were changed by others. SendApp's events
// name no location, so the tenant is given: each has a handler of its own. Events
// of other kinds are taken and ignored.
func NotifyTarget(engine *syncer.Engine, tenant string) func(context.Context, sendapp.Event) error {
	return func(ctx context.Context, event sendapp.Event) error {
		change := syncer.TargetChange{Tenant: tenant, EventID: event.WebhookID, Evidence: event.Raw}
		if c, ok := event.Contact(); ok {
			change.Flow, change.Ref, change.ExternalID = Contacts, syncer.Ref{ID: c.ContactID}, c.ExternalID
		} else if t, ok := event.Task(); ok {
			change.Flow, change.Ref, change.ExternalID = Tasks, syncer.Ref{ID: t.TaskID, Parent: t.ContactID}, t.ExternalID
		} else if n, ok := event.Note(); ok {
			change.Flow, change.Ref, change.ExternalID = Notes, syncer.Ref{ID: n.NoteID, Parent: n.ContactID}, n.ExternalID
		} else if a, ok := event.Appointment(); ok {
			change.Flow, change.Ref, change.ExternalID = Appointments, syncer.Ref{ID: a.AppointmentID, Parent: a.ContactID}, a.ExternalID
		} else {
			return nil
		}
		return engine.NotifyTarget(ctx, change)
	}
}
