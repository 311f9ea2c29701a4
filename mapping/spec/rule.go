package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// rule compiles what makes a value, into a slot. It returns what the value
// depends on besides fields.
func (c *compiler) rule(s *step, to slot) (needs []string) {
	e := s.entry
	switch e.form {
	case formValue:
		s.apply = c.constant(e, to)
	case formFrom:
		s.apply = c.fieldLookup(s, to)
	case formExpression:
		if e.expr.Value == "unset" {
			s.apply = func(r *run) error { to.unset(r); return nil }
			return nil
		}
		compiled, p := c.compile(e.expr.Value)
		if p != nil {
			c.errs = append(c.errs, p.locate(e, e.expr))
			return nil
		}
		s.reads, needs = compiled.reads, compiled.needs
		s.apply = c.assign(e, compiled, to)
		if s.apply == nil {
			c.fault(e, e.expr, "%s is %s, but the expression gives %s%s", e.name, human(to.kind()), human(compiled.typ), hint(compiled, to.kind()))
		}
	}
	return needs
}

// hint says how to get from one type to another.
func hint(e *expression, to reflect.Type) string {
	want, have := native(to), anyType
	if e.typ != nil {
		have = native(e.typ)
	}
	switch {
	case want == timeType && have == stringType:
		return ": use parseTime(text, layout, zone)"
	case want == stringType && have == timeType:
		return ": use formatTime(time, layout, zone)"
	case want == stringType && have != anyType:
		return ": use text(value), or lookup, or from with a table"
	case (want == intType || want == floatType) && have == stringType:
		return ": use number(text)"
	case want == listType && have == stringType:
		return ": use split(text, separator), or [text]"
	default:
		return ""
	}
}

// constant compiles a value that is the same for all records.
func (c *compiler) constant(e *entry, to slot) func(r *run) error {
	if e.value == nil {
		return func(r *run) error { to.null(r); return nil }
	}
	write := fixedSink(to, e.value)
	if write == nil {
		c.fault(e, e.node, "%s is %s, but the constant is %s", e.name, human(to.kind()), human(reflect.TypeOf(e.value)))
	}
	return write
}

// fixedSink writes one value.
func fixedSink(to slot, value any) func(r *run) error {
	switch v := value.(type) {
	case nil:
		return func(r *run) error { to.null(r); return nil }
	case string:
		return bound(sink[string](to, "keep"), v)
	case bool:
		return bound(sink[bool](to, "keep"), v)
	case int:
		return bound(sink[int](to, "keep"), v)
	case float64:
		return bound(sink[float64](to, "keep"), v)
	default:
		return nil
	}
}

func bound[R any](write func(*run, R) error, v R) func(r *run) error {
	if write == nil {
		return nil
	}
	return func(r *run) error { return write(r, v) }
}

// fieldLookup compiles from, with or without a table.
func (c *compiler) fieldLookup(s *step, to slot) func(r *run) error {
	e := s.entry
	from := c.source[e.from.Value]
	if from == nil {
		c.fault(e, e.from, "the source has no field %s%s", e.from.Value, knownOr(e.from.Value, names(c.source)))
		return nil
	}
	s.reads = []string{from.name}
	t, ok := c.tableOf(e)
	if !ok {
		return nil
	}
	if t == nil {
		copied := c.copyOf(from, to, e.empty)
		if copied == nil {
			c.fault(e, e.from, "%s is %s, but %s is %s", e.name, human(to.kind()), from.name, human(from.inner))
		}
		return copied
	}
	key := c.key(e, from)
	rows, otherwise := c.rows(e, t, to)
	if key == nil || rows == nil {
		return nil
	}
	return func(r *run) error {
		name, err := key(r)
		if err != nil {
			return err
		}
		if write, ok := rows[name]; ok {
			return write(r)
		}
		return otherwise(r)
	}
}

// tableOf is a rule's own table, or that of the file which it names.
func (c *compiler) tableOf(e *entry) (table, bool) {
	if e.tableRef == nil {
		return e.table, true
	}
	t, ok := c.tables[e.tableRef.Value]
	if !ok {
		c.fault(e, e.tableRef, "there is no table %s%s", e.tableRef.Value, didYouMean(e.tableRef.Value, keys(c.tables)))
	}
	e.table = t
	return t, ok
}

// key reads a field as the key of a table.
func (c *compiler) key(e *entry, from *field) source[string] {
	if text := reader[string](from); text != nil {
		return text
	}
	if native(from.inner) == anyType || native(from.inner) == listType || native(from.inner) == timeType {
		c.fault(e, e.from, "a table looks up a text, a number or true or false, but %s is %s", from.name, human(from.inner))
		return nil
	}
	return func(r *run) (string, error) { return textOf(from.seen(r)), nil }
}

// rows compiles the values of a table.
func (c *compiler) rows(e *entry, t table, to slot) (rows map[string]func(*run) error, otherwise func(*run) error) {
	rows = map[string]func(*run) error{}
	for name, value := range t {
		write := fixedSink(to, value)
		if write == nil {
			c.fault(e, e.node, "%s is %s, but the table has %s for %s", e.name, human(to.kind()), human(reflect.TypeOf(value)), name)
			return nil, nil
		}
		rows[name] = write
	}
	switch {
	case e.otherwise != nil:
		otherwise = fixedSink(to, scalarOf(e.otherwise))
		if otherwise == nil {
			c.fault(e, e.otherwise, "%s is %s, but otherwise is %s", e.name, human(to.kind()), human(reflect.TypeOf(scalarOf(e.otherwise))))
			return nil, nil
		}
	case e.empty == "clear":
		otherwise = func(r *run) error { to.null(r); return nil }
	default:
		otherwise = func(r *run) error { to.unset(r); return nil }
	}
	return rows, otherwise
}

