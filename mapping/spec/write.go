package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/contactlink/contactlink/mapping/opt"
)

// slot is where a rule's value goes: a field of the target, or a custom field.
type slot interface {
	kind() reflect.Type // of the value
	place(r *run) any   // makes room for a value, and returns a pointer to it
	done(r *run)        // what place pointed to was written
	null(r *run)
	unset(r *run)
}

// fieldSlot is a field of the target. One that is no Opt knows neither null nor
// unset: both leave it as it is, zero.
type fieldSlot struct{ *field }

func (s fieldSlot) kind() reflect.Type { return s.inner }
func (fieldSlot) done(*run)            {}

func (s fieldSlot) place(r *run) any {
	p := s.at(r.made)
	switch {
	case s.opt:
		o := p.(opt.Any)
		o.MarkSet()
		return o.Pointer()
	case s.inner != s.typ:
		made := reflect.New(s.inner)
		reflect.ValueOf(p).Elem().Set(made)
		return made.Interface()
	default:
		return p
	}
}

func (s fieldSlot) null(r *run) {
	if s.opt {
		s.at(r.made).(opt.Any).MarkNull()
	}
}

func (s fieldSlot) unset(r *run) {
	if s.opt {
		s.at(r.made).(opt.Any).MarkUnset()
	}
}

// writer puts a value where p points to.
type writer[R any] = func(p any, v R) error

var errNoNumber = errors.New("the result is no number: something is divided by 0, or too large")

var errRange = errors.New("the number is out of the field's range")

// writerOf returns what writes an R as a value of another type, nil if none can.
func writerOf[R any](to reflect.Type) writer[R] {
	var write any
	switch any(*new(R)).(type) {
	case string:
		if to.Kind() == reflect.String {
			write = func(p any, v string) error { reflect.ValueOf(p).Elem().SetString(v); return nil }
		}
	case bool:
		if to.Kind() == reflect.Bool {
			write = func(p any, v bool) error { reflect.ValueOf(p).Elem().SetBool(v); return nil }
		}
	case int:
		write = intWriter(to)
	case float64:
		if to.Kind() == reflect.Float64 || to.Kind() == reflect.Float32 {
			write = func(p any, v float64) error { reflect.ValueOf(p).Elem().SetFloat(v); return nil }
		}
	case time.Time:
		if i := timeIn(to); i >= 0 {
			write = func(p any, v time.Time) error {
				into := reflect.ValueOf(p).Elem()
				into.SetZero()
				*into.Field(i).Addr().Interface().(*time.Time) = v
				return nil
			}
		}
	case []string:
		if native(to) == listType && to != listType {
			write = func(p any, v []string) error {
				reflect.ValueOf(p).Elem().Set(reflect.ValueOf(v).Convert(to))
				return nil
			}
		}
	}
	if reflect.TypeFor[R]() == to && to != anyType {
		return func(p any, v R) error { *p.(*R) = v; return nil }
	}
	if typed, ok := write.(func(any, R) error); ok && typed != nil {
		return typed
	}
	switch to {
	case rawType:
		return func(p any, v R) error { return encode(p.(*json.RawMessage), v) }
	case anyType:
		return func(p any, v R) error { *p.(*any) = v; return nil }
	default:
		return nil
	}
}

func intWriter(to reflect.Type) func(p any, v int) error {
	switch to.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(p any, v int) error {
			into := reflect.ValueOf(p).Elem()
			if into.OverflowInt(int64(v)) {
				return errRange
			}
			into.SetInt(int64(v))
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(p any, v int) error {
			into := reflect.ValueOf(p).Elem()
			if v < 0 || into.OverflowUint(uint64(v)) {
				return errRange
			}
			into.SetUint(uint64(v))
			return nil
		}
	case reflect.Float32, reflect.Float64:
		return func(p any, v int) error { reflect.ValueOf(p).Elem().SetFloat(float64(v)); return nil }
	default:
		return nil
	}
}

func encode(into *json.RawMessage, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return errors.New("the value has no JSON form")
	}
	*into = data
	return nil
}

// sink returns what puts values into a slot. An empty text and no time clear
// the field, leave it, or are kept.
func sink[R any](to slot, empty string) func(r *run, v R) error {
	write := writerOf[R](to.kind())
	if write == nil {
		return nil
	}
	isEmpty := func(R) bool { return false }
	switch f := any(&isEmpty).(type) {
	case *func(string) bool:
		*f = func(v string) bool { return v == "" }
	case *func(time.Time) bool:
		*f = time.Time.IsZero
	}
	return func(r *run, v R) error {
		if empty != "keep" && isEmpty(v) {
			if empty == "clear" {
				to.null(r)
			}
			return nil
		}
		if f, ok := any(&v).(*float64); ok && (math.IsInf(*f, 0) || math.IsNaN(*f)) {
			return errNoNumber
		}
		if err := write(to.place(r), tidy(v)); err != nil {
			to.unset(r)
			return err
		}
		to.done(r)
		return nil
	}
}

// tidy writes all times alike: in UTC and milliseconds, which is what both APIs
// can hold.
func tidy[R any](v R) R {
	if t, ok := any(&v).(*time.Time); ok {
		*t = t.UTC().Truncate(time.Millisecond)
	}
	return v
}

// dynamic is the sink of what is only known when the record is: expressions of
// mixed types.
func dynamic(to slot, empty string) func(r *run, v any) error {
	texts, bools, ints := sink[string](to, empty), sink[bool](to, empty), sink[int](to, empty)
	floats, times, lists := sink[float64](to, empty), sink[time.Time](to, empty), sink[[]string](to, empty)
	return func(r *run, v any) error {
		switch v := v.(type) {
		case nil:
			to.null(r)
			return nil
		case unsetValue:
			to.unset(r)
			return nil
		case string:
			if texts != nil {
				return texts(r, v)
			}
		case bool:
			if bools != nil {
				return bools(r, v)
			}
		case int:
			if ints != nil {
				return ints(r, v)
			}
		case float64:
			if floats != nil {
				return floats(r, v)
			}
			if ints != nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
				return ints(r, int(v))
			}
		case time.Time:
			if times != nil {
				return times(r, v)
			}
		case []string:
			if lists != nil {
				return lists(r, v)
			}
		case []any:
			if list, err := argument[[]string](v); err == nil && lists != nil {
				return lists(r, list)
			}
		}
		return other(r, to, v)
	}
}

// other writes a value that no sink is made for.
func other(r *run, to slot, v any) error {
	value := reflect.ValueOf(v)
	kind := to.kind()
	switch {
	case kind == rawType:
		if err := encode(&r.raw, v); err != nil {
			return err
		}
		*to.place(r).(*json.RawMessage) = r.raw
	case value.Type().AssignableTo(kind):
		reflect.ValueOf(to.place(r)).Elem().Set(value)
	default:
		return fmt.Errorf("the expression gives %s, but the field is %s", human(value.Type()), human(kind))
	}
	to.done(r)
	return nil
}
