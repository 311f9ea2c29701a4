package mapping

import "strings"

// Versioned is a Mapper that says when its rules change. All records are mapped
// anew when its version is another than the one that mapped them last. A mapper
// in Go has to be told: see WithVersion.
type Versioned interface {
	Version() string
}

// WithVersion gives a mapper a version. Change it whenever the function behind
// it makes something else of the same record.
func WithVersion[S, T any](mapper Mapper[S, T], version string) Mapper[S, T] {
	if mapper == nil {
		return nil
	}
	return combined[S, T]{version, mapper.Map}
}

// VersionOf is the version of a mapper, or "" if it has none.
func VersionOf(mapper any) string {
	if versioned, ok := mapper.(Versioned); ok {
		return versioned.Version()
	}
	return ""
}

// versionOf is the version of what is made of several mappers: "" if none has
// one.
func versionOf(mappers ...any) string {
	var parts []string
	some := false
	for _, mapper := range mappers {
		version := VersionOf(mapper)
		some = some || version != ""
		parts = append(parts, version)
	}
	if !some {
		return ""
	}
	return strings.Join(parts, "+")
}
