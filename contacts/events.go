package contacts

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// EventType names what happened.
type EventType string

// The types that have a typed record. All others are delivered too.
const (
	EventContactCreate     EventType = "ContactCreate"
	EventContactUpdate     EventType = "ContactUpdate"
	EventContactDelete     EventType = "ContactDelete"
	EventContactTagUpdate  EventType = "ContactTagUpdate"
	EventContactDndUpdate  EventType = "ContactDndUpdate"
	EventTaskCreate        EventType = "TaskCreate" // live ones may lack the contact's id
	EventTaskComplete      EventType = "TaskComplete"
	EventTaskDelete        EventType = "TaskDelete" // there is no event for a changed task
	EventNoteCreate        EventType = "NoteCreate"
	EventNoteUpdate        EventType = "NoteUpdate"
	EventNoteDelete        EventType = "NoteDelete"
	EventAppointmentCreate EventType = "AppointmentCreate"
	EventAppointmentUpdate EventType = "AppointmentUpdate"
	EventAppointmentDelete EventType = "AppointmentDelete"
	EventInstall           EventType = "INSTALL"
	EventUninstall         EventType = "UNINSTALL"
)

// EventTypes returns the types that have a typed record.
func EventTypes() []EventType {
	return []EventType{
		EventContactCreate, EventContactUpdate, EventContactDelete, EventContactTagUpdate, EventContactDndUpdate,
		EventTaskCreate, EventTaskComplete, EventTaskDelete,
		EventNoteCreate, EventNoteUpdate, EventNoteDelete,
		EventAppointmentCreate, EventAppointmentUpdate, EventAppointmentDelete,
		EventInstall, EventUninstall,
	}
}

// Event is what a webhook brings. It is a hint, not a state: fields that are
// empty are absent, deliveries come twice, late and in any order. Read the
// record by its id before acting on it.
type Event struct {
	Type EventType
	// LocationID is empty for events of a company.
	LocationID string
	// WebhookID is the delivery's id, the same when it is delivered again.
	WebhookID string
	// Timestamp is when it happened; zero if the event does not say.
	Timestamp Time
	// Raw is the body as it was signed.
	Raw json.RawMessage
}

// eventEnvelope is around every event. A wrong type in it fails nothing.
type eventEnvelope struct {
	Type       EventType `json:"type,omitzero"`
	LocationID string    `json:"locationId,omitzero"`
	WebhookID  string    `json:"webhookId,omitzero"`
	Timestamp  Time      `json:"timestamp,omitzero"`

	extra wire.Extra
}

// ParseEvent reads an event that was kept as its Raw. It checks no signature: see
// [Verifier.Verify]. Only what is not a JSON object with a type is an error.
func ParseEvent(body []byte) (Event, error) {
	var around eventEnvelope
	if err := json.Unmarshal(body, &around); err != nil {
		return Event{}, err
	}
	if around.Type == "" {
		return Event{}, errNoEvent
	}
	return Event{
		Type: around.Type, LocationID: around.LocationID, WebhookID: around.WebhookID,
		Timestamp: around.Timestamp, Raw: body,
	}, nil
}

// Contact is the contact of a Contact event.
func (e Event) Contact() (*Contact, bool) { return payload[Contact](e, "Contact") }

// Task is the task of a Task event.
func (e Event) Task() (*Task, bool) { return payload[Task](e, "Task") }

// Note is the note of a Note event. It has neither author nor title.
func (e Event) Note() (*Note, bool) { return payload[Note](e, "Note") }

// Appointment is the appointment of an Appointment event.
func (e Event) Appointment() (*Appointment, bool) {
	around, ok := payload[appointmentEvent](e, "Appointment")
	if !ok || around.Appointment == nil {
		return nil, false
	}
	return around.Appointment, true
}

// appointmentEvent has the appointment in a member of its own, unlike the others.
type appointmentEvent struct {
	Appointment *Appointment `json:"appointment,omitzero"`

	extra wire.Extra
}

// Installation says who installed or uninstalled an app. Without a LocationID the
// whole company did.
type Installation struct {
	AppID       string `json:"appId,omitzero"`
	VersionID   string `json:"versionId,omitzero"`
	LocationID  string `json:"locationId,omitzero"`
	CompanyID   string `json:"companyId,omitzero"`
	CompanyName string `json:"companyName,omitzero"`
	UserID      string `json:"userId,omitzero"`
	PlanID      string `json:"planId,omitzero"`
	Trial       *Trial `json:"trial,omitzero"`
	// IsWhitelabelCompany is unset if the event does not say.
	IsWhitelabelCompany opt.Opt[bool]      `json:"isWhitelabelCompany,omitzero"`
	Whitelabel          *WhitelabelDetails `json:"whitelabelDetails,omitzero"`

	extra wire.Extra
}

// Trial is the trial that an installation begins with.
type Trial struct {
	OnTrial bool `json:"onTrial,omitzero"`
	// Duration is in days.
	Duration  int  `json:"trialDuration,omitzero"`
	StartDate Time `json:"trialStartDate,omitzero"`

	extra wire.Extra
}

// WhitelabelDetails are those of an agency with a domain of its own.
type WhitelabelDetails struct {
	Domain  string `json:"domain,omitzero"`
	LogoURL string `json:"logoUrl,omitzero"`

	extra wire.Extra
}

// Installation is what an INSTALL or UNINSTALL event tells.
func (e Event) Installation() (*Installation, bool) {
	return payload[Installation](e, string(EventInstall), string(EventUninstall))
}

// payload decodes an event whose type begins with one of the prefixes, so that a
// type that is added later is read too.
func payload[T any](e Event, prefixes ...string) (*T, bool) {
	if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(string(e.Type), prefix) }) {
		return nil, false
	}
	value := new(T)
	if json.Unmarshal(e.Raw, value) != nil {
		return nil, false
	}
	return value, true
}
