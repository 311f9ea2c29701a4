package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
)

// ActivityType says what happened. A server may have others than these.
type ActivityType string

// The types of activities.
const (
	ActivityContactCreated       ActivityType = "contact.created"
	ActivityContactUpdated       ActivityType = "contact.updated"
	ActivityTaskCreated          ActivityType = "task.created"
	ActivityTaskCompleted        ActivityType = "task.completed"
	ActivityNoteCreated          ActivityType = "note.created"
	ActivityAppointmentBooked    ActivityType = "appointment.booked"
	ActivityAppointmentCancelled ActivityType = "appointment.cancelled"
)

// Activity is one thing that happened with a contact. The server makes it of
// what was written; it can't be written itself.
type Activity struct {
	ActivityID string       `json:"activityId"`
	ContactID  string       `json:"contactId,omitzero"`
	Type       ActivityType `json:"type,omitzero"`
	// OccurredAt is that of the record it tells of, not when that was copied.
	OccurredAt Time `json:"occurredAt,omitzero"`
	// SubjectID is the id of the contact, task, note or appointment that it tells
	// of.
	SubjectID string `json:"subjectId,omitzero"`
	// Summary is a line for people to read.
	Summary string `json:"summary,omitzero"`

	extra wire.Extra
}

func (a *Activity) field(name string) any {
	switch name {
	case "activityId":
		return &a.ActivityID
	case "contactId":
		return &a.ContactID
	case "type":
		return &a.Type
	case "occurredAt":
		return &a.OccurredAt
	case "subjectId":
		return &a.SubjectID
	case "summary":
		return &a.Summary
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (a *Activity) Extra() map[string]json.RawMessage { return a.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (a *Activity) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, a.field, &a.extra) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (a *Activity) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, a.field, &a.extra)
}

// MarshalJSON writes the activity with its extra fields.
func (a Activity) MarshalJSON() ([]byte, error) {
	type plain Activity
	return wire.Marshal(plain(a), a.extra)
}
