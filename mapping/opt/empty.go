package opt

import "reflect"

// emptyOf is what a nil slice or map that was set on purpose is sent as. For
// everything else it is data: a value that encodes itself as null means null.
func emptyOf(v any, data []byte) []byte {
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Slice:
		if value.IsNil() && value.Type().Elem().Kind() != reflect.Uint8 {
			return []byte("[]")
		}
	case reflect.Map:
		if value.IsNil() {
			return []byte("{}")
		}
	}
	return data
}
