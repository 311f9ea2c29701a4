package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// walker restricts an expression to what can't run for long, notes what it
// reads, and hands the run to each function.
type walker struct {
	c     *compiler
	e     *expression
	found *problem
	whole string
	alone bool // the expression is nothing but a name
	local []string
}

func (w *walker) refuse(n ast.Node, format string, args ...any) {
	if w.found == nil {
		w.found = &problem{n.Location().From, fmt.Sprintf(format, args...)}
	}
}

func (w *walker) node(at *ast.Node, loops int) {
	switch n := (*at).(type) {
	case *ast.IdentifierNode:
		w.identifier(at, n)
	case *ast.UnaryNode:
		w.node(&n.Node, loops)
	case *ast.BinaryNode:
		if n.Operator == ".." {
			w.refuse(n, "ranges (..) are not allowed")
		}
		if n.Operator == "matches" {
			w.matches(n)
		}
		w.node(&n.Left, loops)
		w.node(&n.Right, loops)
	case *ast.ChainNode:
		w.node(&n.Node, loops)
	case *ast.MemberNode:
		w.prefix(n)
		w.node(&n.Node, loops)
		w.node(&n.Property, loops)
	case *ast.SliceNode:
		w.node(&n.Node, loops)
		if n.From != nil {
			w.node(&n.From, loops)
		}
		if n.To != nil {
			w.node(&n.To, loops)
		}
	case *ast.CallNode:
		w.call(at, n, loops)
	case *ast.BuiltinNode:
		if looping[n.Name] && loops > 0 {
			w.refuse(n, "%s is inside another function that goes through a list: only one may", n.Name)
		}
		for i := range n.Arguments {
			if looping[n.Name] && i == 1 {
				w.node(&n.Arguments[i], loops+1)
			} else {
				w.node(&n.Arguments[i], loops)
			}
		}
	case *ast.PredicateNode:
		w.node(&n.Node, loops)
	case *ast.VariableDeclaratorNode:
		w.node(&n.Value, loops)
		w.local = append(w.local, n.Name)
		w.node(&n.Expr, loops)
		w.local = w.local[:len(w.local)-1]
	case *ast.ConditionalNode:
		w.node(&n.Cond, loops)
		w.node(&n.Exp1, loops)
		w.node(&n.Exp2, loops)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			w.node(&n.Nodes[i], loops)
		}
	case *ast.MapNode:
		for i := range n.Pairs {
			w.node(&n.Pairs[i], loops)
		}
	case *ast.PairNode:
		w.node(&n.Key, loops)
		w.node(&n.Value, loops)
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.ConstantNode, *ast.PointerNode:
	default:
		w.refuse(n, "this is not allowed in a spec")
	}
}

// prefix refuses the name of a record before that of its field.
func (w *walker) prefix(n *ast.MemberNode) {
	record, ok := n.Node.(*ast.IdentifierNode)
	name, text := n.Property.(*ast.StringNode)
	if ok && text && w.c.source[record.Value] == nil && !slices.Contains(w.local, record.Value) && w.c.source[name.Value] != nil {
		w.refuse(record, "unknown name %s: a field goes by its own name: write %s", record.Value, name.Value)
	}
}

func (w *walker) identifier(at *ast.Node, n *ast.IdentifierNode) {
	switch {
	case slices.Contains(w.local, n.Value):
	case n.Value == "null":
		ast.Patch(at, &ast.NilNode{})
	case w.c.source[n.Value] != nil:
		w.read(n.Value, n.Value, w.c.source[n.Value].seen)
	case n.Value != "unset":
		w.unknown(n, n.Value)
	}
}

// read notes a field, and what the engine is given of it.
func (w *walker) read(field, name string, value func(*run) any) {
	w.e.reads = append(w.e.reads, field)
	if !slices.ContainsFunc(w.e.inputs, func(in input) bool { return in.name == name }) {
		w.e.inputs = append(w.e.inputs, input{name, value})
	}
}

// elsewhere are names that other languages have for what is called otherwise
// here.
var elsewhere = map[string]string{
	"length": "len", "size": "len", "uppercase": "upper", "toUpper": "upper", "lowercase": "lower", "toLower": "lower",
	"capitalize": "title", "substring": "truncate", "substr": "truncate", "left": "truncate", "format": "formatTime", "formatDate": "formatTime",
	"parseDate": "parseTime", "string": "text", "toString": "text", "int": "number", "float": "number", "sha256": "hash", "regex": "extract",
	"ifEmpty": "coalesce", "ifNull": "coalesce", "append": "concat", "undefined": "unset",
}

// unknown refuses a name that is neither a field nor a function.
func (w *walker) unknown(n ast.Node, name string) {
	known := append(names(w.c.source), keys(w.c.functions)...)
	known = append(known, keys(builtins)...)
	advice := didYouMean(name, append(known, "unset", "null", "isNull", "isSet"))
	if other, ok := elsewhere[nearest(name, keys(elsewhere))]; advice == "" && ok {
		advice = ": did you mean " + other + "?"
	}
	if advice == "" && w.alone {
		advice = ": a text that is the same for all records is written {value: " + name + "}"
	}
	w.refuse(n, "unknown name %s%s", name, advice)
}

