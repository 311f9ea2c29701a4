package spec

import (
	"fmt"
	"maps"
	"reflect"
	"sync"

	"github.com/expr-lang/expr/conf"
	"go.yaml.in/yaml/v3"
)

// Option is an option of Compile.
type Option func(*options)

type options struct {
	base      *File
	region    string
	functions []Function
	directory []CustomField
}

// WithBase sets the spec that `extends: default` means.
func WithBase(base *File) Option { return func(o *options) { o.base = base } }

// WithRegion sets the region in which national phone numbers are read, an ISO
// 3166-1 alpha-2 code. That of the file goes first.
func WithRegion(region string) Option { return func(o *options) { o.region = region } }

// WithFunctions adds functions that the expressions may call, and may replace
// those of this package.
func WithFunctions(functions ...Function) Option {
	return func(o *options) { o.functions = append(o.functions, functions...) }
}

// WithCustomFields tells of the source's custom fields, so that a spec can name
// them by key or name. Without it they go by id.
func WithCustomFields(directory ...CustomField) Option {
	return func(o *options) { o.directory = append(o.directory, directory...) }
}

// settings are what a compiled spec needs to run.
type settings struct {
	region   string
	tables   map[string]table
	patterns map[string]*pattern
	sources  map[string]string // of custom(): its argument to the field's id
	source   map[string]*field
}

// compiler checks a resource of a file against two types.
type compiler struct {
	settings
	target    map[string]*field
	functions map[string]Function
	config    *conf.Config
	directory []CustomField
	errs      Errors
}

// step makes one field.
type step struct {
	entry       *entry
	field       string // its name in Fields
	text        string
	reads       []string
	fingerprint string
	apply       func(r *run) error
}

// Compile makes a mapper of a resource of a file. S and T are structs; a field
// of the spec is one of theirs, by its name in JSON. What the spec doesn't name
// stays unset. The error is of type Errors and holds all mistakes.
func Compile[S, T any](file *File, resource string, opts ...Option) (*Mapper[S, T], error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	c := &compiler{
		settings: settings{
			region: o.region, tables: map[string]table{}, patterns: map[string]*pattern{}, sources: map[string]string{},
		},
		directory: o.directory,
	}
	declared := file.resources[resource]
	if declared == nil {
		return nil, Errors{{File: file.name, Text: fmt.Sprintf("the spec has no resource %s%s", resource, didYouMean(resource, file.Resources()))}}
	}
	for _, t := range []reflect.Type{reflect.TypeFor[S](), reflect.TypeFor[T]()} {
		if t.Kind() != reflect.Struct {
			return nil, Errors{{File: file.name, Text: fmt.Sprintf("%s is no struct: a spec maps structs", t)}}
		}
	}
	c.source, c.target = fieldsOf(reflect.TypeFor[S]()), fieldsOf(reflect.TypeFor[T]())
	c.functions = functions()
	for _, f := range o.functions {
		if wrong := f.problem(); wrong != "" {
			return nil, Errors{{File: file.name, Text: wrong}}
		}
		c.functions[f.name] = f
	}
	rules := c.merge(file, declared, o.base)
	for _, f := range hiddenFunctions() {
		c.functions[f.name] = f
	}
	c.config = configure(c.source, c.functions)
	m := &Mapper[S, T]{resource: resource, file: file}
	if rules.when != nil {
		m.when = c.filter(rules.when)
	}
	for _, e := range rules.fields {
		if len(c.errs) >= maxErrors {
			break
		}
		if s := c.field(e); s != nil {
			m.steps = append(m.steps, s)
		}
	}
	if bridge := c.bridge(rules); bridge != nil {
		m.bridge = bridge
	}
	if err := c.errs.Err(); err != nil {
		return nil, err
	}
	shared := &shared{settings: c.settings}
	m.pool = &sync.Pool{New: func() any { return newState[S, T](shared) }}
	m.version = m.fingerprint()
	return m, nil
}

// merge lays a resource over that which it extends.
func (c *compiler) merge(file *File, declared *resource, base *File) *resource {
	merged := *declared
	var under *resource
	if declared.extends != nil {
		if base == nil || base.resources[declared.name] == nil {
			c.errs = append(c.errs, file.fault(declared.extends, declared.name+".extends", "there is no default spec of "+declared.name+" to extend"))
		} else {
			under = base.resources[declared.name]
			c.adopt(base)
		}
	}
	c.adopt(file)
	if under == nil {
		return &merged
	}
	merged.fields = overlay(under.fields, declared.fields)
	merged.custom = overlay(under.custom, declared.custom)
	if merged.when == nil {
		merged.when = under.when
	}
	if merged.unmapped == "" {
		merged.unmapped = under.unmapped
	}
	if merged.bridge == nil {
		merged.bridge, merged.file = under.bridge, under.file
	}
	return &merged
}

// adopt takes over what a file says for all its resources.
func (c *compiler) adopt(file *File) {
	if file.region != "" {
		c.region = file.region
	}
	maps.Copy(c.tables, file.tables)
}

// overlay replaces rules by those of the same name.
func overlay(under, over []*entry) []*entry {
	replaced := map[string]*entry{}
	for _, e := range over {
		replaced[e.name] = e
	}
	var all []*entry
	for _, e := range under {
		if replaced[e.name] == nil {
			all = append(all, e)
		}
	}
	return append(all, over...)
}

func (c *compiler) fault(e *entry, n *yaml.Node, format string, args ...any) {
	c.errs = append(c.errs, e.file.fault(n, e.path, fmt.Sprintf(format, args...)))
}

// filter compiles when.
func (c *compiler) filter(e *entry) *filter {
	compiled, p := c.compile(e.expr.Value)
	switch {
	case p != nil:
		c.errs = append(c.errs, p.locate(e, e.expr))
		return nil
	case compiled.typ == nil || compiled.typ.Kind() != reflect.Bool && compiled.typ != anyType:
		c.fault(e, e.expr, "when is true or false, but the expression gives %s", human(compiled.typ))
		return nil
	}
	return &filter{entry: e, expression: compiled}
}

// field compiles a rule for a field of the target.
func (c *compiler) field(declared *entry) *step {
	e := declared.clone()
	to := c.target[e.name]
	if to == nil {
		c.fault(e, e.key, "the target has no field %s%s", e.name, knownOr(e.name, names(c.target)))
		return nil
	}
	if e.broken {
		return nil
	}
	if e.empty == "" {
		e.empty = "clear"
	}
	s := &step{entry: e, field: e.name, text: e.text()}
	needs := c.rule(s, fieldSlot{to})
	s.fingerprint = fingerprint(e.name, s.text, e.empty, fmt.Sprint(map[string]any(e.table)), fmt.Sprint(needs, c.regionFor(needs)))
	return s
}

func (c *compiler) regionFor(needs []string) string {
	for _, need := range needs {
		if _, after, ok := cutLast(need); ok && after == "region" {
			return c.region
		}
	}
	return ""
}

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		if !hidden(name) {
			all = append(all, name)
		}
	}
	return all
}
