package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// bridgeField is the name of the field that holds the custom fields: at the
// source a list of objects with id and value, at the target a map.
const bridgeField = "customFields"

// bridge makes the custom fields of the target.
type bridge struct {
	unmapped string
	keys     map[string]string // from id
	mapped   map[string]bool   // ids that a rule reads
	id       int               // the fields of the source's struct
	value    int
	source   *field
	target   *field
	steps    []*step
	mark     string
	file     string // where unmapped stands
	line     int
}

// keeps reports whether something is done with what no rule names.
func (b *bridge) keeps() bool { return b.unmapped != "" && b.unmapped != "leave" }

// customFields are the source's custom fields by id.
func (r *run) customFields() map[string]json.RawMessage {
	if r.custom != nil {
		return r.custom
	}
	r.custom = map[string]json.RawMessage{}
	f := r.shared.source[bridgeField]
	p := f.value(r.record)
	if p == nil {
		return r.custom
	}
	id, value, _ := idAndValue(f)
	list := reflect.ValueOf(p).Elem()
	for i := range list.Len() {
		r.custom[list.Index(i).Field(id).String()] = list.Index(i).Field(value).Bytes()
	}
	return r.custom
}

// idAndValue finds the two fields of the list's elements.
func idAndValue(f *field) (id, value int, ok bool) {
	if f == nil || f.inner.Kind() != reflect.Slice || f.inner.Elem().Kind() != reflect.Struct {
		return 0, 0, false
	}
	fields := fieldsOf(f.inner.Elem())
	i, v := fields["id"], fields["value"]
	if i == nil || v == nil || i.typ.Kind() != reflect.String || v.typ != rawType || len(i.index) != 1 || len(v.index) != 1 {
		return 0, 0, false
	}
	return i.index[0], v.index[0], true
}

// bridge compiles the custom fields.
func (c *compiler) bridge(rules *resource) *bridge {
	if rules.bridge == nil {
		return nil
	}
	b := &bridge{
		unmapped: rules.unmapped, keys: map[string]string{}, mapped: map[string]bool{},
		source: c.source[bridgeField], target: c.target[bridgeField], file: rules.file.name, line: rules.bridge.Line,
	}
	id, value, ok := idAndValue(b.source)
	b.id, b.value = id, value
	if b.target == nil || b.target.inner != reflect.TypeFor[map[string]json.RawMessage]() || rules.unmapped != "" && !ok {
		path := rules.name + "." + rules.bridge.Value
		c.errs = append(c.errs, rules.file.fault(rules.bridge, path, "these records have no custom fields"))
		return nil
	}
	if rules.unmapped == "keep" {
		for _, f := range c.directory {
			if f.Key != "" {
				b.keys[f.ID] = f.Key
			}
		}
	}
	for _, e := range rules.custom {
		if len(c.errs) >= maxErrors {
			break
		}
		if s := c.customRule(b, e); s != nil {
			b.steps = append(b.steps, s)
		}
	}
	if !b.keeps() {
		clear(b.mapped)
	}
	b.mark = fingerprint(bridgeField, b.unmapped, fmt.Sprint(b.keys), fmt.Sprint(b.mapped))
	return b
}

// customRule compiles a rule for a custom field of the target.
func (c *compiler) customRule(b *bridge, declared *entry) *step {
	if declared.broken {
		return nil
	}
	e := declared.clone()
	if e.empty == "" {
		e.empty = "leave" // it isn't there, as at the source
	}
	s := &step{entry: e, field: bridgeField + "." + e.name, text: e.text()}
	to := &bridgeSlot{e.name}
	var needs []string
	from := &CustomField{}
	if e.form == formFrom {
		var complaint string
		if from, complaint = c.customField(e.from.Value); complaint != "" {
			c.fault(e, e.from, "%s", complaint)
			return nil
		}
		b.mapped[from.ID] = true
		s.reads = []string{bridgeField}
		s.apply = c.customCopy(e, from, to)
	} else {
		needs = c.rule(s, to)
	}
	s.fingerprint = fingerprint(s.field, s.text, from.ID, from.Type, e.empty, fmt.Sprint(map[string]any(e.table)), fmt.Sprint(needs, c.regionFor(needs)))
	return s
}

// fill makes the target's custom fields of a record.
func (b *bridge) fill(r *run) error {
	r.field = bridgeField
	r.bridge = map[string]json.RawMessage{}
	if err := b.keep(r); err != nil {
		return err
	}
	for _, s := range b.steps {
		if err := s.run(r); err != nil {
			return err
		}
	}
	place := fieldSlot{b.target}.place(r)
	*place.(*map[string]json.RawMessage) = r.bridge
	return nil
}

// keep does with the custom fields that no rule names what unmapped says.
func (b *bridge) keep(r *run) error {
	if !b.keeps() {
		return nil
	}
	p := b.source.value(r.record)
	if p == nil {
		return nil
	}
	list := reflect.ValueOf(p).Elem()
	for i := range list.Len() {
		element := list.Index(i)
		id := element.Field(b.id).String()
		if b.mapped[id] {
			continue
		}
		switch b.unmapped {
		case "warn":
			r.warn("the custom field " + id + " is not mapped, and left out")
		case "fail":
			return fmt.Errorf("the custom field %s is not mapped, and unmapped says fail", id)
		default:
			key := id
			if known := b.keys[id]; known != "" {
				key = known
			}
			if value := customValue(element.Field(b.value).Bytes()); value != nil {
				r.bridge[key] = value
			}
		}
	}
	return nil
}

// bridgeSlot is a custom field of the target.
type bridgeSlot struct{ key string }

func (*bridgeSlot) kind() reflect.Type { return rawType }
func (*bridgeSlot) place(r *run) any   { r.raw = nil; return &r.raw }
func (s *bridgeSlot) done(r *run)      { r.bridge[s.key] = r.raw }
func (s *bridgeSlot) null(r *run)      { r.bridge[s.key] = json.RawMessage("null") }
func (s *bridgeSlot) unset(r *run)     { delete(r.bridge, s.key) }