func (w *walker) call(at *ast.Node, n *ast.CallNode, loops int) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		w.refuse(n, "values have no methods: call a function, as in lower(email)")
		return
	}
	name := callee.Value
	if name == "isNull" || name == "isSet" {
		w.state(at, n, name)
		return
	}
	f, ok := w.c.functions[name]
	if !ok {
		w.unknown(n.Callee, name)
		return
	}
	if len(n.Arguments) != len(f.params) && !f.many || len(n.Arguments) == 0 {
		w.refuse(n, "%s takes %s, not %d", name, arguments(f), len(n.Arguments))
		return
	}
	if f.whole() {
		w.whole = name
	}
	if f.needs != "" {
		w.e.needs = append(w.e.needs, name+" "+f.needs)
	}
	w.constants(name, n)
	for i := range n.Arguments {
		w.node(&n.Arguments[i], loops)
	}
	ast.Patch(at, &ast.CallNode{
		Callee: &ast.IdentifierNode{Value: callPrefix + name}, Arguments: append([]ast.Node{&ast.IdentifierNode{Value: runName}}, n.Arguments...),
	})
}

func arguments(f Function) string {
	switch {
	case f.many:
		return "one argument or more"
	case len(f.params) == 1:
		return "one argument"
	default:
		return fmt.Sprintf("%d arguments", len(f.params))
	}
}

// state is isNull(field) and isSet(field).
func (w *walker) state(at *ast.Node, n *ast.CallNode, name string) {
	if len(n.Arguments) == 1 {
		if f, ok := n.Arguments[0].(*ast.IdentifierNode); ok && w.c.source[f.Value] != nil {
			of := w.c.source[f.Value]
			prefix, value := nullPrefix, func(r *run) any { return of.isNull(r.record) }
			if name == "isSet" {
				prefix, value = setPrefix, func(r *run) any { return of.isSet(r.record) }
			}
			w.read(f.Value, prefix+f.Value, value)
			ast.Patch(at, &ast.IdentifierNode{Value: prefix + f.Value})
			return
		}
	}
	w.refuse(n, "%s takes the name of a field", name)
}

// constants checks the arguments that have to be known beforehand: the names of
// tables and custom fields, and patterns.
func (w *walker) constants(name string, n *ast.CallNode) {
	if name == "parseTime" || name == "formatTime" {
		w.times(n)
		return
	}
	place := map[string]int{"lookup": 0, "custom": 0, "extract": 1, "replaceMatches": 1}
	i, ok := place[name]
	if !ok || i >= len(n.Arguments) {
		return
	}
	text, ok := n.Arguments[i].(*ast.StringNode)
	if !ok {
		w.refuse(n.Arguments[i], "this argument of %s is a text in quotes", name)
		return
	}
	switch name {
	case "lookup":
		t, ok := w.c.tables[text.Value]
		if !ok {
			w.refuse(text, "there is no table %s%s", text.Value, didYouMean(text.Value, keys(w.c.tables)))
			return
		}
		w.e.needs = append(w.e.needs, "table "+text.Value+fmt.Sprint(map[string]any(t)))
	case "custom":
		w.e.reads = append(w.e.reads, bridgeField)
		field, complaint := w.c.customField(text.Value)
		if complaint != "" {
			w.refuse(text, "%s", complaint)
			return
		}
		w.c.sources[text.Value] = field.ID
		w.e.needs = append(w.e.needs, "custom "+field.ID)
	default:
		w.pattern(text)
	}
}

// times checks a layout and a time zone that are known beforehand.
func (w *walker) times(n *ast.CallNode) {
	if layout, ok := n.Arguments[1].(*ast.StringNode); ok {
		if part := unknownPart(layout.Value); part != "" {
			w.refuse(layout, "%s stands for nothing in a layout: YYYY MM DD HH mm ss are year, month, day, hour, minute and second", part)
		}
	}
	if zone, ok := n.Arguments[2].(*ast.StringNode); ok {
		if _, err := time.LoadLocation(zone.Value); err != nil {
			w.refuse(zone, "there is no time zone %s: names are those of the IANA database, as in Europe/Rome", zone.Value)
		}
	}
}

func (w *walker) matches(n *ast.BinaryNode) {
	text, ok := n.Right.(*ast.StringNode)
	if !ok {
		w.refuse(n.Right, "the pattern of matches is a text in quotes")
		return
	}
	w.pattern(text)
}

func (w *walker) pattern(text *ast.StringNode) {
	compiled, err := compilePattern(text.Value)
	if err != nil {
		w.refuse(text, "the pattern is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	w.c.patterns[text.Value] = compiled
}
