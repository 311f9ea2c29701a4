package opt

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
)

// EncodeValues writes the value as a query parameter: a time and whatever else
// has a text form in that form, a slice as one parameter for each element. Null
// is an empty parameter. The package github.com/google/go-querystring calls it.
func (o Opt[T]) EncodeValues(key string, values *url.Values) error {
	switch o.state {
	case set:
		return add(values, key, o.value)
	case null:
		values.Set(key, "")
	case unset:
	}
	return nil
}

func add(values *url.Values, key string, value any) error {
	if formed, ok := value.(encoding.TextMarshaler); ok {
		text, err := formed.MarshalText()
		if err != nil {
			return fmt.Errorf("opt: query parameter %s: %w", key, err)
		}
		values.Add(key, string(text))
		return nil
	}
	if list := reflect.ValueOf(value); list.Kind() == reflect.Slice {
		for i := range list.Len() {
			if err := add(values, key, list.Index(i).Interface()); err != nil {
				return err
			}
		}
		return nil
	}
	values.Add(key, fmt.Sprint(value))
	return nil
}
