package contacts

import (
	"github.com/contactlink/contactlink/internal/wire"
	"github.com/contactlink/contactlink/mapping/opt"
)

// Appointment is an event of a calendar with a contact. The operations answer
// different fields of it: what one of them does not tell is zero.
type Appointment struct {
	ID         string `json:"id,omitzero"`
	CalendarID string `json:"calendarId,omitzero"`
	LocationID string `json:"locationId,omitzero"`
	ContactID  string `json:"contactId,omitzero"`
	GroupID    string `json:"groupId,omitzero"`
	Title      string `json:"title,omitzero"`
	// AppointmentStatus is one of the Appointment constants.
	//
	// Quirk: some answers misspell it.
	AppointmentStatus string `json:"appointmentStatus,omitzero" also:"appoinmentStatus"`
	// Status is that of the booking: "booked".
	Status         string `json:"status,omitzero"`
	AssignedUserID string `json:"assignedUserId,omitzero"`
	// Users are the other owners.
	Users             []string `json:"users,omitzero"`
	AssignedResources []string `json:"assignedResources,omitzero"`
	Notes             string   `json:"notes,omitzero"`
	Description       string   `json:"description,omitzero"`
	Address           string   `json:"address,omitzero"`
	// MeetingLocationType is custom, zoom, gmeet, phone, address, ms_teams or google.
	MeetingLocationType string `json:"meetingLocationType,omitzero"`
	MeetingLocationID   string `json:"meetingLocationId,omitzero"`
	// StartTime and the other times have an offset, except in ListByContact: there
	// they have none, and the API does not say in which zone they are. They are read
	// as UTC; [Appointments.Get] tells the moment.
	StartTime   Time   `json:"startTime,omitzero"`
	EndTime     Time   `json:"endTime,omitzero"`
	DateAdded   Time   `json:"dateAdded,omitzero"`
	DateUpdated Time   `json:"dateUpdated,omitzero"`
	IsRecurring bool   `json:"isRecurring,omitzero"`
	RRule       string `json:"rrule,omitzero"`
	// MasterEventID is the series that an instance belongs to. An instance's own id
	// is <masterEventId>_<start in ms>_<duration in s>.
	MasterEventID string `json:"masterEventId,omitzero"`
	Source        string `json:"source,omitzero"`
	Deleted       bool   `json:"deleted,omitzero"`

	extra wire.Extra
}

// The statuses of an appointment. Answers may have active and completed too.
const (
	AppointmentNew       = "new"
	AppointmentConfirmed = "confirmed"
	AppointmentCancelled = "cancelled"
	AppointmentShowed    = "showed"
	AppointmentNoShow    = "noshow"
	AppointmentInvalid   = "invalid"
)

// AppointmentCreate is a new appointment. The location is the client's.
type AppointmentCreate struct {
	CalendarID string          `json:"calendarId"`
	ContactID  string          `json:"contactId"`
	StartTime  Time            `json:"startTime"`
	EndTime    opt.Opt[Time]   `json:"endTime,omitzero"`
	Title      opt.Opt[string] `json:"title,omitzero"`
	// AppointmentStatus is one of the Appointment constants.
	AppointmentStatus      opt.Opt[string] `json:"appointmentStatus,omitzero"`
	AssignedUserID         opt.Opt[string] `json:"assignedUserId,omitzero"`
	Description            opt.Opt[string] `json:"description,omitzero"`
	Address                opt.Opt[string] `json:"address,omitzero"`
	MeetingLocationType    opt.Opt[string] `json:"meetingLocationType,omitzero"`
	MeetingLocationID      opt.Opt[string] `json:"meetingLocationId,omitzero"`
	OverrideLocationConfig opt.Opt[bool]   `json:"overrideLocationConfig,omitzero"`
	// IgnoreDateRange books outside the calendar's dates.
	IgnoreDateRange opt.Opt[bool] `json:"ignoreDateRange,omitzero"`
	// ToNotify false keeps the location's automations from running.
	ToNotify opt.Opt[bool] `json:"toNotify,omitzero"`
	// IgnoreFreeSlotValidation books a slot that is taken.
	IgnoreFreeSlotValidation opt.Opt[bool] `json:"ignoreFreeSlotValidation,omitzero"`
	// RRule makes a series (RFC 5545). It needs IgnoreFreeSlotValidation.
	RRule opt.Opt[string] `json:"rrule,omitzero"`
}

// AppointmentUpdate changes the fields that are set.
type AppointmentUpdate struct {
	CalendarID               opt.Opt[string] `json:"calendarId,omitzero"`
	StartTime                opt.Opt[Time]   `json:"startTime,omitzero"`
	EndTime                  opt.Opt[Time]   `json:"endTime,omitzero"`
	Title                    opt.Opt[string] `json:"title,omitzero"`
	AppointmentStatus        opt.Opt[string] `json:"appointmentStatus,omitzero"`
	AssignedUserID           opt.Opt[string] `json:"assignedUserId,omitzero"`
	Description              opt.Opt[string] `json:"description,omitzero"`
	Address                  opt.Opt[string] `json:"address,omitzero"`
	MeetingLocationType      opt.Opt[string] `json:"meetingLocationType,omitzero"`
	MeetingLocationID        opt.Opt[string] `json:"meetingLocationId,omitzero"`
	OverrideLocationConfig   opt.Opt[bool]   `json:"overrideLocationConfig,omitzero"`
	IgnoreDateRange          opt.Opt[bool]   `json:"ignoreDateRange,omitzero"`
	ToNotify                 opt.Opt[bool]   `json:"toNotify,omitzero"`
	IgnoreFreeSlotValidation opt.Opt[bool]   `json:"ignoreFreeSlotValidation,omitzero"`
	RRule                    opt.Opt[string] `json:"rrule,omitzero"`
}

// AppointmentNoteCreate is a note about an appointment, also to change one.
type AppointmentNoteCreate struct {
	// Body has at most 5000 characters.
	Body   string          `json:"body"`
	UserID opt.Opt[string] `json:"userId,omitzero"`
}
