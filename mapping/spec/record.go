package spec

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/contactlink/contactlink/mapping/opt"
)

var (
	stringType = reflect.TypeFor[string]()
	intType    = reflect.TypeFor[int]()
	floatType  = reflect.TypeFor[float64]()
	boolType   = reflect.TypeFor[bool]()
	timeType   = reflect.TypeFor[time.Time]()
	listType   = reflect.TypeFor[[]string]()
	anyType    = reflect.TypeFor[any]()
	rawType    = reflect.TypeFor[json.RawMessage]()
	optType    = reflect.TypeFor[opt.Any]()
)

// field is a field of a record's struct, named as in JSON.
type field struct {
	name  string
	index []int
	typ   reflect.Type
	inner reflect.Type // typ without Opt or pointer
	opt   bool
}

// fieldsOf lists the fields of a struct that JSON would have.
func fieldsOf(t reflect.Type) map[string]*field {
	fields := map[string]*field{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-" || f.Anonymous && name == "":
			continue
		case throughPointer(t, f.Index):
			continue
		case name == "":
			name = f.Name
		}
		made := &field{name: name, index: f.Index, typ: f.Type, inner: f.Type}
		switch {
		case reflect.PointerTo(f.Type).Implements(optType):
			made.opt = true
			made.inner = reflect.TypeOf(reflect.New(f.Type).Interface().(opt.Any).Pointer()).Elem()
		case f.Type.Kind() == reflect.Pointer:
			made.inner = f.Type.Elem()
		}
		fields[name] = made
	}
	return fields
}

// throughPointer reports whether a field is inside an embedded pointer.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// at is a pointer to the field of a struct.
func (f *field) at(record reflect.Value) any {
	if len(f.index) == 1 {
		return record.Field(f.index[0]).Addr().Interface()
	}
	return record.FieldByIndex(f.index).Addr().Interface()
}

// value is a pointer to what a field holds, nil if it is null or unset.
func (f *field) value(record reflect.Value) any {
	p := f.at(record)
	switch {
	case f.opt:
		o := p.(opt.Any)
		if o.IsZero() || o.IsNull() {
			return nil
		}
		return o.Pointer()
	case f.inner != f.typ:
		v := reflect.ValueOf(p).Elem()
		if v.IsNil() {
			return nil
		}
		return v.Interface()
	default:
		return p
	}
}

// isNull reports whether a field is there and null; a nil pointer is.
func (f *field) isNull(record reflect.Value) bool {
	if f.opt {
		return f.at(record).(opt.Any).IsNull()
	}
	return f.inner != f.typ && f.value(record) == nil
}

// isSet reports whether a field has a value; a plain one has, if it isn't zero.
func (f *field) isSet(record reflect.Value) bool {
	p := f.value(record)
	return p != nil && (f.inner != f.typ || !reflect.ValueOf(p).Elem().IsZero())
}

// timeIn is the index of the time.Time that a struct is made of, as those of
// the clients are; -1 if it is none.
func timeIn(t reflect.Type) int {
	if t.Kind() != reflect.Struct || t == timeType {
		return -1
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && f.Type == timeType {
			return i
		}
	}
	return -1
}

// native is the type that an expression sees a Go type as; any for what it
// looks into.
func native(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.String:
		return stringType
	case reflect.Bool:
		return boolType
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return intType
	case reflect.Float32, reflect.Float64:
		return floatType
	default:
	}
	switch {
	case t == timeType, timeIn(t) >= 0:
		return timeType
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String:
		return listType
	default:
		return anyType
	}
}

// names are the names of fields.
func names(fields map[string]*field) []string {
	all := make([]string, 0, len(fields))
	for name := range fields {
		all = append(all, name)
	}
	return all
}

// human is what a type is called in errors.
func human(t reflect.Type) string {
	switch {
	case t == nil:
		return "null"
	case t == timeType, timeIn(t) >= 0:
		return "a time"
	case t == anyType:
		return "any value"
	case t == rawType:
		return "a JSON value"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.String {
			return "a list of texts"
		}
		return "a list"
	default:
		return "an object"
	}
}
