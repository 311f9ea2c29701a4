package sendapp

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// AppointmentStatus says what became of an appointment.
type AppointmentStatus string

// The states of an appointment. One that is made without a status is new.
const (
	AppointmentNew       AppointmentStatus = "new"
	AppointmentConfirmed AppointmentStatus = "confirmed"
	AppointmentCancelled AppointmentStatus = "cancelled"
	AppointmentShowed    AppointmentStatus = "showed"
	AppointmentNoShow    AppointmentStatus = "noshow"
	AppointmentInvalid   AppointmentStatus = "invalid"
)

// Appointment is an appointment as the server answers it. It belongs to one
// contact.
type Appointment struct {
	// AppointmentID is the server's id of the appointment.
	AppointmentID string `json:"appointmentId"`
	ContactID     string `json:"contactId,omitzero"`
	// ExternalID is the caller's own id of the appointment, unique in the account.
	ExternalID string `json:"externalId,omitzero"`
	// OccurredAt is when the appointment was booked, which may be long before
	// CreatedAt if it was copied from elsewhere.
	OccurredAt Time   `json:"occurredAt,omitzero"`
	Title      string `json:"title,omitzero"`
	StartTime  Time   `json:"startTime,omitzero"`
	EndTime    Time   `json:"endTime,omitzero"`
	// Timezone is a name of the IANA time zone database: where it takes place.
	Timezone     string            `json:"timezone,omitzero"`
	Status       AppointmentStatus `json:"status,omitzero"`
	Address      string            `json:"address,omitzero"`
	Notes        string            `json:"notes,omitzero"`
	CalendarName string            `json:"calendarName,omitzero"`
	CreatedAt    Time              `json:"createdAt,omitzero"`
	UpdatedAt    Time              `json:"updatedAt,omitzero"`
	// Version is another after every change. It is opaque; see [WithIfMatch].
	Version string `json:"version,omitzero"`

	extra wire.Extra
}

func (a *Appointment) identity() string { return a.AppointmentID }

func (a *Appointment) field(name string) any {
	switch name {
	case "appointmentId":
		return &a.AppointmentID
	case "contactId":
		return &a.ContactID
	case "externalId":
		return &a.ExternalID
	case "occurredAt":
		return &a.OccurredAt
	case "title":
		return &a.Title
	case "startTime":
		return &a.StartTime
	case "endTime":
		return &a.EndTime
	case "timezone":
		return &a.Timezone
	case "status":
		return &a.Status
	case "address":
		return &a.Address
	case "notes":
		return &a.Notes
	case "calendarName":
		return &a.CalendarName
	case "createdAt":
		return &a.CreatedAt
	case "updatedAt":
		return &a.UpdatedAt
	case "version":
		return &a.Version
	default:
		return nil
	}
}

// Extra returns what the server sent beyond the fields above, and what had
// another type than they have.
func (a *Appointment) Extra() map[string]json.RawMessage { return a.extra.Clone() }

// UnmarshalJSON never fails on an unknown field or a wrong type.
func (a *Appointment) UnmarshalJSON(data []byte) error {
	return wire.Unmarshal(data, a.field, &a.extra)
}

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (a *Appointment) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, a.field, &a.extra)
}

// MarshalJSON writes the appointment with its extra fields.
func (a Appointment) MarshalJSON() ([]byte, error) {
	type plain Appointment
	return wire.Marshal(plain(a), a.extra)
}

// AppointmentUpdate holds the fields of an appointment that can be written. A
// field that is unset is left as it is, one that is null is cleared.
type AppointmentUpdate struct {
	// ContactID moves the appointment to another contact. It can't be null.
	ContactID  opt.Opt[string] `json:"contactId,omitzero"`
	ExternalID opt.Opt[string] `json:"externalId,omitzero"`
	OccurredAt opt.Opt[Time]   `json:"occurredAt,omitzero"`
	Title      opt.Opt[string] `json:"title,omitzero"`
	StartTime  opt.Opt[Time]   `json:"startTime,omitzero"`
	// EndTime can't be before StartTime.
	EndTime opt.Opt[Time] `json:"endTime,omitzero"`
	// Timezone must be a name of the IANA time zone database.
	Timezone opt.Opt[string] `json:"timezone,omitzero"`
	// Status that is null means new.
	Status       opt.Opt[AppointmentStatus] `json:"status,omitzero"`
	Address      opt.Opt[string]            `json:"address,omitzero"`
	Notes        opt.Opt[string]            `json:"notes,omitzero"`
	CalendarName opt.Opt[string]            `json:"calendarName,omitzero"`
}

// AppointmentCreate holds the fields of a new appointment. None is required, and
// null means the same as unset. ContactID, if set, must be the contact that the
// appointment is created under.
type AppointmentCreate = AppointmentUpdate
