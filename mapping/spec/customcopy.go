package spec

import (
	"encoding/json"
	"maps"
	"slices"
)

// customCopy copies a custom field, converted or looked up.
func (c *compiler) customCopy(e *entry, from *CustomField, to *bridgeSlot) func(r *run) error {
	t, ok := c.tableOf(e)
	if !ok {
		return nil
	}
	if t != nil {
		return c.customLookup(e, from, t, to)
	}
	convert := customValue
	switch {
	case e.kind != nil:
		convert = conversions[e.kind.Value]
	case conversions[from.Type] != nil:
		convert = func(v json.RawMessage) json.RawMessage {
			if converted := conversions[from.Type](v); converted != nil {
				return converted
			}
			return customValue(v)
		}
	}
	return func(r *run) error {
		raw := r.customFields()[from.ID]
		if len(raw) == 0 || string(raw) == "null" {
			return nil
		}
		value := convert(raw)
		if value == nil {
			r.warn("the custom field is not of the type that the spec says, and left out")
			return nil
		}
		if e.empty != "keep" && string(value) == `""` {
			if e.empty == "clear" {
				to.null(r)
			}
			return nil
		}
		r.bridge[e.name] = value
		return nil
	}
}

// customLookup looks a custom field up in a table; a list by its elements.
func (c *compiler) customLookup(e *entry, from *CustomField, t table, to *bridgeSlot) func(r *run) error {
	if len(from.Options) > 0 {
		for _, option := range slices.Sorted(maps.Keys(t)) {
			if !slices.Contains(from.Options, option) {
				c.fault(e, e.node, "the custom field %s has no option %s%s", e.from.Value, option, knownOr(option, from.Options))
			}
		}
	}
	rows, otherwise := c.rows(e, t, to)
	if rows == nil {
		return nil
	}
	one := func(r *run, value any) error {
		if write, ok := rows[textOf(value)]; ok {
			return write(r)
		}
		return otherwise(r)
	}
	return func(r *run) error {
		raw, there := r.customFields()[from.ID]
		if !there {
			return nil
		}
		value := decoded(raw)
		list, ok := value.([]any)
		if !ok {
			return one(r, value)
		}
		found := []json.RawMessage{}
		for _, element := range list {
			if err := one(r, element); err != nil {
				return err
			}
			if v := r.bridge[e.name]; v != nil && string(v) != "null" {
				found = append(found, v)
			}
			delete(r.bridge, e.name)
		}
		r.bridge[e.name] = encoded(found)
		return nil
	}
}
