package flows

import (
	"context"
	"embed"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
	"github.com/contactlink/contactlink/sendapp"
)

//go:embed specs/*.yaml specs/schema.json
var specs embed.FS

// DefaultSpec is the spec, in YAML, that does what the default mapper of a flow
// does: "contacts", "tasks", "notes" or "appointments". Print it, edit it, and give
// it to ReadSpec. Of another name it is nil.
func DefaultSpec(flow string) []byte {
	data, err := specs.ReadFile("specs/" + flow + ".yaml")
	if err != nil {
		return nil
	}
	return data
}

// SpecSchema is the JSON Schema of the specs that ReadSpec reads. A spec names it
// in its first line, for editors that complete and check by it; one in JSON, as
// its member "$schema":
//
//	# yaml-language-server: $schema=schema.json
func SpecSchema() []byte {
	data, err := specs.ReadFile("specs/schema.json")
	if err != nil {
		return nil // it is embedded
	}
	return data
}

// Spec is a spec that is ready to run: a mapper for each flow that it declares,
// nil for others.
type Spec struct {
	Contacts     *spec.Mapper[contacts.Contact, sendapp.ContactUpdate]
	Tasks        *spec.Mapper[contacts.Task, sendapp.TaskUpdate]
	Notes        *spec.Mapper[contacts.Note, sendapp.NoteUpdate]
	Appointments *spec.Mapper[contacts.Appointment, sendapp.AppointmentUpdate]
}

// ReadSpec reads and checks a spec, in YAML or JSON. The name is that of its
// errors: that of the file, as a rule. Its resources are those of Standard's
// flows; `extends: default` in one means DefaultSpec. Of the options it takes
// WithRegion, WithCustomFields and WithCustomFieldKeys. The error is of type
// spec.Errors and holds all mistakes.
func ReadSpec(name string, data []byte, opts ...Option) (*Spec, error) {
	file, err := spec.Parse(name, data)
	if file == nil {
		return nil, err
	}
	var o options
	for _, option := range opts {
		option(&o)
	}
	errs, _ := errors.AsType[spec.Errors](err) // of the form; those of names and types follow
	var (
		read   Spec
		common = []spec.Option{spec.WithRegion(o.region), spec.WithFunctions(ownFunctions()...)}
	)
	common = append(common, spec.WithCustomFields(o.directory...))
	for _, id := range slices.Sorted(maps.Keys(o.keys)) {
		common = append(common, spec.WithCustomFields(spec.CustomField{ID: id, Key: o.keys[id]}))
	}
	for _, resource := range file.Resources() {
		switch resource {
		case Contacts:
			read.Contacts = compile[contacts.Contact, sendapp.ContactUpdate](file, resource, common, &errs)
		case Tasks:
			read.Tasks = compile[contacts.Task, sendapp.TaskUpdate](file, resource, common, &errs)
		case Notes:
			read.Notes = compile[contacts.Note, sendapp.NoteUpdate](file, resource, common, &errs)
		case Appointments:
			read.Appointments = compile[contacts.Appointment, sendapp.AppointmentUpdate](file, resource, common, &errs)
		default:
			errs = append(errs, file.Unknown(resource, Contacts, Tasks, Notes, Appointments))
		}
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return &read, nil
}

func compile[S, T any](file *spec.File, resource string, opts []spec.Option, errs *spec.Errors) *spec.Mapper[S, T] {
	base, err := spec.Parse("default "+resource+".yaml", DefaultSpec(resource))
	if err == nil {
		var mapper *spec.Mapper[S, T]
		if mapper, err = spec.Compile[S, T](file, resource, slices.Concat(opts, []spec.Option{spec.WithBase(base)})...); err == nil {
			return mapper
		}
	}
	if found, ok := errors.AsType[spec.Errors](err); ok {
		*errs = append(*errs, found...)
	} else {
		*errs = append(*errs, &spec.Error{File: file.Name(), Text: err.Error()})
	}
	return nil
}

// WithCustomFields tells of the location's custom fields: a spec can name them by
// key or name, and what it doesn't map goes by its key, without "contact.". Numbers,
// money, dates, options, files and text boxes are converted; see spec.CustomField.
//
//	directory, err := client.CustomFields.Directory(ctx)
//	declared, err := flows.ReadSpec(name, data, flows.WithCustomFields(directory))
//
// A key that WithCustomFieldKeys gives goes first.
func WithCustomFields(directory *contacts.FieldDirectory) Option {
	return func(o *options) {
		if directory == nil {
			return
		}
		for _, f := range directory.Fields() {
			o.directory = append(o.directory, customField(f))
		}
	}
}

// customField is a definition as a spec needs it.
func customField(f *contacts.CustomField) spec.CustomField {
	field := spec.CustomField{ID: f.ID, Key: strings.TrimPrefix(f.FieldKey, "contact."), Name: f.Name}
	switch f.DataType {
	case contacts.DataNumber, contacts.DataMoney:
		field.Type = "number"
	case contacts.DataDate:
		field.Type = "date"
	case contacts.DataCheckbox, contacts.DataMultipleOptions, contacts.DataFiles, contacts.DataTextBoxes:
		field.Type = "list"
	default: // a text, or what is not known: as it is
	}
	if !f.IsAllowedCustomOption {
		field.Options = f.PicklistOptions
	}
	return field
}

// customKeys are the keys of custom fields at SendApp, by id.
func (o *options) customKeys() map[string]string {
	if len(o.directory) == 0 {
		return o.keys
	}
	keys := map[string]string{}
	for _, f := range o.directory {
		keys[f.ID] = f.Key
	}
	maps.Copy(keys, o.keys)
	return keys
}

// WithSpec maps by a spec. Flows that it doesn't declare keep their mappers; one
// that declares appointments adds their flow, as WithAppointments does.
func WithSpec(s *Spec) Option {
	return func(o *options) {
		if s == nil {
			return
		}
		if s.Contacts != nil {
			o.contacts = s.Contacts
		}
		if s.Tasks != nil {
			o.tasks = s.Tasks
		}
		if s.Notes != nil {
			o.notes = s.Notes
		}
		if s.Appointments != nil {
			o.appointments = s.Appointments
		}
	}
}

// ownFunctions are those that only the specs of these flows have.
func ownFunctions() []spec.Function {
	return []spec.Function{
		spec.Func2("refusedChannels", "1", func(_ context.Context, dnd bool, settings contacts.DNDSettings) (map[string]opt.Opt[bool], error) {
			return doNotDisturb(dnd, settings), nil
		}),
		spec.Func1("appointmentStatus", "1", func(ctx context.Context, status string) (string, error) {
			return string(appointmentStatus(ctx, status)), nil
		}),
	}
}

// doNotDisturb says for each channel whether the contact refuses it: all of them
// under the key "all".
func doNotDisturb(dnd bool, settings contacts.DNDSettings) map[string]opt.Opt[bool] {
	channels := map[string]opt.Opt[bool]{}
	if dnd {
		channels["all"] = opt.Set(true)
	}
	for channel, setting := range settings {
		channels[strings.ToLower(channel)] = opt.Set(setting.Status == "active" || setting.Status == "permanent")
	}
	return channels
}