// assign puts an expression's value into a slot, nil if the types don't fit.
func (c *compiler) assign(e *entry, x *expression, to slot) func(r *run) error {
	switch {
	case x.typ == nil:
		return func(r *run) error { to.null(r); return nil }
	case x.operand != nil && x.operand.field != nil:
		return c.copyOf(x.operand.field, to, e.empty)
	case x.operand != nil:
		if direct := evaluate(x.operand, to, e.empty); direct != nil {
			return direct
		}
		if native(x.typ) == anyType && x.typ != anyType && x.typ != to.kind() {
			return nil
		}
	}
	if !fits(x.typ, to.kind()) {
		return nil
	}
	write := dynamic(to, e.empty)
	return func(r *run) error {
		value, err := x.run(r)
		if err != nil {
			return err
		}
		return write(r, value)
	}
}

// evaluate is a direct call whose result goes straight into the slot.
func evaluate(o *operand, to slot, empty string) func(r *run) error {
	for _, made := range []func(r *run) error{
		piped[string](o, to, empty), piped[bool](o, to, empty), piped[int](o, to, empty), piped[float64](o, to, empty),
		piped[time.Time](o, to, empty), piped[[]string](o, to, empty),
	} {
		if made != nil {
			return made
		}
	}
	if o.typ == to.kind() && o.boxed != nil {
		return func(r *run) error {
			value, err := o.boxed(r)
			if err != nil {
				return err
			}
			reflect.ValueOf(to.place(r)).Elem().Set(reflect.ValueOf(value))
			to.done(r)
			return nil
		}
	}
	return nil
}

func piped[R any](o *operand, to slot, empty string) func(r *run) error {
	if o.typ != reflect.TypeFor[R]() {
		return nil
	}
	from, ok := as[R](*o)
	write := sink[R](to, empty)
	if !ok || write == nil {
		return nil
	}
	return func(r *run) error {
		value, err := from(r)
		if err != nil {
			return err
		}
		return write(r, value)
	}
}

// fits reports whether a value of a type known to expressions can be one of the
// field's. What is only known later is let through.
func fits(have, want reflect.Type) bool {
	if have == anyType || want == rawType || want == anyType {
		return true
	}
	switch from, to := native(have), native(want); {
	case from == to:
		return from != anyType || have.Kind() == want.Kind() || have.Kind() == reflect.Interface
	case from == intType && to == floatType:
		return true
	case to == listType:
		return have.Kind() == reflect.Slice
	default:
		return false
	}
}

// copyOf copies a field of the source. An Opt's three states are kept as they
// are, but for an empty value whose rule says something else.
func (c *compiler) copyOf(from *field, to slot, empty string) func(r *run) error {
	copied := copied(from, to, empty)
	if copied == nil || from.inner == from.typ {
		return copied
	}
	return func(r *run) error {
		switch {
		case from.value(r.record) != nil:
			return copied(r)
		case from.isNull(r.record):
			to.null(r)
		default:
			to.unset(r)
		}
		return nil
	}
}

func copied(from *field, to slot, empty string) func(r *run) error {
	if from.inner != from.typ && empty == "clear" {
		empty = "keep" // what is set to nothing is set
	}
	switch native(from.inner) {
	case stringType:
		return moved[string](from, to, empty)
	case boolType:
		return moved[bool](from, to, empty)
	case intType:
		return moved[int](from, to, empty)
	case floatType:
		return moved[float64](from, to, empty)
	case timeType:
		return unreadable(from, moved[time.Time](from, to, empty))
	case listType:
		return lists(from, to)
	}
	if from.inner == to.kind() || to.kind() == anyType {
		return func(r *run) error {
			p := reflect.ValueOf(from.value(r.record)).Elem()
			reflect.ValueOf(to.place(r)).Elem().Set(p)
			to.done(r)
			return nil
		}
	}
	if to.kind() == rawType {
		return func(r *run) error {
			data, err := json.Marshal(from.value(r.record))
			if err != nil {
				return fmt.Errorf("%s has no JSON form", from.name)
			}
			*to.place(r).(*json.RawMessage) = data
			to.done(r)
			return nil
		}
	}
	return nil
}

func moved[R any](from *field, to slot, empty string) func(r *run) error {
	read, write := reader[R](from), sink[R](to, empty)
	if read == nil || write == nil {
		return nil
	}
	return func(r *run) error {
		value, err := read(r)
		if err != nil {
			return err
		}
		return write(r, value)
	}
}

// lists copies a list of texts; one that isn't there is empty.
func lists(from *field, to slot) func(r *run) error {
	read, write := reader[[]string](from), sink[[]string](to, "keep")
	if read == nil || write == nil {
		return nil
	}
	return func(r *run) error {
		list, err := read(r)
		if err != nil {
			return err
		}
		if list == nil {
			list = []string{}
		}
		return write(r, list)
	}
}

// unreadable warns of a text that should have been a time, which the clients'
// times keep.
func unreadable(from *field, move func(r *run) error) func(r *run) error {
	i := timeIn(from.inner)
	if i < 0 || move == nil {
		return move
	}
	type zeroer interface{ IsZero() bool }
	return func(r *run) error {
		if p := from.value(r.record); p != nil {
			inner, ok := reflect.TypeAssert[*time.Time](reflect.ValueOf(p).Elem().Field(i).Addr())
			if outer, is := p.(zeroer); ok && is && inner.IsZero() && !outer.IsZero() {
				r.warn("it is no time, and left out")
			}
		}
		return move(r)
	}
}
