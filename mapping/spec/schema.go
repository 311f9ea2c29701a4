package spec

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// object is a JSON object of a schema.
type object = map[string]any

// ResourceSchema is what a Schema says of one resource. See SchemaOf.
type ResourceSchema struct {
	name   string
	source map[string]*field
	target map[string]*field
}

// SchemaOf describes a resource that is mapped from S to T.
func SchemaOf[S, T any](resource string) ResourceSchema {
	return ResourceSchema{resource, fieldsOf(reflect.TypeFor[S]()), fieldsOf(reflect.TypeFor[T]())}
}

// Schema is a JSON Schema (draft 2020-12) of specs with these resources. An
// editor that is given it completes names and marks what is wrong.
func Schema(resources ...ResourceSchema) ([]byte, error) {
	definitions := object{
		"scalar": object{"type": []string{"string", "number", "boolean", "null"}},
		"table":  object{"type": "object", "additionalProperties": ref("scalar")},
	}
	properties := object{
		"$schema": object{"type": "string"},
		"region":  object{"type": "string", "pattern": "^[A-Za-z]{2}$", "description": "The region in which national phone numbers are read, as in US."},
		"tables":  object{"type": "object", "additionalProperties": ref("table"), "description": "Tables for lookup() and for table."},
	}
	for _, r := range resources {
		properties[r.name] = r.schema(definitions)
	}
	data, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A mapping of records",
		"type": "object", "additionalProperties": false, "properties": properties, "$defs": definitions,
	}, "", "  ")
	return append(data, '\n'), err
}

func ref(definition string) object { return object{"$ref": "#/$defs/" + definition} }

func (r ResourceSchema) schema(definitions object) object {
	sources := slices.Sorted(maps.Keys(r.source))
	definitions[r.name+"Rule"] = rule(object{"enum": sources}, nil)
	fields := object{}
	for name, f := range r.target {
		if name != bridgeField {
			fields[name] = object{"$ref": "#/$defs/" + r.name + "Rule", "description": "This field is " + human(f.inner) + "."}
		}
	}
	properties := object{
		"extends": object{"const": "default", "description": "The rules of the default spec hold, but for those that are here."},
		"when":    object{"type": "string", "description": "An expression: records for which it is false are left out. Fields: " + strings.Join(sources, ", ") + "."},
		"fields":  object{"type": "object", "additionalProperties": false, "properties": fields},
	}
	if _, _, ok := idAndValue(r.source[bridgeField]); ok && r.target[bridgeField] != nil {
		custom := object{"type": object{"enum": []string{"text", "number", "bool", "date", "list"}}}
		properties["unmapped"] = object{"enum": []string{"keep", "leave", "warn", "fail"}, "description": "What to do with custom fields that have no rule."}
		properties["customFields"] = object{"type": "object", "additionalProperties": ref("customRule"), "description": "Rules by the key at the target: the key, name or id of a custom field of the source, or a mapping."}
		definitions["customRule"] = rule(object{"type": "string"}, custom)
	}
	return object{"type": "object", "additionalProperties": false, "properties": properties}
}

// rule is the schema of a rule.
func rule(from, more object) object {
	long := object{
		"expr": object{"type": "string"}, "value": ref("scalar"), "from": from,
		"table": object{"anyOf": []object{ref("table"), {"type": "string"}}}, "otherwise": ref("scalar"),
		"empty": object{"enum": []string{"clear", "leave", "keep"}},
	}
	maps.Copy(long, more)
	return object{"anyOf": []object{
		ref("scalar"), {"type": "object", "additionalProperties": false, "properties": long, "oneOf": []object{
			{"required": []string{"expr"}}, {"required": []string{"value"}}, {"required": []string{"from"}},
		}},
	}}
}
