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

func (s appointmentSource) Capabilities(ctx context.Context) (syncer.SourceCapabilities, error) {
	_, err := s.client.Calendars.List(ctx)
	if errors.Is(err, contacts.ErrNotFound) || errors.Is(err, contacts.ErrScopeMissing) {
		return syncer.SourceCapabilities{}, &syncer.Error{Kind: syncer.KindLacks, Err: fmt.Errorf(
			"the flow %s needs the location's calendars, which can't be read: %w", Appointments, err)}
	}
	return syncer.SourceCapabilities{}, kind(err)
}

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

// List's cursor is the number of the calendar and of the year.
func (s appointmentSource) List(ctx context.Context, _ syncer.Query, cursor string) (syncer.Page[contacts.Appointment], error) {
	var rows syncer.Page[contacts.Appointment]
	calendars, err := s.client.Calendars.List(ctx)
	if err != nil {
		return rows, kind(err)
	}
	number, year, err := placeOf(cursor)
	if err != nil || number >= len(calendars) {
		return rows, err
	}
	from := time.Now().UTC().Truncate(24*time.Hour).AddDate(year, 0, 0)
	events, err := s.client.Calendars.ListEvents(ctx, contacts.EventQuery{
		CalendarID: calendars[number].ID, From: from, To: from.AddDate(1, 0, 0),
	})
	if err != nil {
		return rows, kind(err)
	}
	for _, event := range events {
		if event.ContactID != "" && !event.Deleted { // without a contact it is a blocked slot
			record := appointmentRecord(event)
			record.Partial = true
			rows.Records = append(rows.Records, record)
		}
	}
	if year++; year >= yearsAhead {
		number, year = number+1, -yearsBack
	}
	if number < len(calendars) {
		rows.Next = fmt.Sprintf("%d/%d", number, year)
	}
	return rows, nil
}

// placeOf reads a cursor.
func placeOf(cursor string) (calendar, year int, err error) {
	if cursor == "" {
		return 0, -yearsBack, nil
	}
	before, after, _ := strings.Cut(cursor, "/")
	calendar, err = strconv.Atoi(before)
	if err == nil {
		year, err = strconv.Atoi(after)
	}
	if err != nil || calendar < 0 {
		return 0, 0, &syncer.Error{Kind: syncer.KindRow, Err: fmt.Errorf("the cursor %q is not one of this listing", cursor)}
	}
	return calendar, year, nil
}

// Unchanged compares what a row of a listing shows of an appointment.
func (appointmentSource) Unchanged(row, read contacts.Appointment) bool {
	return row.DateUpdated.Equal(read.DateUpdated.Time) && !row.DateUpdated.IsZero() &&
		row.StartTime.Equal(read.StartTime.Time) && row.EndTime.Equal(read.EndTime.Time) &&
		row.AppointmentStatus == read.AppointmentStatus && row.Title == read.Title && row.Address == read.Address
}

type appointmentTarget struct{ client *sendapp.Client }

type appointmentFields = sendapp.AppointmentUpdate

func (t appointmentTarget) Capabilities(ctx context.Context) (syncer.TargetCapabilities, error) {
	return capabilities(ctx, t.client, Appointments)
}

func (appointmentTarget) answer(a *sendapp.Appointment, err error) (syncer.Record[appointmentFields], error) {
	if err != nil {
		return syncer.Record[appointmentFields]{}, kind(err)
	}
	return answered[appointmentFields](a, syncer.Ref{ID: a.AppointmentID, Parent: a.ContactID}, a.Version)
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

func (t appointmentTarget) List(ctx context.Context, cursor string) (syncer.Page[syncer.Listed[appointmentFields]], error) {
	page, err := t.client.Appointments.ListPage(ctx, sendapp.AppointmentQuery{Limit: pageSize}, cursor)
	if err != nil {
		return syncer.Page[syncer.Listed[appointmentFields]]{}, kind(err)
	}
	return listed(page.Items, page.Next, func(a *sendapp.Appointment) (string, syncer.Record[appointmentFields], error) {
		record, err := t.answer(a, nil)
		return a.ExternalID, record, err
	})
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
