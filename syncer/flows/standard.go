package flows

import (
	"context"
	"slices"
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
	directory    []spec.CustomField
	only         []string
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

// priority tells both clients' limiters what can wait.
func priority(ctx context.Context, lane syncer.Lane) context.Context {
	if lane == syncer.Sweep {
		return contacts.ContextWithPriority(ctx, contacts.Sweep)
	}
	return contacts.ContextWithPriority(ctx, contacts.RealTime)
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

// WithAppointmentMapper replaces the mapper of appointments.
func WithAppointmentMapper(m mapping.Mapper[contacts.Appointment, sendapp.AppointmentUpdate]) Option {
	return func(o *options) { o.appointments = m }
}

// WithOnly leaves out all flows but these: flows.WithOnly(flows.Contacts,
// flows.Tasks). The others' scopes are not needed then, see RequiredScopes.
// Contacts can't be left out, because the others belong to them.
func WithOnly(names ...string) Option { return func(o *options) { o.only = names } }

// Standard returns the flows from the location of one client to the account of
// the other: contacts with their tags, tasks, notes and appointments. Where the
// token lacks the scopes of calendars, the location has no calendar, or the server
// has no appointments, that flow is left out, which the log and the reports say.
//
// Status and metrics show how the clients' limiters stand, and the log has the
// services' trace ids.
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
	if o.appointments == nil {
		o.appointments = AppointmentMapper()
	}
	stand := func() []syncer.LimitState { return limits(source, target) }
	at := account{given: target}
	source, at.client = traced(source, target)
	people := syncer.FlowConfig[contacts.Contact, sendapp.ContactUpdate]{
		Name: Contacts, Source: contactSource{source, o.lag}, Mapper: o.contacts, Target: contactTarget{at},
		Sets: []string{"tags"}, NaturalKeys: naturalKeys, Existing: o.existing, Context: priority,
		Limits: stand,
	}.Flow()
	all := []syncer.Flow{
		people,
		syncer.FlowConfig[contacts.Task, sendapp.TaskUpdate]{
			Name: Tasks, Source: taskSource{source, newTaskFinder(source)}, Mapper: o.tasks, Target: taskTarget{at}, Parent: people, Context: priority,
		}.Flow(),
		syncer.FlowConfig[contacts.Note, sendapp.NoteUpdate]{
			Name: Notes, Source: noteSource{source}, Mapper: o.notes, Target: noteTarget{at}, Parent: people, Context: priority,
		}.Flow(),
		syncer.FlowConfig[contacts.Appointment, sendapp.AppointmentUpdate]{
			Name: Appointments, Source: appointmentSource{source}, Mapper: o.appointments, Target: appointmentTarget{at},
			Parent: people, Context: priority, SkipIfLacking: true,
		}.Flow(),
	}
	if o.only == nil {
		return all
	}
	return slices.DeleteFunc(all, func(f syncer.Flow) bool { return f.Name() != Contacts && !slices.Contains(o.only, f.Name()) })
}
