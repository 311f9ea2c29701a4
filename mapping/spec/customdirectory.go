package spec

import (
	"fmt"
	"strings"
)

// CustomField is a custom field of the source, as its directory has it. Records
// name it by its id only.
type CustomField struct {
	ID string
	// Key is the key it has at the target if a spec keeps what it doesn't map, and
	// one of the names a spec has for it: with or without its prefix "contact.".
	Key string
	// Name is what people call it.
	Name string
	// Type is what it holds, as in the type of a rule: text, number, bool, date or
	// list. A rule without a type converts to it what can be converted. Empty: what
	// it holds is kept as it is.
	Type string
	// Options are the texts that it can be: a table that has others is a mistake.
	// Empty: anything.
	Options []string
}

// is reports whether a spec means a custom field by a key: with or without the
// prefix.
func (f *CustomField) is(key string) bool {
	return f.Key != "" && strings.EqualFold(strings.TrimPrefix(f.Key, keyPrefix), strings.TrimPrefix(key, keyPrefix))
}

const keyPrefix = "contact."

// customField finds a custom field by its id, else its key, else its name.
func (c *compiler) customField(name string) (field *CustomField, complaint string) {
	if _, _, ok := idAndValue(c.source[bridgeField]); !ok {
		return nil, "the source has no custom fields"
	}
	if len(c.directory) == 0 {
		return &CustomField{ID: name}, ""
	}
	var known []string
	for _, means := range []func(f *CustomField) bool{
		func(f *CustomField) bool { return f.ID == name },
		func(f *CustomField) bool { return f.is(name) },
		func(f *CustomField) bool { return f.Name != "" && strings.EqualFold(f.Name, name) },
	} {
		found := map[string]*CustomField{}
		for i := range c.directory {
			if f := &c.directory[i]; means(f) && found[f.ID] == nil {
				found[f.ID], field = f, f
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return c.definition(field.ID), ""
		default:
			return nil, fmt.Sprintf("%d custom fields of the source are called %s: name it by its key or id", len(found), name)
		}
	}
	for _, f := range c.directory {
		for _, n := range []string{f.Key, f.Name} {
			if n != "" {
				known = append(known, n)
			}
		}
	}
	return nil, fmt.Sprintf("the source has no custom field %s%s", name, didYouMean(name, known))
}

// definition is the first that the directory has of a custom field.
func (c *compiler) definition(id string) *CustomField {
	for i := range c.directory {
		if c.directory[i].ID == id {
			return &c.directory[i]
		}
	}
	return &CustomField{ID: id}
}
