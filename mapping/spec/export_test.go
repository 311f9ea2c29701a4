package spec

import "go.yaml.in/yaml/v3"

// CompileExpression compiles one expression for one field of the target.
func CompileExpression[S, T any](file *File, name, text string) (*Mapper[S, T], error) {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: 1, Column: 1}
	e := &entry{file: file, name: name, key: node, node: node, expr: node, path: "people.fields." + name}
	alone := &File{
		name: file.name, lines: file.lines, tables: file.tables,
		resources: map[string]*resource{"people": {name: "people", node: node, file: file, fields: []*entry{e}}},
	}
	return Compile[S, T](alone, "people")
}
