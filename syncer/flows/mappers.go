package flows

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/phone"
	"github.com/contactlink/contactlink/sendapp"
)

// PhoneRaw is the custom field that keeps a phone number which is none in E.164.
const PhoneRaw = "phone_raw"

// ContactMapper returns the default mapper of contacts. Region and keys are
// those of WithRegion and WithCustomFieldKeys. A phone number that can't be made
// E.164 is cleared at the target, so that no older number stays and is written
// to; it is kept as the custom field phone_raw, and a warning says so.
func ContactMapper(region string, keys map[string]string) mapping.Mapper[contacts.Contact, sendapp.ContactUpdate] {
	m := contactMapper{region: strings.ToUpper(region), keys: keys, phones: &phone.Cache{}}
	fingerprint, err := json.Marshal(keys) // in the order of the ids
	if err != nil {
		fingerprint = nil // a map of strings always marshals
	}
	return mapping.WithVersion(mapping.Func(m.mapContact), "1 "+m.region+" "+string(fingerprint))
}

type contactMapper struct {
	region string
	keys   map[string]string
	phones *phone.Cache
}

func (m contactMapper) mapContact(ctx context.Context, c contacts.Contact) (sendapp.ContactUpdate, error) {
	custom := m.customFields(c)
	country, region := countryOf(ctx, c.Country), m.region
	if code, ok := country.Get(); ok {
		region = code
	}
	number := opt.Null[string]()
	if c.Phone != "" {
		e164, err := m.phones.E164(c.Phone, region)
		if err == nil {
			number = opt.Set(e164)
		} else {
			custom[PhoneRaw] = text(c.Phone)
			mapping.Warn(ctx, "phone", "it can't be made E.164; it is kept as the custom field "+PhoneRaw)
		}
	}
	if c.Tags == nil {
		c.Tags = []string{}
	}
	return sendapp.ContactUpdate{
		Email: opt.OrNull(c.Email), FirstName: opt.OrNull(c.FirstName), LastName: opt.OrNull(c.LastName),
		Phone: number, CompanyName: opt.OrNull(c.CompanyName), Address1: opt.OrNull(c.Address1),
		City: opt.OrNull(c.City), State: opt.OrNull(c.State), PostalCode: opt.OrNull(c.PostalCode),
		Country: country, Website: opt.OrNull(c.Website), Timezone: timezoneOf(ctx, c.Timezone),
		DateOfBirth: dateOf(ctx, c.DateOfBirth), Source: opt.OrNull(c.Source),
		Tags: opt.Set(c.Tags), CustomFields: opt.Set(custom), DoNotDisturb: opt.Set(doNotDisturb(c.DND, c.DNDSettings)),
	}, nil
}

// text is a JSON string.
func text(s string) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil {
		return json.RawMessage(`""`) // a string always marshals
	}
	return data
}

func (m contactMapper) customFields(c contacts.Contact) map[string]json.RawMessage {
	custom := map[string]json.RawMessage{}
	for _, field := range c.CustomFields {
		key := field.ID
		if name := m.keys[field.ID]; name != "" {
			key = name
		}
		if value := customValue(field.Value); value != nil {
			custom[key] = value
		}
	}
	return custom
}

// customValue is a value that the contract takes: text, number, bool or a list
// of texts. Anything else (a file) is kept as its JSON text.
func customValue(value json.RawMessage) json.RawMessage {
	var list []string
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil
	case value[0] == '{', value[0] == '[' && json.Unmarshal(value, &list) != nil:
		return text(string(value))
	default:
		return value
	}
}

// countryOf is an ISO code. The source takes others; the target does not.
func countryOf(ctx context.Context, country string) opt.Opt[string] {
	code := strings.ToUpper(strings.TrimSpace(country))
	switch {
	case code == "":
		return opt.Null[string]()
	case len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z':
		return opt.Set(code)
	default:
		mapping.Warn(ctx, "country", "it is no ISO 3166-1 alpha-2 code, and left out")
		return opt.Null[string]()
	}
}

