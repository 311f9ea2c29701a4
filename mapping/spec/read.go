package spec

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"time"
)

// source gives a value for a record.
type source[A any] = func(r *run) (A, error)

// reader returns what reads a field as an A, nil if it can't be: the field's own
// type or the one that expressions see it as. A field without a value is zero.
func reader[A any](f *field) source[A] {
	var read any
	switch any(*new(A)).(type) {
	case string:
		if f.inner.Kind() == reflect.String && f.inner != stringType {
			read = func(p any) string { return reflect.ValueOf(p).Elem().String() }
		}
	case int:
		if native(f.inner) == intType && f.inner != intType {
			read = func(p any) int { return toInt(reflect.ValueOf(p).Elem()) }
		}
	case float64:
		if native(f.inner) == floatType && f.inner != floatType {
			read = func(p any) float64 { return reflect.ValueOf(p).Elem().Float() }
		} else if native(f.inner) == intType {
			read = func(p any) float64 { return float64(toInt(reflect.ValueOf(p).Elem())) }
		}
	case bool:
		if f.inner.Kind() == reflect.Bool && f.inner != boolType {
			read = func(p any) bool { return reflect.ValueOf(p).Elem().Bool() }
		}
	case time.Time:
		if i := timeIn(f.inner); i >= 0 {
			read = func(p any) time.Time { return *reflect.ValueOf(p).Elem().Field(i).Addr().Interface().(*time.Time) }
		}
	case []string:
		if native(f.inner) == listType && f.inner != listType {
			read = func(p any) []string {
				return reflect.ValueOf(p).Elem().Convert(listType).Interface().([]string)
			}
		}
	}
	get, ok := read.(func(any) A)
	switch {
	case ok:
	case f.inner == reflect.TypeFor[A]():
		get = func(p any) A { return *p.(*A) }
	default:
		return nil
	}
	return func(r *run) (A, error) {
		if p := f.value(r.record); p != nil {
			return get(p), nil
		}
		return *new(A), nil
	}
}

func toInt(v reflect.Value) int {
	if v.CanUint() {
		return int(v.Uint())
	}
	return int(v.Int())
}

// seen is a field as an expression sees it.
func (f *field) seen(r *run) any {
	switch p := f.value(r.record).(type) {
	case nil:
		if t := native(f.inner); t != anyType {
			return reflect.Zero(t).Interface()
		}
		return nil
	case *string:
		return *p
	case *bool:
		return *p
	case *[]string:
		return *p
	default:
		return seen(reflect.ValueOf(p).Elem(), 0)
	}
}

// seen turns a Go value into one for expressions: structs and maps into maps
// with the names of JSON.
func seen(v reflect.Value, depth int) any {
	const deepest = 8
	t := v.Type()
	switch {
	case depth > deepest:
		return nil
	case t == rawType:
		return decoded(v.Bytes())
	case t == timeType:
		return v.Interface()
	case timeIn(t) >= 0:
		return v.Field(timeIn(t)).Interface()
	case v.CanInt(), v.CanUint():
		return toInt(v)
	case v.CanFloat():
		return v.Float()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Slice, reflect.Array:
		if native(t) == listType {
			return v.Convert(listType).Interface()
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = seen(v.Index(i), depth+1)
		}
		return list
	case reflect.Map:
		object := make(map[string]any, v.Len())
		for each := v.MapRange(); each.Next(); {
			if each.Key().Kind() == reflect.String {
				object[each.Key().String()] = seen(each.Value(), depth+1)
			}
		}
		return object
	case reflect.Struct:
		return seenStruct(v, depth)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return seen(v.Elem(), depth)
	default:
		return nil
	}
}

func seenStruct(v reflect.Value, depth int) any {
	addressable := reflect.New(v.Type()).Elem()
	addressable.Set(v)
	object := map[string]any{}
	for name, f := range fieldsOf(v.Type()) {
		if p := f.value(addressable); p != nil {
			object[name] = seen(reflect.ValueOf(p).Elem(), depth+1)
		}
	}
	return object
}

// decoded is JSON for expressions. A number that a float64 would alter is a
// text.
func decoded(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return plainNumbers(value)
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil && i == int64(int(i)) {
			return int(i)
		}
		if f, err := v.Float64(); err == nil && math.Abs(f) < 1<<53 {
			return f
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plainNumbers(v[name])
		}
	}
	return value
}
