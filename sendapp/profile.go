package sendapp

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/contactlink/contactlink/internal/wire"
)

// ProfilePart is what a profile has beside the contact.
type ProfilePart string

// The parts of a profile.
const (
	PartTasks        ProfilePart = "tasks"
	PartNotes        ProfilePart = "notes"
	PartAppointments ProfilePart = "appointments"
	PartActivity     ProfilePart = "activity"
)

// Profile is a contact with what belongs to it. Each list has the newest first,
// and at most 200.
type Profile struct {
	Contact      Contact
	Tasks        []*Task
	Notes        []*Note
	Appointments []*Appointment
	Activity     []*Activity
	// Incomplete names the parts of which there is more: the listings have it.
	Incomplete []ProfilePart
}

func (p *Profile) identity() string { return p.Contact.ContactID }

func (p *Profile) field(name string) any {
	switch name {
	case "tasks":
		return &p.Tasks
	case "notes":
		return &p.Notes
	case "appointments":
		return &p.Appointments
	case "activity":
		return &p.Activity
	case "incomplete":
		return &p.Incomplete
	default:
		return p.Contact.field(name)
	}
}

// UnmarshalJSON never fails on an unknown field or a wrong type. What is unknown
// is in [Contact.Extra].
func (p *Profile) UnmarshalJSON(data []byte) error {
	return wire.Unmarshal(data, p.field, &p.Contact.extra)
}

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2.
func (p *Profile) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return wire.Decode(d, p.field, &p.Contact.extra)
}

// Profile returns a contact with its tasks, notes, appointments and activity, or
// those of the parts that are named, in one call.
func (s *Contacts) Profile(ctx context.Context, contactID string, parts []ProfilePart, opts ...CallOption) (*Profile, error) {
	if len(parts) == 0 {
		parts = []ProfilePart{PartTasks, PartNotes, PartAppointments, PartActivity}
	}
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = string(part)
	}
	query := url.Values{"include": {strings.Join(names, ",")}}
	p, err := one[Profile](ctx, s.client, request{op: operations.getContact, ids: []string{contactID}, query: query, opts: opts})
	if err != nil {
		return nil, err
	}
	for part, is := range map[ProfilePart]bool{
		PartTasks: p.Tasks != nil, PartNotes: p.Notes != nil, PartAppointments: p.Appointments != nil, PartActivity: p.Activity != nil,
	} {
		if err := present(operations.getContact, string(part), is || !slices.Contains(parts, part)); err != nil {
			return nil, err
		}
	}
	p.Tasks, p.Notes, p.Appointments, p.Activity = whole(p.Tasks), whole(p.Notes), whole(p.Appointments), whole(p.Activity)
	return p, nil
}
