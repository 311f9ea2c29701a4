package mapping

import (
	"maps"
	"slices"
	"strings"
)

// Fielded is a Mapper that knows its fields one by one, as one that is declared
// does (mapping/spec). When its rules change, only the fields whose fingerprint
// is another are mapped anew, and from a stored record, if that has what they
// read. Fields are named as in JSON, the members of an object "object.member";
// the field "" is the rule that leaves records out.
//
// A function in Go can't be seen through. What Override, When and WithVersion
// make of a Fielded mapper is one, with the field Any: it stands for every field,
// so that all are mapped anew when its fingerprint changes, and it reads Any, the
// whole record. What Chain makes of two is one, too.
type Fielded interface {
	// Fingerprints tells of each field a text that changes with its rule. It is nil
	// if the mapper turns out to know no fields.
	Fingerprints() map[string]string
	// Reads tells of each field which fields of the source its rule reads, by
	// their names in JSON.
	Reads() map[string][]string
}

// Any is any field: see Fielded.
const Any = "*"

// fields are what a Fielded mapper tells; nil of one that is none.
type fields struct {
	prints map[string]string
	reads  map[string][]string
}

// fieldsOf asks a mapper.
func fieldsOf(mapper any) *fields {
	fielded, ok := mapper.(Fielded)
	if !ok {
		return nil
	}
	prints := fielded.Fingerprints()
	if prints == nil {
		return nil
	}
	return &fields{maps.Clone(prints), maps.Clone(fielded.Reads())}
}

// and adds a function in Go that makes a field.
func (f *fields) and(field, mark string, reads ...string) *fields {
	if f == nil {
		return nil
	}
	f.prints[field] += "+" + mark
	f.reads[field] = union(f.reads[field], reads)
	return f
}

// then are the fields of a chain: those of the second mapper, by what the first
// one makes them of.
func (f *fields) then(second *fields) *fields {
	if f == nil || second == nil {
		return nil
	}
	chained := &fields{map[string]string{}, map[string][]string{}}
	for name, mark := range second.prints {
		chained.prints[name] = mark
		chained.reads[name] = nil
		for _, between := range slices.Sorted(maps.Keys(f.prints)) {
			if needs(second.reads[name], between) {
				chained.prints[name] += "+" + f.prints[between]
				chained.reads[name] = union(chained.reads[name], f.reads[between])
			}
		}
	}
	if mark, ok := f.prints[""]; ok {
		chained.prints[""] = mark + "+" + chained.prints[""]
		chained.reads[""] = union(f.reads[""], chained.reads[""])
	}
	return chained
}

// needs reports whether a rule that reads some fields needs one: by its name, as
// a member of it, or because either stands for all.
func needs(reads []string, field string) bool {
	return len(reads) > 0 && field == Any || field != "" && slices.ContainsFunc(reads, func(read string) bool {
		return read == Any || read == field || strings.HasPrefix(field, read+".") || strings.HasPrefix(read, field+".")
	})
}

func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}
