package contacts

import (
	"encoding/json"
	"strings"
)

// EventType names what happened.
type EventType string

// The types that have a typed record. All others are delivered too.
const (
	EventContactCreate    EventType = "ContactCreate"
	EventContactUpdate    EventType = "ContactUpdate"
	EventContactDelete    EventType = "ContactDelete"
	EventContactTagUpdate EventType = "ContactTagUpdate"
	EventContactDndUpdate EventType = "ContactDndUpdate"
	EventTaskCreate       EventType = "TaskCreate" // live ones may lack the contact's id
	EventTaskComplete     EventType = "TaskComplete"
	EventTaskDelete       EventType = "TaskDelete" // there is no event for a changed task
	EventNoteCreate       EventType = "NoteCreate"
	EventNoteUpdate       EventType = "NoteUpdate"
	EventNoteDelete       EventType = "NoteDelete"
)

// Event is what a webhook brings. It is a hint, not a state: fields that are
// empty are absent, deliveries come twice, late and in any order. Read the
// record by its id before acting on it.
type Event struct {
	Type       EventType
	LocationID string
	// WebhookID is the delivery's id, the same when it is delivered again.
	WebhookID string
	Timestamp Time
	// Raw is the body as it was signed.
	Raw json.RawMessage
}

// parseEvent reads the envelope. Only what is not a JSON object is an error.
func parseEvent(body []byte) (Event, error) {
	var envelope struct {
		Type       string `json:"type"`
		LocationID string `json:"locationId"`
		WebhookID  string `json:"webhookId"`
		Timestamp  Time   `json:"timestamp"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return Event{}, err
	}
	return Event{
		Type: EventType(envelope.Type), LocationID: envelope.LocationID, WebhookID: envelope.WebhookID,
		Timestamp: envelope.Timestamp, Raw: body,
	}, nil
}

// Contact is the contact of a Contact event.
func (e Event) Contact() (*Contact, bool) { return payload[Contact](e, "Contact") }

// Task is the task of a Task event.
func (e Event) Task() (*Task, bool) { return payload[Task](e, "Task") }

// Note is the note of a Note event.
func (e Event) Note() (*Note, bool) { return payload[Note](e, "Note") }

func payload[T any](e Event, kind string) (*T, bool) {
	if !strings.HasPrefix(string(e.Type), kind) {
		return nil, false
	}
	value := new(T)
	if json.Unmarshal(e.Raw, value) != nil {
		return nil, false
	}
	return value, true
}
