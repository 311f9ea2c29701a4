package spec

import "reflect"

// operand is a part of an expression that is evaluated without the expression
// engine: a field, a constant, a list of operands, or a call with operands.
type operand struct {
	typ      reflect.Type
	field    *field
	constant any
	list     []operand
	eval     any                       // a source[typ]
	boxed    func(r *run) (any, error) // eval without its type
}

func evaluated[R any](eval source[R]) operand {
	return operand{
		typ: reflect.TypeFor[R](), eval: eval,
		boxed: func(r *run) (any, error) { return eval(r) },
	}
}

// as is an operand as a source of another type, if it can be one.
func as[A any](o operand) (source[A], bool) {
	switch {
	case o.field != nil && reflect.TypeFor[A]() == anyType:
		return any(func(r *run) (any, error) { return o.field.seen(r), nil }).(source[A]), true
	case o.field != nil:
		read := reader[A](o.field)
		return read, read != nil
	case o.list != nil:
		return asList[A](o.list)
	case o.eval != nil:
		if eval, ok := o.eval.(source[A]); ok {
			return eval, true
		}
		eval, ok := any(o.boxed).(source[A])
		return eval, ok
	default:
		constant, err := argument[A](o.constant)
		return func(*run) (A, error) { return constant, nil }, err == nil
	}
}

func asList[A any](list []operand) (source[A], bool) {
	texts := make([]source[string], len(list))
	for i, element := range list {
		text, ok := as[string](element)
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	made, ok := any(func(r *run) ([]string, error) {
		values := make([]string, len(texts))
		for i, text := range texts {
			value, err := text(r)
			if err != nil {
				return nil, err
			}
			if err := r.spend(len(value)); err != nil {
				return nil, err
			}
			values[i] = value
		}
		return values, nil
	}).(source[A])
	return made, ok
}
