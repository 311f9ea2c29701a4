package opt

// Any is how code that can't name T works with a *Opt[T]: that which knows a
// record's type by reflection only.
type Any interface {
	// Pointer returns a *T, where the value is; it is zero unless the Opt is set.
	Pointer() any
	// MarkSet, MarkNull and MarkUnset change the state. The value is that which
	// Pointer points to, or zero.
	MarkSet()
	MarkNull()
	MarkUnset()
	IsNull() bool
	IsZero() bool
}

// Pointer is part of Any.
func (o *Opt[T]) Pointer() any { return &o.value }

// MarkSet is part of Any.
func (o *Opt[T]) MarkSet() { o.state = set }

// MarkNull is part of Any.
func (o *Opt[T]) MarkNull() { *o = Null[T]() }

// MarkUnset is part of Any.
func (o *Opt[T]) MarkUnset() { *o = Opt[T]{} }
