package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxSize is how large a spec may be, in bytes.
	MaxSize = 1 << 20
	// maxDepth is how deep its values may nest. A right one needs five levels.
	maxDepth = 16
)

// breaks are what ends a line in YAML.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// Parse reads a spec in YAML or JSON. The name is that of its errors: that of
// the file, as a rule. The error is of type Errors and holds all mistakes of its
// form. If it is YAML or JSON at all, there is a File beside the error: whoever
// compiles that, too, learns of the mistakes in what is right by its form.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name, tables: map[string]table{}, resources: map[string]*resource{}}
	if len(data) > MaxSize {
		return nil, Errors{{File: name, Text: fmt.Sprintf("the spec is larger than %d bytes", MaxSize)}}
	}
	data = unescaped(bytes.TrimPrefix(data, []byte("\ufeff")))
	f.lines = strings.Split(breaks.Replace(string(data)), "\n")
	if !utf8.Valid(data) {
		return nil, Errors{f.encoding()}
	}
	var root, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	err := decoder.Decode(&root)
	if err == nil {
		if more := decoder.Decode(&second); more == nil {
			return nil, Errors{f.fault(&second, "", "a spec is one document: put all resources into it")}
		} else if !errors.Is(more, io.EOF) {
			err = more
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, Errors{{File: name, Text: "the spec is empty"}}
	case err != nil:
		return nil, Errors{f.syntax(err)}
	}
	p := parser{file: f}
	if !p.plain(&root, 0) {
		return nil, p.errs.Err()
	}
	p.root(root.Content[0])
	return f, p.errs.Err()
}

// hints say what is meant by the commonest errors of the YAML reader.
var hints = map[string]string{ //nolint:gosec // a token of YAML is no secret
	"did not find expected key":                              ": a line near here, or below, is indented otherwise than its neighbours",
	"mapping values are not allowed in this context":         ": a text that has a colon needs quotes",
	"found character that cannot start any token":            ": lines are indented by spaces, not tabs, and a text that starts with a sign needs quotes",
	"found incompatible YAML document":                       ": leave the line %YAML out",
	"found a tab character that violates indentation":        ": lines are indented by spaces",
	"found unexpected end of stream":                         ": a quote or a bracket is not closed",
	"did not find expected node content":                     ": a value is missing, or a text that starts with a sign needs quotes",
	"block sequence entries are not allowed in this context": ": a text that starts with - needs quotes",
	"did not find expected ',' or '}'":                       ": a brace is not closed, or a text that has braces or commas needs quotes",
	"did not find expected ',' or ']'":                       ": a bracket is not closed, or a text that has brackets or commas needs quotes",
	"could not find expected ':'":                            ": a name is followed by a colon and a space",
	"did not find expected '-' indicator":                    ": a line near here is indented otherwise than its neighbours",
	"did not find expected alphabetic or numeric character":  ": a text that starts with * or & needs quotes",
}

// encoding is the error of a text that isn't UTF-8, at its first wrong byte.
func (f *File) encoding() *Error {
	const text = "neither YAML nor JSON: it is not UTF-8 here; save the file as UTF-8"
	for i, line := range f.lines {
		for at, r := range line {
			if _, size := utf8.DecodeRuneInString(line[at:]); r == utf8.RuneError && size == 1 {
				return f.at(i+1, utf8.RuneCountInString(line[:at])+1, 1, "", text)
			}
		}
	}
	return &Error{File: f.name, Text: text}
}

