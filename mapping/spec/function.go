package spec

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
)

// Function is a function that expressions may call. Make one with Func1, Func2
// or Func3, and pass it to Compile by WithFunctions. It has to be pure: the same
// arguments give the same result.
//
// Arguments and results are texts, whole and other numbers, true or false, times
// and lists of texts as Go has them: string, int, float64, bool, time.Time and
// []string. A function of other types takes whole fields of the source, and
// makes whole fields of the target: a rule that calls it does nothing else. An
// absent value is the zero value. A panic is the record's error.
type Function struct {
	name   string
	doc    string
	params []reflect.Type
	many   bool // the last parameter may be repeated
	result reflect.Type
	// call is what expressions call.
	call func(r *run, args []any) (any, error)
	// direct returns what calls the function without an expression.
	direct func(args []operand) (operand, bool)
	// needs names what else than its arguments the result depends on: "region".
	needs string
	// absent says that there is no Go function behind it.
	absent bool
}

// callable is what the names of functions are like.
var callable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// words are names with a meaning of their own in expressions.
var words = []string{
	"and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "let", "if", "else", "true", "false", "nil", "null",
	"unset", "isNull", "isSet",
}

// problem says what is wrong with a function, "" if nothing is.
func (f Function) problem() string {
	switch {
	case !callable.MatchString(f.name):
		return fmt.Sprintf("a function can't be called %q: a name has letters, digits and _", f.name)
	case builtins[f.name] || slices.Contains(words, f.name):
		return fmt.Sprintf("a function can't be called %s: it means something else in expressions", f.name)
	case f.absent || f.call == nil:
		return fmt.Sprintf("the function %s is nil", f.name)
	default:
		return ""
	}
}

// Name is the name that expressions call it by.
func (f Function) Name() string { return f.name }

// Func1 is a function of one argument. An error is that of the record; it should
// hold no values. Bump version when the function makes something else: it
// belongs to the fingerprint of each field that calls it.
func Func1[A, R any](name, version string, f func(ctx context.Context, a A) (R, error)) Function {
	made := fn1(name, "", func(r *run, a A) (result R, err error) {
		defer recovered(name, &err)
		return f(r.ctx, a)
	})
	made.needs, made.absent = version, f == nil
	return made
}

// Func2 is a function of two arguments. See Func1.
func Func2[A, B, R any](name, version string, f func(ctx context.Context, a A, b B) (R, error)) Function {
	made := fn2(name, "", func(r *run, a A, b B) (result R, err error) {
		defer recovered(name, &err)
		return f(r.ctx, a, b)
	})
	made.needs, made.absent = version, f == nil
	return made
}

// Func3 is a function of three arguments. See Func1.
func Func3[A, B, C, R any](name, version string, f func(ctx context.Context, a A, b B, c C) (R, error)) Function {
	made := fn3(name, "", func(r *run, a A, b B, c C) (result R, err error) {
		defer recovered(name, &err)
		return f(r.ctx, a, b, c)
	})
	made.needs, made.absent = version, f == nil
	return made
}

// recovered turns a panic of a user's function into an error, without the values
// that it may hold.
func recovered(name string, err *error) {
	switch p := recover().(type) {
	case nil:
	case runtime.Error:
		*err = fmt.Errorf("the function %s panicked: %w", name, p)
	default:
		*err = fmt.Errorf("the function %s panicked with a %T", name, p)
	}
}

func fn1[A, R any](name, doc string, f func(*run, A) (R, error)) Function {
	return Function{
		name: name, doc: doc, params: []reflect.Type{reflect.TypeFor[A]()}, result: reflect.TypeFor[R](),
		call: func(r *run, args []any) (any, error) {
			a, err := argument[A](args[0])
			if err != nil {
				return nil, err
			}
			return f(r, a)
		},
		direct: func(args []operand) (operand, bool) {
			a, ok := as[A](args[0])
			if !ok {
				return operand{}, false
			}
			return evaluated(func(r *run) (result R, err error) {
				x, err := a(r)
				if err != nil {
					return result, err
				}
				return f(r, x)
			}), true
		},
	}
}

