package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bridgeField is the name of the field that holds the custom fields: at the
// source a list of objects with id and value, at the target a map.
const bridgeField = "customFields"

// CustomField is a custom field of the source, as its directory has it. Records
// name it by its id only.
type CustomField struct {
	ID string
	// Key is the key it has at the target if a spec keeps what it doesn't map, and
	// one of the names a spec has for it: with or without its prefix "contact.".
	Key string
	// Name is what people call it.
	Name string
}

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
}

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

// customField finds a custom field by its id, key or name.
func (c *compiler) customField(name string) (id, complaint string) {
	if _, _, ok := idAndValue(c.source[bridgeField]); !ok {
		return "", "the source has no custom fields"
	}
	if len(c.directory) == 0 {
		return name, ""
	}
	var known []string
	found := map[string]bool{}
	for _, f := range c.directory {
		switch {
		case f.ID == name:
			return name, ""
		case f.Key != "" && (f.Key == name || strings.TrimPrefix(f.Key, "contact.") == name),
			f.Name != "" && strings.EqualFold(f.Name, name):
			found[f.ID] = true
			id = f.ID
		}
		for _, n := range []string{f.Key, f.Name} {
			if n != "" {
				known = append(known, n)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Sprintf("the source has no custom field %s%s", name, didYouMean(name, known))
	case 1:
		return id, ""
	default:
		return "", fmt.Sprintf("%d custom fields of the source are called %s: name it by its key or id", len(found), name)
	}
}

// bridge compiles the custom fields.
func (c *compiler) bridge(rules *resource) *bridge {
	if rules.bridge == nil {
		return nil
	}
	b := &bridge{
		unmapped: rules.unmapped, keys: map[string]string{}, mapped: map[string]bool{},
		source: c.source[bridgeField], target: c.target[bridgeField],
	}
	id, value, ok := idAndValue(b.source)
	b.id, b.value = id, value
	if b.target == nil || b.target.inner != reflect.TypeFor[map[string]json.RawMessage]() || rules.unmapped != "" && !ok {
		path := rules.name + "." + rules.bridge.Value
		c.errs = append(c.errs, rules.file.fault(rules.bridge, path, "these records have no custom fields"))
		return nil
	}
	for _, f := range c.directory {
		if f.Key != "" {
			b.keys[f.ID] = f.Key
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
	b.mark = fingerprint(bridgeField, b.unmapped, fmt.Sprint(b.keys), fmt.Sprint(b.mapped))
	return b
}

// customRule compiles a rule for a custom field of the target.
func (c *compiler) customRule(b *bridge, declared *entry) *step {
	e := declared.clone()
	if e.empty == "" {
		e.empty = "leave" // it isn't there, as at the source
	}
	s := &step{entry: e, field: bridgeField + "." + e.name, text: e.text()}
	to := &bridgeSlot{e.name}
	id := ""
	var needs []string
	if e.form == formFrom {
		var complaint string
		if id, complaint = c.customField(e.from.Value); complaint != "" {
			c.fault(e, e.from, "%s", complaint)
			return nil
		}
		b.mapped[id] = true
		s.reads = []string{bridgeField}
		s.apply = c.customCopy(e, id, to)
	} else {
		needs = c.rule(s, to)
	}
	kind := ""
	if e.kind != nil {
		kind = e.kind.Value
	}
	s.fingerprint = fingerprint(s.field, s.text, id, kind, e.empty, fmt.Sprint(map[string]any(e.table)), fmt.Sprint(needs, c.regionFor(needs)))
	return s
}

// customCopy copies a custom field, converted or looked up.
func (c *compiler) customCopy(e *entry, id string, to slot) func(r *run) error {
	t, ok := c.tableOf(e)
	if !ok {
		return nil
	}
	if t != nil {
		rows, otherwise := c.rows(e, t, to)
		return func(r *run) error {
			value, there := r.customFields()[id]
			if !there {
				return nil
			}
			if write, ok := rows[textOf(decoded(value))]; ok {
				return write(r)
			}
			return otherwise(r)
		}
	}
	convert := customValue
	if e.kind != nil {
		convert = conversions[e.kind.Value]
	}
	return func(r *run) error {
		raw := r.customFields()[id]
		if len(raw) == 0 || string(raw) == "null" {
			return nil
		}
		value := convert(raw)
		if value == nil {
			r.warn("the custom field is not of the type that the spec says, and left out")
			return nil
		}
		if e.empty != "keep" && string(value) == `""` {
			if e.empty == "clear" {
				to.null(r)
			}
			return nil
		}
		r.bridge[e.name] = value
		return nil
	}
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
	if b.unmapped == "" || b.unmapped == "leave" {
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

// customValue is a value that a target takes: text, number, bool or a list of
// texts. Anything else, such as a file, is its JSON as a text; null is nothing.
func customValue(value json.RawMessage) json.RawMessage {
	var list []string
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil
	case value[0] == '{', value[0] == '[' && json.Unmarshal(value, &list) != nil:
		return jsonText(string(value))
	default:
		return value
	}
}

func jsonText(s string) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil {
		return nil // a text always marshals
	}
	return data
}

// conversions turn a value into one of a type; nil if it is none.
var conversions = map[string]func(json.RawMessage) json.RawMessage{
	"text": func(v json.RawMessage) json.RawMessage {
		if v[0] == '{' {
			return nil
		}
		if v[0] == '"' || v[0] == '[' {
			return jsonText(textOf(decoded(v)))
		}
		return jsonText(string(v)) // every digit of a number
	},
	"number": func(v json.RawMessage) json.RawMessage {
		text := strings.TrimSpace(textIn(v))
		var n json.Number
		if json.Unmarshal([]byte(text), &n) != nil || text == "" || text[0] == '"' || text == "null" {
			return nil
		}
		return json.RawMessage(text)
	},
	"bool": func(v json.RawMessage) json.RawMessage {
		switch strings.ToLower(strings.TrimSpace(textIn(v))) {
		case "true", "yes", "1":
			return json.RawMessage("true")
		case "false", "no", "0":
			return json.RawMessage("false")
		default:
			return nil
		}
	},
	"date": func(v json.RawMessage) json.RawMessage {
		text := strings.TrimSpace(textIn(v))
		for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02 15:04:05"} {
			if t, err := time.Parse(layout, text); err == nil {
				return jsonText(t.Format(time.DateOnly))
			}
		}
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 1e11 && ms < 1e14 {
			return jsonText(time.UnixMilli(ms).UTC().Format(time.DateOnly))
		}
		return nil
	},
	"list": func(v json.RawMessage) json.RawMessage {
		var list []string
		if v[0] == '[' {
			if json.Unmarshal(v, &list) != nil {
				return nil
			}
			return v
		}
		if v[0] == '{' {
			return nil
		}
		data, err := json.Marshal(slices.DeleteFunc([]string{textIn(v)}, func(s string) bool { return s == "" }))
		if err != nil {
			return nil
		}
		return data
	},
}

// textIn is the text of a JSON text, or the JSON itself.
func textIn(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}