var escapes = regexp.MustCompile(`\\\\|\\/|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// unescaped writes out what JSON escapes and YAML doesn't know: a solidus, and
// characters in two halves.
func unescaped(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\`)) || !json.Valid(data) {
		return data
	}
	return escapes.ReplaceAllFunc(data, func(escape []byte) []byte {
		var character string
		if string(escape) == `\\` || json.Unmarshal(slices.Concat([]byte{'"'}, escape, []byte{'"'}), &character) != nil {
			return escape
		}
		return []byte(character)
	})
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax is an error of the YAML reader, which tells the line in its text.
func (f *File) syntax(err error) *Error {
	found := syntaxLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if found == nil {
		return &Error{File: f.name, Text: "neither YAML nor JSON"}
	}
	what := "neither YAML nor JSON: " + found[2] + hints[found[2]]
	line, err := strconv.Atoi(found[1])
	if err != nil || line > len(f.lines) {
		return &Error{File: f.name, Text: what}
	}
	text := f.lines[max(line, 1)-1]
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	return f.at(max(line, 1), indent+1, len([]rune(text)), "", what)
}

// parser turns nodes into a File and collects what is wrong with them.
type parser struct {
	file *File
	errs Errors
}

// maxErrors is how many mistakes are told at once.
const maxErrors = 100

func (p *parser) fault(n *yaml.Node, path, format string, args ...any) {
	if len(p.errs) >= maxErrors {
		return
	}
	p.errs = append(p.errs, p.file.fault(n, path, fmt.Sprintf(format, args...)))
}

// plain reports whether there is nothing in a node that a spec doesn't need and
// that could make a small text a large value.
func (p *parser) plain(n *yaml.Node, depth int) bool {
	switch {
	case n.Kind == yaml.AliasNode, n.Anchor != "":
		p.fault(n, "", "anchors and aliases (& and *) are not read: write the value out, or put texts into tables")
		return false
	case n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != "!!str":
		p.fault(n, "", "tags (!) are not read: write the value as it is")
		return false
	case depth > maxDepth:
		p.fault(n, "", "values nest more than %d deep", maxDepth)
		return false
	}
	ok := true
	for _, child := range n.Content {
		ok = p.plain(child, depth+1) && ok
		if !ok && depth > maxDepth/2 {
			return false
		}
	}
	return ok
}

// members calls each for the members of a mapping whose names may be anything,
// each of them once.
func (p *parser) members(n *yaml.Node, path, what string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		p.fault(n, path, "%s is a mapping of names to values, not %s", what, kindOf(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch line, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			p.fault(key, path, "a name is a text, not %s", kindOf(key))
		case key.Value == "":
			p.fault(key, path, "a name is empty")
		case twice:
			p.fault(key, path, "%s is there twice: the first is in line %d", key.Value, line)
		default:
			seen[key.Value] = key.Line
			each(key, n.Content[i+1])
		}
	}
}

// object calls the reader of each member; others are mistakes.
func (p *parser) object(n *yaml.Node, path, what string, readers map[string]func(key, value *yaml.Node)) {
	names := make([]string, 0, len(readers))
	for name := range readers {
		names = append(names, name)
	}
	p.members(n, path, what, func(key, value *yaml.Node) {
		if read := readers[key.Value]; read != nil {
			read(key, value)
			return
		}
		p.fault(key, path, "%s has no %s%s", what, key.Value, knownOr(key.Value, names))
	})
}

// knownOr is the nearest known name, or all of them.
func knownOr(name string, known []string) string {
	if near := didYouMean(name, known); near != "" {
		return near
	}
	return ": it has " + listed(known)
}

// text reads a text that isn't empty.
func (p *parser) text(n *yaml.Node, path, what string) *yaml.Node {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || strings.TrimSpace(n.Value) == "" {
		p.fault(n, path, "%s is a text, not %s", what, kindOf(n))
		return nil
	}
	return n
}

// choice reads one of some words.
func (p *parser) choice(n *yaml.Node, path, what string, words ...string) string {
	for _, word := range words {
		if n.Kind == yaml.ScalarNode && n.Value == word {
			return word
		}
	}
	near := ""
	if len(words) > 1 {
		near = didYouMean(n.Value, words)
	}
	p.fault(n, path, "%s is %s%s", what, listedOr(words), near)
	return words[0]
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
	}
	switch n.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	default:
		if n.Value == "" {
			return "an empty text"
		}
		return "a text"
	}
}
