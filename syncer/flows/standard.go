package flows

import (
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/spec"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/syncer"
)

// The names of the flows.
const (
	Contacts     = "contacts"
	Tasks        = "tasks"
	Notes        = "notes"
	Appointments = "appointments"
)

// Option is an option of Standard.
type Option func(*options)

type options struct {
	region       string
	contacts     mapping.Mapper[contacts.Contact, sendapp.ContactUpdate]
	tasks        mapping.Mapper[contacts.Task, sendapp.TaskUpdate]
	notes        mapping.Mapper[contacts.Note, sendapp.NoteUpdate]
	appointments mapping.Mapper[contacts.Appointment, sendapp.AppointmentUpdate]
	keys         map[string]string
	lag          time.Duration
	existing     syncer.ExistingPolicy
	noTasks      bool
	noNotes      bool
	directory    []spec.CustomField
}

// WithRegion sets the region, an ISO 3166-1 alpha-2 code, in which phone numbers
// in national format are read. A contact's own country goes first. Without it,
// only numbers with a country code can be used.
func WithRegion(region string) Option { return func(o *options) { o.region = region } }

// WithCustomFieldKeys names custom fields, which the Contacts API names by id
// only: the map is from id to the key at SendApp. A field that is not named has
// its id as its key.
func WithCustomFieldKeys(keys map[string]string) Option { return func(o *options) { o.keys = keys } }

// WithIndexLag says how long a change of a contact may take until searches show
// it. Deletions are inferred that much later, and sweeps of changes look back
// further. The default is 0: each inferred deletion is confirmed by a read in any
// case.
func WithIndexLag(d time.Duration) Option { return func(o *options) { o.lag = d } }

// WithExisting says what a first backfill does with contacts that SendApp holds
// already and that nobody here made; see syncer.ExistingPolicy. Their phone
// numbers and e-mail addresses are compared.
func WithExisting(policy syncer.ExistingPolicy) Option {
	return func(o *options) { o.existing = policy }
}

// naturalKeys are what identifies a contact of SendApp: its phone number, which
// is E.164 there, and its e-mail address.
func naturalKeys(c sendapp.ContactUpdate) []syncer.NaturalKey {
	return []syncer.NaturalKey{
		{Field: "phone", Value: c.Phone.Or("")},
		{Field: "email", Value: strings.ToLower(strings.TrimSpace(c.Email.Or("")))},
	}
}

// WithContactMapper replaces the mapper of contacts.
func WithContactMapper(m mapping.Mapper[contacts.Contact, sendapp.ContactUpdate]) Option {
	return func(o *options) { o.contacts = m }
}

// WithTaskMapper replaces the mapper of tasks.
func WithTaskMapper(m mapping.Mapper[contacts.Task, sendapp.TaskUpdate]) Option {
	return func(o *options) { o.tasks = m }
}

// WithNoteMapper replaces the mapper of notes.
func WithNoteMapper(m mapping.Mapper[contacts.Note, sendapp.NoteUpdate]) Option {
	return func(o *options) { o.notes = m }
}

// WithAppointments adds the flow of appointments. It needs the scopes of
// calendars; where the location's calendars can't be read or the server has no
// appointments, it is left out, which the log and the reports say. A nil mapper is
// AppointmentMapper().
func WithAppointments(m mapping.Mapper[contacts.Appointment, sendapp.AppointmentUpdate]) Option {
	return func(o *options) {
		if o.appointments = m; m == nil {
			o.appointments = AppointmentMapper()
		}
	}
}

// WithoutTasks leaves the flow of tasks out. What it copied before is not touched
// any more.
func WithoutTasks() Option { return func(o *options) { o.noTasks = true } }

// WithoutNotes leaves the flow of notes out: their sweeps cost a request for each
// contact. What it copied before is not touched any more.
func WithoutNotes() Option { return func(o *options) { o.noNotes = true } }

// Standard returns the flows from the location of one client to the account of
// the other: contacts with their tags, tasks and notes. WithoutTasks and WithoutNotes
// leave flows out, WithAppointments adds one.
func Standard(source *contacts.Client, target *sendapp.Client, opts ...Option) []syncer.Flow {
	var o options
	for _, option := range opts {
		option(&o)
	}
	if o.contacts == nil {
		o.contacts = ContactMapper(o.region, o.customKeys())
	}
	if o.tasks == nil {
		o.tasks = TaskMapper()
	}
	if o.notes == nil {
		o.notes = NoteMapper()
	}
	people := syncer.FlowConfig[contacts.Contact, sendapp.ContactUpdate]{
		Name: Contacts, Source: contactSource{source, o.lag}, Mapper: o.contacts, Target: contactTarget{target},
		Sets: []string{"tags"}, NaturalKeys: naturalKeys, Existing: o.existing,
	}.Flow()
	all := []syncer.Flow{people}
	if !o.noTasks {
		all = append(all, syncer.FlowConfig[contacts.Task, sendapp.TaskUpdate]{
			Name: Tasks, Source: taskSource{source}, Mapper: o.tasks, Target: taskTarget{target}, Parent: people,
		}.Flow())
	}
	if !o.noNotes {
		all = append(all, syncer.FlowConfig[contacts.Note, sendapp.NoteUpdate]{
			Name: Notes, Source: noteSource{source}, Mapper: o.notes, Target: noteTarget{target}, Parent: people,
		}.Flow())
	}
	if o.appointments != nil {
		all = append(all, syncer.FlowConfig[contacts.Appointment, sendapp.AppointmentUpdate]{
			Name: Appointments, Source: appointmentSource{source}, Mapper: o.appointments, Target: appointmentTarget{target},
			Parent: people, SkipIfLacking: true,
		}.Flow())
	}
	return all
}
