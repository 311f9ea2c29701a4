package sendapp

import (
	"context"
	"iter"
	"time"
)

// Appointments has the operations on appointments. An appointment is found under
// its own contact only; the listings of the whole account find it wherever it is.
type Appointments struct{ client *Client }

// AppointmentQuery says which appointments are listed: those that match all that
// is set.
type AppointmentQuery struct {
	// ContactID lists the appointments of one contact; empty: those of the whole
	// account.
	ContactID  string
	ExternalID string
	// Status needs a ContactID.
	Status AppointmentStatus
	// UpdatedSince lists what changed then or later.
	UpdatedSince time.Time
	// Limit is the size of a page: 1 to 200, 50 if it is 0.
	Limit int
}

type appointmentsAnswer struct {
	Appointments []*Appointment `json:"appointments"`
	Next         string         `json:"nextCursor"`
}

// Get returns an appointment of a contact.
func (s *Appointments) Get(ctx context.Context, contactID, appointmentID string, opts ...CallOption) (*Appointment, error) {
	return one[Appointment](ctx, s.client, request{op: operations.appointments.get, ids: []string{contactID, appointmentID}, opts: opts})
}

// ListPage returns one page of appointments, ordered by the time they changed and
// their ids. An empty cursor is the first page.
func (s *Appointments) ListPage(ctx context.Context, q AppointmentQuery, cursor string, opts ...CallOption) (*Page[Appointment], error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	if q.Status != "" && q.ContactID == "" {
		return nil, errStatusOfAccount
	}
	values, err := parameters(struct {
		ExternalID   string `url:"externalId,omitempty"`
		Status       string `url:"status,omitempty"`
		UpdatedSince string `url:"updatedSince,omitempty"`
		Limit        int    `url:"limit,omitempty"`
		Cursor       string `url:"cursor,omitempty"`
	}{q.ExternalID, string(q.Status), since(q.UpdatedSince), q.Limit, cursor})
	if err != nil {
		return nil, err
	}
	r := request{op: operations.appointments.listAll, query: values, opts: opts}
	if q.ContactID != "" {
		r.op, r.ids = operations.appointments.list, []string{q.ContactID}
	}
	answer, err := call[appointmentsAnswer](ctx, s.client, r)
	if err != nil {
		return nil, err
	}
	return newPage(r.op, "appointments", answer.Appointments, answer.Next)
}

// List returns all appointments of a query, page by page as they are wanted.
func (s *Appointments) List(ctx context.Context, q AppointmentQuery, opts ...CallOption) iter.Seq2[*Appointment, error] {
	return pages(ctx, func(cursor string) (*Page[Appointment], error) {
		return s.ListPage(ctx, q, cursor, opts...)
	})
}

// ListDeletedPage returns one page of what was deleted in the whole account, in
// the order of deletion. An empty cursor is the first page.
func (s *Appointments) ListDeletedPage(ctx context.Context, q DeletedQuery, cursor string, opts ...CallOption) (*Page[Tombstone], error) {
	return deletedPage(ctx, s.client, operations.appointments.listAll, q, cursor, opts)
}

// ListDeleted returns all that was deleted in the whole account, page by page as
// it is wanted.
func (s *Appointments) ListDeleted(ctx context.Context, q DeletedQuery, opts ...CallOption) iter.Seq2[*Tombstone, error] {
	return deleted(ctx, s.client, operations.appointments.listAll, q, opts)
}

// Create makes an appointment of a contact. An externalId that is taken is an
// [ErrDuplicate] with the holder's id in [Error].ConflictingID.
func (s *Appointments) Create(ctx context.Context, contactID string, appointment AppointmentCreate, opts ...CallOption) (*Appointment, error) {
	return one[Appointment](ctx, s.client, request{op: operations.appointments.create, ids: []string{contactID}, body: appointment, opts: opts})
}

// Update changes a appointment, and returns it as it is then.
func (s *Appointments) Update(ctx context.Context, contactID, appointmentID string, appointment AppointmentUpdate, opts ...CallOption) (*Appointment, error) {
	return one[Appointment](ctx, s.client, request{op: operations.appointments.update, ids: []string{contactID, appointmentID}, body: appointment, opts: opts})
}

// Delete deletes an appointment.
func (s *Appointments) Delete(ctx context.Context, contactID, appointmentID string, opts ...CallOption) error {
	return s.client.send(ctx, request{op: operations.appointments.delete, ids: []string{contactID, appointmentID}, opts: opts}, nil)
}
