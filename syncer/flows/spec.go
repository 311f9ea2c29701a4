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
// does: "contacts", "tasks" or "notes". Print it, edit it, and give it to
// ReadSpec. Of another name it is nil.
func DefaultSpec(flow string) []byte {
	data, err := specs.ReadFile("specs/" + flow + ".yaml")
	if err != nil {
		return nil
	}
	return data
}

// SpecSchema is the JSON Schema of the specs that ReadSpec reads. A spec names it
// in its first line, for editors that complete and check by it:
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
	Contacts *spec.Mapper[contacts.Contact, sendapp.ContactUpdate]
	Tasks    *spec.Mapper[contacts.Task, sendapp.TaskUpdate]
	Notes    *spec.Mapper[contacts.Note, sendapp.NoteUpdate]
}

// ReadSpec reads and checks a spec, in YAML or JSON. The name is that of its
// errors: that of the file, as a rule. Its resources are those of Standard's
// flows; `extends: default` in one means DefaultSpec. Of the options it takes
// WithRegion, WithCustomFields and WithCustomFieldKeys. The error is of type
// spec.Errors and holds all mistakes.
func ReadSpec(name string, data []byte, opts ...Option) (*Spec, error) {
	file, err := spec.Parse(name, data)
	if err != nil {
		return nil, err
	}
	var o options
	for _, option := range opts {
		option(&o)
	}
	var (
		read   Spec
		errs   spec.Errors
		common = []spec.Option{spec.WithRegion(o.region), spec.WithFunctions(refusedChannels())}
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
		default:
			errs = append(errs, file.Unknown(resource, Contacts, Tasks, Notes))
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

// WithCustomFields tells ReadSpec of the location's custom fields, so that a spec
// can name them by key or name. A key given by WithCustomFieldKeys counts, too.
func WithCustomFields(directory ...spec.CustomField) Option {
	return func(o *options) { o.directory = append(o.directory, directory...) }
}

// WithSpec maps by a spec. Flows that it doesn't declare keep their mappers.
func WithSpec(s *Spec) Option {
	return func(o *options) {
		if s.Contacts != nil {
			o.contacts = s.Contacts
		}
		if s.Tasks != nil {
			o.tasks = s.Tasks
		}
		if s.Notes != nil {
			o.notes = s.Notes
		}
	}
}

// refusedChannels is the function for doNotDisturb.
func refusedChannels() spec.Function {
	return spec.Func2("refusedChannels", "1", func(_ context.Context, dnd bool, settings contacts.DNDSettings) (map[string]opt.Opt[bool], error) {
		return doNotDisturb(dnd, settings), nil
	})
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
