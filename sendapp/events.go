package sendapp

import (
	"encoding/json"
	"strings"

	"github.com/contactlink/contactlink/internal/wire"
)

// EventType names what happened.
type EventType string

// The types of the contract. All others are delivered too.
const (
	EventContactCreated     EventType = "contact.created"
	EventContactUpdated     EventType = "contact.updated"
	EventContactDeleted     EventType = "contact.deleted"
	EventTaskCreated        EventType = "task.created"
	EventTaskUpdated        EventType = "task.updated"
	EventTaskCompleted      EventType = "task.completed"
	EventTaskDeleted        EventType = "task.deleted"
	EventNoteCreated        EventType = "note.created"
	EventNoteUpdated        EventType = "note.updated"
	EventNoteDeleted        EventType = "note.deleted"
	EventAppointmentCreated EventType = "appointment.created"
	EventAppointmentUpdated EventType = "appointment.updated"
	EventAppointmentDeleted EventType = "appointment.deleted"
)

// EventTypes returns the types of the contract.
func EventTypes() []EventType {
	return []EventType{
		EventContactCreated, EventContactUpdated, EventContactDeleted,
		EventTaskCreated, EventTaskUpdated, EventTaskCompleted, EventTaskDeleted,
		EventNoteCreated, EventNoteUpdated, EventNoteDeleted,
		EventAppointmentCreated, EventAppointmentUpdated, EventAppointmentDeleted,
	}
}

// Event is what a webhook brings: the payload of the Standard Webhooks
// specification, {type, timestamp, data}. It is a hint, not a state: deliveries
// come twice, late and in any order. Read the record by its id before acting on
// it.
type Event struct {
	Type EventType
	// WebhookID is the delivery's id, the same when it is delivered again.
	WebhookID string
	// Timestamp is when it happened; zero if the event does not say.
	Timestamp Time
	// Data is the record, or of one that was deleted at least its ids.
	Data json.RawMessage
	// Raw is the body as it was signed.
	Raw json.RawMessage
}

// ParseEvent reads an event that was kept as its Raw, which has no WebhookID: that
// is in a header. It checks no signature: see [Verifier.Verify]. Only what is not a
// JSON object with a type is an error.
func ParseEvent(body []byte) (Event, error) {
	event := Event{Raw: body}
	var extra wire.Extra
	err := wire.Unmarshal(body, func(name string) any {
		switch name {
		case "type":
			return &event.Type
		case "timestamp":
			return &event.Timestamp
		case "data":
			return &event.Data
		default:
			return nil
		}
	}, &extra)
	if err != nil || event.Type == "" || !json.Valid(body) {
		return Event{}, errNoEvent
	}
	return event, nil
}

// Contact is the contact of a contact event.
func (e Event) Contact() (*Contact, bool) { return payload[Contact](e, "contact.") }

// Task is the task of a task event.
func (e Event) Task() (*Task, bool) { return payload[Task](e, "task.") }

// Note is the note of a note event.
func (e Event) Note() (*Note, bool) { return payload[Note](e, "note.") }

// Appointment is the appointment of an appointment event.
func (e Event) Appointment() (*Appointment, bool) { return payload[Appointment](e, "appointment.") }

// payload decodes the data of an event whose type begins with a prefix, so that a
// type that is added later is read too. Data without an id is no record.
func payload[T any, P identified[T]](e Event, prefix string) (*T, bool) {
	value := new(T)
	if !strings.HasPrefix(string(e.Type), prefix) || json.Unmarshal(e.Data, value) != nil || P(value).identity() == "" {
		return nil, false
	}
	return value, true
}
