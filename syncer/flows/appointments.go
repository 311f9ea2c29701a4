package flows

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// The span in which appointments are listed, in years around today. What lies
// outside is kept in step by webhooks alone.
const (
	yearsBack  = 2
	yearsAhead = 2
)

// appointmentSource reads appointments: calendar by calendar and year by year,
// which is cheaper than contact by contact, and the only listing whose times have
// an offset.
type appointmentSource struct{ client *contacts.Client }

// Capabilities tries both scopes that the flow needs: an account that lacks one
// has no appointments to keep in step, and everything else goes on.
func (s appointmentSource) Capabilities(ctx context.Context) (syncer.SourceCapabilities, error) {
	calendars, err := s.client.Calendars.List(ctx)
	switch {
	case err != nil:
	case len(calendars) == 0:
		err = errNoCalendar
	default:
		from := time.Now()
		_, err = s.client.Calendars.ListEvents(ctx, contacts.EventQuery{CalendarID: calendars[0].ID, From: from, To: from.Add(time.Second)})
	}
	if errors.Is(err, errNoCalendar) || errors.Is(err, contacts.ErrNotFound) || errors.Is(err, contacts.ErrScopeMissing) {
		scopes, scopesErr := RequiredScopes(Appointments)
		return syncer.SourceCapabilities{}, &syncer.Error{Kind: syncer.KindLacks, Err: errors.Join(fmt.Errorf(
			"the flow %s needs the location's calendars and their events, and the scopes %s: %w",
			Appointments, strings.Join(scopes.Contacts, " and "), err), scopesErr)}
	}
	return syncer.SourceCapabilities{}, kind(err)
}

var errNoCalendar = errors.New("the location has no calendar")

func (s appointmentSource) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[contacts.Appointment], error) {
	appointment, err := s.client.Appointments.Get(ctx, ref.ID)
	if err == nil && appointment.Deleted {
		err = contacts.ErrNotFound
	}
	if err != nil {
		return syncer.Record[contacts.Appointment]{}, kind(err)
	}
	return appointmentRecord(appointment), nil
}

// appointmentRecord is partial if it comes from a listing: listings show other
// fields than a read by id.
func appointmentRecord(a *contacts.Appointment) syncer.Record[contacts.Appointment] {
	return syncer.Record[contacts.Appointment]{
		Ref: syncer.Ref{ID: a.ID, Parent: a.ContactID}, Value: *a, Updated: a.DateUpdated.Time,
	}
}

// List takes the calendars in the order of their ids. A page is one year of one
// calendar; the cursor names both.
func (s appointmentSource) List(ctx context.Context, _ syncer.Query, cursor string) (syncer.Page[contacts.Appointment], error) {
	var rows syncer.Page[contacts.Appointment]
	at, err := placeOf(cursor)
	if err == nil && at.calendar == "" {
		at.calendar, err = s.calendarAfter(ctx, "")
	}
	if err != nil || at.calendar == "" {
		return rows, err
	}
	from := today().AddDate(at.year, 0, 0)
	to := from.AddDate(1, 0, 0)
	events, err := s.client.Calendars.ListEvents(ctx, contacts.EventQuery{CalendarID: at.calendar, From: from, To: to})
	if err != nil {
		return rows, kind(err)
	}
	for _, event := range events {
		if event.StartTime.Before(from) || !event.StartTime.Before(to) {
			continue // it reaches over the year's end: the other year has it
		}
		if event.ContactID != "" && !event.Deleted { // without a contact it is a blocked slot
			record := appointmentRecord(event)
			record.Partial = true
			rows.Records = append(rows.Records, record)
		}
	}
	if at.year++; at.year >= yearsAhead {
		at.year = -yearsBack
		if at.calendar, err = s.calendarAfter(ctx, at.calendar); err != nil {
			return rows, err
		}
	}
	if at.calendar != "" {
		rows.Next = fmt.Sprintf("%d/%s", at.year, at.calendar)
	}
	return rows, nil
}

func today() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

// Lists reports whether an appointment is within the span that is listed, at both
// ends by a day.
func (appointmentSource) Lists(a contacts.Appointment) bool {
	return a.StartTime.After(today().AddDate(-yearsBack, 0, 1)) && a.StartTime.Before(today().AddDate(yearsAhead, 0, -1))
}

