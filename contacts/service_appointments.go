package contacts

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// Appointments works on appointments. The API has no way to list all of a
// location: see [Calendars.ListEvents].
type Appointments struct{ client *Client }

func (a *Appointment) identity() string { return a.ID }

// ListByContact returns all appointments of a contact. Their times have no
// offset, see [Appointment].
func (s *Appointments) ListByContact(ctx context.Context, contactID string, opts ...CallOption) ([]*Appointment, error) {
	return list[Appointment](ctx, s.client, request{op: operations.ListContactAppointments, ids: []string{contactID}, opts: opts}, "events")
}

// Get reads an appointment.
func (s *Appointments) Get(ctx context.Context, id string, opts ...CallOption) (*Appointment, error) {
	return one[Appointment](ctx, s.client, request{op: operations.GetAppointment, ids: []string{id}, opts: opts}, "event")
}

// Create makes an appointment in the client's location. ErrUnknownOutcome: it may
// have been made.
func (s *Appointments) Create(ctx context.Context, create AppointmentCreate, opts ...CallOption) (*Appointment, error) {
	op := operations.CreateAppointment
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	if create.CalendarID == "" || create.ContactID == "" || create.StartTime.IsZero() {
		return nil, fmt.Errorf("contacts: %s: %w: an appointment needs a CalendarID, a ContactID and a StartTime", op.Name, ErrInvalid)
	}
	body := struct {
		LocationID string `json:"locationId"`
		AppointmentCreate
	}{s.client.settings.location, create}
	// Quirk: the appointment is the answer, not a member of it, here and in Update.
	return one[Appointment](ctx, s.client, request{
		op: op, body: body, opts: opts, lookup: Lookup{ContactID: create.ContactID, Text: create.Title.Or("")},
	}, "")
}

// Update changes the fields that are set. An instance of a series is changed by
// its own id, the whole series by its MasterEventID. It was observed that the
// service refuses updates without AssignedUserID, and those of a time that is
// taken without IgnoreDateRange and IgnoreFreeSlotValidation.
func (s *Appointments) Update(ctx context.Context, id string, update AppointmentUpdate, opts ...CallOption) (*Appointment, error) {
	return one[Appointment](ctx, s.client, request{op: operations.UpdateAppointment, ids: []string{id}, body: update, opts: opts}, "")
}

// Delete deletes an appointment.
func (s *Appointments) Delete(ctx context.Context, id string, opts ...CallOption) error {
	// The specification wants a body, with nothing in it.
	return s.client.done(ctx, request{op: operations.DeleteAppointment, ids: []string{id}, body: struct{}{}, opts: opts})
}

const (
	maxAppointmentNotes = 20   // a page
	maxAppointmentNote  = 5000 // characters
)

// ListNotesPage returns one page of an appointment's notes, at most 20.
func (s *Appointments) ListNotesPage(ctx context.Context, appointmentID, cursor string, opts ...CallOption) (*Page[Note], error) {
	at, err := parseOffset(cursor)
	if err != nil {
		return nil, err
	}
	values := url.Values{"limit": {strconv.Itoa(maxAppointmentNotes)}, "offset": {strconv.Itoa(at.skip)}}
	var notes []*Note
	var more bool
	answer := envelope{members: map[string]any{"notes": &notes, "hasMore": &more}}
	r := request{op: operations.ListAppointmentNotes, ids: []string{appointmentID}, query: values, opts: opts}
	if err := s.client.do(ctx, r, &answer); err != nil {
		return nil, err
	}
	if notes == nil {
		return nil, s.client.incomplete(r, "notes")
	}
	page := &Page[Note]{Items: present(notes)}
	if !more {
		return page, nil
	}
	if page.Next, err = next(at, page.Items); err != nil {
		return nil, err
	}
	return page, nil
}

// ListNotes returns all notes of an appointment.
func (s *Appointments) ListNotes(ctx context.Context, appointmentID string, opts ...CallOption) iter.Seq2[*Note, error] {
	return pages(ctx, func(cursor string) (*Page[Note], error) { return s.ListNotesPage(ctx, appointmentID, cursor, opts...) })
}

// CreateNote creates a note about an appointment. ErrUnknownOutcome: it may have
// been created.
func (s *Appointments) CreateNote(ctx context.Context, appointmentID string, create AppointmentNoteCreate, opts ...CallOption) (*Note, error) {
	op := operations.CreateAppointmentNote
	if err := checkNote(op.Name, create); err != nil {
		return nil, err
	}
	return one[Note](ctx, s.client, request{
		op: op, ids: []string{appointmentID}, body: create, opts: opts, lookup: Lookup{Text: create.Body},
	}, "note")
}

// UpdateNote changes a note about an appointment. The body is always written.
func (s *Appointments) UpdateNote(ctx context.Context, appointmentID, noteID string, update AppointmentNoteCreate, opts ...CallOption) (*Note, error) {
	op := operations.UpdateAppointmentNote
	if err := checkNote(op.Name, update); err != nil {
		return nil, err
	}
	return one[Note](ctx, s.client, request{op: op, ids: []string{appointmentID, noteID}, body: update, opts: opts}, "note")
}

// DeleteNote deletes a note about an appointment.
func (s *Appointments) DeleteNote(ctx context.Context, appointmentID, noteID string, opts ...CallOption) error {
	return s.client.done(ctx, request{op: operations.DeleteAppointmentNote, ids: []string{appointmentID, noteID}, opts: opts})
}

func checkNote(operation string, note AppointmentNoteCreate) error {
	if length := utf8.RuneCountInString(note.Body); length == 0 || length > maxAppointmentNote {
		return fmt.Errorf("contacts: %s: %w: Body must have 1 to %d characters", operation, ErrInvalid, maxAppointmentNote)
	}
	return nil
}