func fn2[A, B, R any](name, doc string, f func(*run, A, B) (R, error)) Function {
	return Function{
		name: name, doc: doc, result: reflect.TypeFor[R](),
		params: []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B]()},
		call: func(r *run, args []any) (any, error) {
			a, err := argument[A](args[0])
			if err != nil {
				return nil, err
			}
			b, err := argument[B](args[1])
			if err != nil {
				return nil, err
			}
			return f(r, a, b)
		},
		direct: func(args []operand) (operand, bool) {
			a, okA := as[A](args[0])
			b, okB := as[B](args[1])
			if !okA || !okB {
				return operand{}, false
			}
			return evaluated(func(r *run) (result R, err error) {
				x, err := a(r)
				if err != nil {
					return result, err
				}
				y, err := b(r)
				if err != nil {
					return result, err
				}
				return f(r, x, y)
			}), true
		},
	}
}

func fn3[A, B, C, R any](name, doc string, f func(*run, A, B, C) (R, error)) Function {
	return Function{
		name: name, doc: doc, result: reflect.TypeFor[R](),
		params: []reflect.Type{reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]()},
		call: func(r *run, args []any) (any, error) {
			a, err := argument[A](args[0])
			if err != nil {
				return nil, err
			}
			b, err := argument[B](args[1])
			if err != nil {
				return nil, err
			}
			c, err := argument[C](args[2])
			if err != nil {
				return nil, err
			}
			return f(r, a, b, c)
		},
		direct: func(args []operand) (operand, bool) {
			a, okA := as[A](args[0])
			b, okB := as[B](args[1])
			c, okC := as[C](args[2])
			if !okA || !okB || !okC {
				return operand{}, false
			}
			return evaluated(func(r *run) (result R, err error) {
				x, err := a(r)
				if err != nil {
					return result, err
				}
				y, err := b(r)
				if err != nil {
					return result, err
				}
				z, err := c(r)
				if err != nil {
					return result, err
				}
				return f(r, x, y, z)
			}), true
		},
	}
}

// first is the function of texts that returns the first that isn't empty.
func first(name, doc string) Function {
	return Function{
		name: name, doc: doc, params: []reflect.Type{stringType}, many: true, result: stringType,
		call: func(_ *run, args []any) (any, error) {
			for _, arg := range args {
				if text, err := argument[string](arg); err != nil || text != "" {
					return text, err
				}
			}
			return "", nil
		},
		direct: func(args []operand) (operand, bool) {
			texts := make([]source[string], len(args))
			for i, arg := range args {
				text, ok := as[string](arg)
				if !ok {
					return operand{}, false
				}
				texts[i] = text
			}
			return evaluated(func(r *run) (string, error) {
				for _, text := range texts {
					if value, err := text(r); err != nil || value != "" {
						return value, err
					}
				}
				return "", nil
			}), true
		},
	}
}

// whole reports whether a function works on whole fields only.
func (f Function) whole() bool {
	for _, t := range f.params {
		if native(t) == anyType && t != anyType {
			return true
		}
	}
	return native(f.result) == anyType && f.result != anyType
}

// signature is the function's type for the checker of expressions, as a nil
// pointer. What comes first is the run. A list is checked later: the checker
// takes ['a'] for a list of anything.
func (f Function) signature() any {
	in := []reflect.Type{anyType}
	for _, t := range f.params {
		if t = native(t); t == listType {
			t = anyType
		}
		in = append(in, t)
	}
	if f.many {
		in[len(in)-1] = reflect.SliceOf(in[len(in)-1])
	}
	return reflect.New(reflect.FuncOf(in, []reflect.Type{native(f.result)}, f.many)).Interface()
}

// argument is a value from an expression as a parameter's type.
func argument[A any](value any) (A, error) {
	var none A
	switch v := value.(type) {
	case nil, unsetValue:
		return none, nil
	case A:
		return v, nil
	case int:
		if f, ok := any(float64(v)).(A); ok {
			return f, nil
		}
	case []any:
		list := make([]string, len(v))
		for i, element := range v {
			text, err := argument[string](element)
			if err != nil {
				return none, err
			}
			list[i] = text
		}
		if l, ok := any(list).(A); ok {
			return l, nil
		}
	}
	return none, fmt.Errorf("an argument is %s, not %s", human(reflect.TypeOf(value)), human(reflect.TypeFor[A]()))
}
