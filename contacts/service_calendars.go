package contacts

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/contactlink/contactlink/internal/wire"
)

// Calendars reads the location's calendars.
type Calendars struct{ client *Client }

// Calendar is a calendar. Most of its settings are in Extra.
type Calendar struct {
	ID          string `json:"id,omitzero"`
	LocationID  string `json:"locationId,omitzero"`
	GroupID     string `json:"groupId,omitzero"`
	Name        string `json:"name,omitzero"`
	Description string `json:"description,omitzero"`
	Slug        string `json:"slug,omitzero"`
	// CalendarType is round_robin, event, class_booking, collective, service_booking
	// or personal.
	CalendarType string `json:"calendarType,omitzero"`
	IsActive     bool   `json:"isActive,omitzero"`

	extra wire.Extra
}

// List returns all calendars of the client's location.
func (s *Calendars) List(ctx context.Context, opts ...CallOption) ([]*Calendar, error) {
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	values := url.Values{"locationId": {s.client.settings.location}}
	return list[Calendar](ctx, s.client, request{op: operations.ListCalendars, query: values, opts: opts}, "calendars")
}

// EventQuery chooses events. From and To, and one of the ids, are required.
type EventQuery struct {
	UserID, CalendarID, GroupID string
	From, To                    time.Time
}

// ListEvents returns all events of a user, a calendar or a group between two
// times. The API has no pages here: ask for a span that is not too long.
func (s *Calendars) ListEvents(ctx context.Context, query EventQuery, opts ...CallOption) ([]*Appointment, error) {
	op := operations.ListEvents
	if err := s.client.needLocation(); err != nil {
		return nil, err
	}
	values := url.Values{
		"locationId": {s.client.settings.location},
		// The API wants milliseconds since 1970.
		"startTime": {strconv.FormatInt(query.From.UnixMilli(), 10)},
		"endTime":   {strconv.FormatInt(query.To.UnixMilli(), 10)},
	}
	owners := 0
	for name, id := range map[string]string{"userId": query.UserID, "calendarId": query.CalendarID, "groupId": query.GroupID} {
		if id != "" {
			values.Set(name, id)
			owners++
		}
	}
	switch {
	case owners == 0:
		return nil, fmt.Errorf("contacts: %s: %w: EventQuery needs a UserID, a CalendarID or a GroupID", op.Name, ErrInvalid)
	case query.From.IsZero() || !query.From.Before(query.To):
		return nil, fmt.Errorf("contacts: %s: %w: EventQuery.From must be before EventQuery.To", op.Name, ErrInvalid)
	}
	return list[Appointment](ctx, s.client, request{op: op, query: values, opts: opts}, "events")
}
