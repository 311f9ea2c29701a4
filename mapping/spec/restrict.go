package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// walker restricts an expression to what can't run for long, notes what it
// reads, and hands the run to each function.
type walker struct {
	c     *compiler
	e     *expression
	found *problem
	whole string
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
		if _, ok := n.Right.(*ast.StringNode); n.Operator == "matches" && !ok {
			w.refuse(n.Right, "the pattern of matches is a text in quotes")
		}
		w.node(&n.Left, loops)
		w.node(&n.Right, loops)
	case *ast.ChainNode:
		w.node(&n.Node, loops)
	case *ast.MemberNode:
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

func (w *walker) identifier(at *ast.Node, n *ast.IdentifierNode) {
	switch {
	case slices.Contains(w.local, n.Value):
	case n.Value == "null":
		ast.Patch(at, &ast.NilNode{})
	case w.c.source[n.Value] != nil:
		w.e.reads = append(w.e.reads, n.Value)
	case n.Value != "unset":
		w.unknown(n, n.Value)
	}
}

// unknown refuses a name that is neither a field nor a function.
func (w *walker) unknown(n ast.Node, name string) {
	known := append(names(w.c.source), keys(w.c.functions)...)
	known = append(known, keys(builtins)...)
	w.refuse(n, "unknown name %s%s", name, didYouMean(name, append(known, "unset", "null", "isNull", "isSet")))
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
			w.e.reads = append(w.e.reads, f.Value)
			prefix := nullPrefix
			if name == "isSet" {
				prefix = setPrefix
			}
			ast.Patch(at, &ast.IdentifierNode{Value: prefix + f.Value})
			return
		}
	}
	w.refuse(n, "%s takes the name of a field", name)
}

// constants checks the arguments that have to be known beforehand: the names of
// tables and custom fields, and patterns.
func (w *walker) constants(name string, n *ast.CallNode) {
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
		id, complaint := w.c.customField(text.Value)
		if complaint != "" {
			w.refuse(text, "%s", complaint)
			return
		}
		w.c.sources[text.Value] = id
		w.e.needs = append(w.e.needs, "custom "+id)
	default:
		pattern, err := regexp.Compile(text.Value)
		if err != nil {
			w.refuse(text, "the pattern is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			return
		}
		w.c.patterns[text.Value] = pattern
	}
}
