// Package opt has the type of an optional field of a request: unset, null or
// set.
//
// An update that leaves a field out, one that clears it, and one that sets it
// are three different things. A pointer can only tell two of them apart.
//
//	update := contacts.ContactUpdate{
//		Phone:   opt.Set("+15551234567"), // is changed
//		Website: opt.Null[string](),      // is cleared
//	}                                     // everything else stays as it is
//
// A field of type Opt carries the JSON tag omitzero, which leaves an unset one
// out of the request.
package opt

import (
	"bytes"
	"encoding/json"
	"fmt"
)

type state uint8

const (
	unset state = iota
	null
	set
)

// Opt is a value that is unset, null or set. The zero Opt is unset.
type Opt[T any] struct {
	value T
	state state
}

// Set returns an Opt that holds v. A nil slice is sent as [], a nil map as {}.
func Set[T any](v T) Opt[T] { return Opt[T]{value: v, state: set} }

// Null returns an Opt that is null: the field is cleared.
func Null[T any]() Opt[T] { return Opt[T]{state: null} }

// OrNull returns Set(v), or Null if v is the zero value of its type. A mirror
// wants it: what is empty at the source is cleared at the target.
func OrNull[T comparable](v T) Opt[T] {
	var zero T
	if v == zero {
		return Null[T]()
	}
	return Set(v)
}

// Get returns the value and whether there is one. It is false for unset and
// for null.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == set }

// Or returns the value, or fallback if there is none.
func (o Opt[T]) Or(fallback T) T {
	if o.state == set {
		return o.value
	}
	return fallback
}

// IsNull reports whether the field is to be cleared.
func (o Opt[T]) IsNull() bool { return o.state == null }

// IsZero reports whether the field is unset. The JSON tag omitzero asks it.
func (o Opt[T]) IsZero() bool { return o.state == unset }

// String shows the value as fmt would, "null" or "unset".
func (o Opt[T]) String() string {
	switch o.state {
	case set:
		return fmt.Sprint(o.value)
	case null:
		return "null"
	default:
		return "unset"
	}
}

// MarshalJSON writes the value, or null. An unset Opt outside a field with
// omitzero is null too: JSON has no other way to say it.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != set {
		return []byte("null"), nil
	}
	data, err := json.Marshal(o.value)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(data, []byte("null")) {
		data = emptyOf(o.value, data)
	}
	return data, nil
}

// UnmarshalJSON makes the Opt null for null, else set.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		*o = Null[T]()
		return nil
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*o = Set(v)
	return nil
}
