package mapping

import "context"

// Versioned is a Mapper that says when its rules change. All records are mapped
// anew when its version is another than the one that mapped them last. A mapper
// in Go has to be told: see WithVersion.
type Versioned interface {
	Version() string
}

// WithVersion gives a mapper a version. Change it whenever the function behind
// it makes something else of the same record. A version that the mapper has by
// itself still counts: that of a default mapper which Override corrects changes
// with the library.
func WithVersion[S, T any](mapper Mapper[S, T], version string) Mapper[S, T] {
	if mapper == nil {
		return nil
	}
	whole := version
	if own := VersionOf(mapper); own != "" {
		whole = own + "+" + version
	}
	return combined[S, T]{
		version: whole, fields: fieldsOf(mapper).and(Any, version), apply: mapper.Map,
		explain: func(ctx context.Context, src S) Explanation { return Explain(ctx, mapper, src) },
	}
}

// VersionOf is the version of a mapper, or "" if it has none.
func VersionOf(mapper any) string {
	if versioned, ok := mapper.(Versioned); ok {
		return versioned.Version()
	}
	return ""
}

// versionOf is the version of what is made of two mappers: "" if neither has
// one.
func versionOf(first, second any) string {
	a, b := VersionOf(first), VersionOf(second)
	if a == "" && b == "" {
		return ""
	}
	return a + "+" + b
}