// calendarAfter is the id of the calendar that follows; empty if there is none.
func (s appointmentSource) calendarAfter(ctx context.Context, id string) (string, error) {
	calendars, err := s.client.Calendars.List(ctx)
	if err != nil {
		return "", kind(err)
	}
	next := ""
	for _, calendar := range calendars {
		if calendar.ID > id && (next == "" || calendar.ID < next) {
			next = calendar.ID
		}
	}
	return next, nil
}

// place is where a page of the listing begins.
type place struct {
	year     int // from today
	calendar string
}

// placeOf reads a cursor.
func placeOf(cursor string) (place, error) {
	if cursor == "" {
		return place{year: -yearsBack}, nil
	}
	before, calendar, _ := strings.Cut(cursor, "/")
	year, err := strconv.Atoi(before)
	if err != nil || calendar == "" || year < -yearsBack || year >= yearsAhead {
		return place{}, &syncer.Error{Kind: syncer.KindRow, Err: fmt.Errorf("the cursor %q is not one of this listing", cursor)}
	}
	return place{year, calendar}, nil
}

// Unchanged compares what a row of a listing shows of an appointment.
func (appointmentSource) Unchanged(row, read contacts.Appointment) bool {
	return row.DateUpdated.Equal(read.DateUpdated.Time) && !row.DateUpdated.IsZero() &&
		row.StartTime.Equal(read.StartTime.Time) && row.EndTime.Equal(read.EndTime.Time) &&
		row.AppointmentStatus == read.AppointmentStatus && row.Title == read.Title && row.Address == read.Address
}

type appointmentTarget struct{ account }

type appointmentFields = sendapp.AppointmentUpdate

func (t appointmentTarget) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return capabilities(ctx, t.client, Appointments)
}

func (appointmentTarget) answer(a *sendapp.Appointment, err error) (syncer.Record[appointmentFields], error) {
	if err != nil {
		return syncer.Record[appointmentFields]{}, kind(err)
	}
	return answered[appointmentFields](a, syncer.Ref{ID: a.AppointmentID, Parent: a.ContactID}, a.Version, a.ExternalID)
}

func (t appointmentTarget) Get(ctx context.Context, ref syncer.Ref) (syncer.Record[appointmentFields], error) {
	return t.answer(t.client.Appointments.Get(ctx, ref.Parent, ref.ID))
}

func (t appointmentTarget) Find(ctx context.Context, externalID string) (*syncer.Record[appointmentFields], error) {
	page, err := t.client.Appointments.ListPage(ctx, sendapp.AppointmentQuery{ExternalID: externalID}, "")
	if err != nil || len(page.Items) == 0 {
		return nil, kind(err)
	}
	record, err := t.answer(page.Items[0], nil)
	return &record, err
}

func (t appointmentTarget) List(ctx context.Context, cursor string) (syncer.Page[appointmentFields], error) {
	page, err := t.client.Appointments.ListPage(ctx, sendapp.AppointmentQuery{Limit: pageSize}, cursor)
	if err != nil {
		return syncer.Page[appointmentFields]{}, kind(err)
	}
	return listed(page.Items, page.Next, t.answer)
}

func (t appointmentTarget) Create(ctx context.Context, draft syncer.Draft[appointmentFields]) (syncer.Record[appointmentFields], error) {
	draft.Value.ExternalID = external(draft.ExternalID)
	return t.answer(t.client.Appointments.Create(ctx, draft.Parent, draft.Value))
}

func (t appointmentTarget) Update(ctx context.Context, ref syncer.Ref, patch syncer.Patch[appointmentFields]) (syncer.Record[appointmentFields], error) {
	patch.Value.ExternalID, patch.Value.ContactID = external(patch.ExternalID), external(patch.Parent)
	return t.answer(t.client.Appointments.Update(ctx, ref.Parent, ref.ID, patch.Value, sendapp.WithIfMatch(patch.Version)))
}

func (t appointmentTarget) Delete(ctx context.Context, ref syncer.Ref, version string) error {
	return kind(t.client.Appointments.Delete(ctx, ref.Parent, ref.ID, sendapp.WithIfMatch(version)))
}