func timezoneOf(ctx context.Context, name string) opt.Opt[string] {
	if name == "" {
		return opt.Null[string]()
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		mapping.Warn(ctx, "timezone", "it is no IANA time zone, and left out")
		return opt.Null[string]()
	}
	return opt.Set(name)
}

// dateOf is a date. Some endpoints of the source answer a time at midnight UTC.
func dateOf(ctx context.Context, date string) opt.Opt[string] {
	if date == "" {
		return opt.Null[string]()
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, date); err == nil {
			return opt.Set(t.Format(time.DateOnly))
		}
	}
	mapping.Warn(ctx, "dateOfBirth", "it is no date, and left out")
	return opt.Null[string]()
}

// TaskMapper returns the default mapper of tasks.
func TaskMapper() mapping.Mapper[contacts.Task, sendapp.TaskUpdate] {
	return mapping.WithVersion(mapping.Func(func(ctx context.Context, t contacts.Task) (sendapp.TaskUpdate, error) {
		status := sendapp.TaskPending
		if t.Completed {
			status = sendapp.TaskCompleted
		}
		return sendapp.TaskUpdate{
			TaskTitle: opt.OrNull(t.Title), Body: opt.OrNull(t.Body), DueDate: timeOf(ctx, "dueDate", t.DueDate),
			Status: opt.Set(status), Assignee: opt.OrNull(t.AssignedTo),
		}, nil
	}), "1")
}

// NoteMapper returns the default mapper of notes.
func NoteMapper() mapping.Mapper[contacts.Note, sendapp.NoteUpdate] {
	return mapping.WithVersion(mapping.Func(func(ctx context.Context, n contacts.Note) (sendapp.NoteUpdate, error) {
		return sendapp.NoteUpdate{
			OccurredAt: timeOf(ctx, "occurredAt", n.DateAdded), Body: opt.OrNull(n.Body),
			Author: opt.OrNull(n.UserID), Pinned: opt.Set(n.Pinned),
		}, nil
	}), "1")
}

// AppointmentMapper returns the default mapper of appointments. A status that
// SendApp doesn't know is sent as new, and a warning says so.
func AppointmentMapper() mapping.Mapper[contacts.Appointment, sendapp.AppointmentUpdate] {
	return mapping.WithVersion(mapping.Func(func(ctx context.Context, a contacts.Appointment) (sendapp.AppointmentUpdate, error) {
		return sendapp.AppointmentUpdate{
			OccurredAt: timeOf(ctx, "occurredAt", a.DateAdded), Title: opt.OrNull(a.Title),
			StartTime: timeOf(ctx, "startTime", a.StartTime), EndTime: timeOf(ctx, "endTime", a.EndTime),
			Status: opt.Set(appointmentStatus(ctx, a.AppointmentStatus)), Address: opt.OrNull(a.Address),
			Notes: opt.OrNull(cmp.Or(a.Notes, a.Description)),
		}, nil
	}), "1")
}

// appointmentStatus is a status of SendApp. Answers of the Contacts API may have
// others, which are not documented.
func appointmentStatus(ctx context.Context, status string) sendapp.AppointmentStatus {
	switch known := sendapp.AppointmentStatus(status); known {
	case sendapp.AppointmentNew, sendapp.AppointmentConfirmed, sendapp.AppointmentCancelled,
		sendapp.AppointmentShowed, sendapp.AppointmentNoShow, sendapp.AppointmentInvalid:
		return known
	case "":
	default:
		mapping.Warn(ctx, "status", "it is none of SendApp's statuses, and sent as new")
	}
	return sendapp.AppointmentNew
}

func timeOf(ctx context.Context, field string, t contacts.Time) opt.Opt[sendapp.Time] {
	switch {
	case !t.Time.IsZero():
		return opt.Set(sendapp.At(t.UTC().Truncate(time.Millisecond)))
	case !t.IsZero():
		mapping.Warn(ctx, field, "it is no time, and left out")
	}
	return opt.Null[sendapp.Time]()
}
