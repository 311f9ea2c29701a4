package spec

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is a spec as it was read: its names and types are not checked. See Parse
// and Compile.
type File struct {
	name      string
	lines     []string
	region    string
	tables    map[string]table
	resources map[string]*resource
}

// Name is the file's name, as it stands in errors.
func (f *File) Name() string { return f.name }

// Resources are the names of the resources that the file has, in order.
func (f *File) Resources() []string { return slices.Sorted(maps.Keys(f.resources)) }

// Has reports whether the file has a resource.
func (f *File) Has(resource string) bool { return f.resources[resource] != nil }

// Unknown is the error of a resource of the file that is none of the known ones.
func (f *File) Unknown(resource string, known ...string) *Error {
	text := "there is no resource " + resource + knownOr(resource, known)
	if declared := f.resources[resource]; declared != nil {
		return f.fault(declared.node, "", text)
	}
	return &Error{File: f.name, Text: text}
}

// resource is how the records of one kind are mapped.
type resource struct {
	name     string
	node     *yaml.Node // its key
	extends  *yaml.Node // nil, or the text "default"
	when     *entry
	fields   []*entry
	custom   []*entry
	bridge   *yaml.Node // the key customFields or unmapped
	file     *File      // where bridge is
	unmapped string
}

// table maps texts to scalars.
type table map[string]any

// entry is one rule: what a field of the target is made of.
type entry struct {
	file      *File
	name      string
	key       *yaml.Node // its key in the file
	node      *yaml.Node // its value
	form      form
	expr      *yaml.Node // of formExpression
	value     any        // of formValue
	from      *yaml.Node // of formFrom
	table     table
	tableRef  *yaml.Node // the name of a table of the file
	otherwise *yaml.Node
	kind      *yaml.Node // the data type of a custom field
	empty     string
	path      string
	broken    bool // its form is wrong, which was told
}

type form uint8

const (
	formExpression form = iota
	formValue
	formFrom
)

// clone is a copy that compiling completes: a File is never changed.
func (e *entry) clone() *entry {
	c := *e
	return &c
}

// text is the rule as people wrote it, in one line.
func (e *entry) text() string {
	if e.form == formExpression {
		return strings.Join(strings.Fields(e.expr.Value), " ")
	}
	data, err := yaml.Marshal(flow(e.node))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// flow is a copy of a node that is written in one line.
func flow(n *yaml.Node) *yaml.Node {
	c := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	if n.Kind == yaml.MappingNode {
		c.Style = yaml.FlowStyle
	}
	for _, child := range n.Content {
		c.Content = append(c.Content, flow(child))
	}
	return c
}

// fault is a mistake at a node of the file.
func (f *File) fault(n *yaml.Node, path, text string) *Error {
	line, column, width := n.Line, n.Column, len([]rune(n.Value))
	if n.Kind != yaml.ScalarNode {
		width = 1
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		width += 2
	}
	return f.at(line, column, width, path, text)
}

func (f *File) at(line, column, width int, path, text string) *Error {
	if line > len(f.lines) { // what isn't there may be placed after the end
		line = len(f.lines)
		column = len([]rune(f.lines[line-1])) + 1
	}
	return &Error{
		File: f.name, Line: line, Column: column, Path: path, Text: text,
		Excerpt: excerpt(f.lines, line, column, width),
	}
}

// within is the place in the file of a part of an expression: offset characters
// into its text, which starts with token there.
func (f *File) within(n *yaml.Node, offset int, token string) (line, column int) {
	line, column = n.Line, n.Column
	start := column - 1
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		start++
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && f.starts(line, start+offset+1, token) {
		return line, start + offset + 1
	}
	// The text is spread over lines, or has escapes: the place is that of the
	// token's like-numbered occurrence.
	before := []rune(n.Value)
	skip := strings.Count(string(before[:min(offset, len(before))]), token)
	for l := line; l <= len(f.lines) && l < line+1+strings.Count(n.Value, "\n")+8; l++ {
		text, from := f.lines[l-1], 0
		if l == line {
			from = len(string([]rune(text)[:min(start, len([]rune(text)))]))
		}
		for token != "" {
			next := strings.Index(text[from:], token)
			if next < 0 {
				break
			}
			if from += next; skip == 0 {
				return l, len([]rune(text[:from])) + 1
			}
			skip--
			from += len(token)
		}
	}
	return line, column
}

func (f *File) starts(line, column int, token string) bool {
	if line < 1 || line > len(f.lines) || token == "" {
		return false
	}
	text := []rune(f.lines[line-1])
	return column >= 1 && column <= len(text) && strings.HasPrefix(string(text[column-1:]), token)
}
