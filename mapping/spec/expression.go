package spec

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	exprc "github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	exprp "github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v3"
)

// Names that expressions contain without having been written.
const (
	runName    = "·run"
	callPrefix = "·" // of the name of a called function, which a field may have too
	nullPrefix = "·null·"
	setPrefix  = "·set·"
)

// builtins are the functions of the expression language itself that a spec may
// call. None of them can loop for longer than its list is.
var builtins = map[string]bool{
	"all": true, "none": true, "any": true, "one": true, "filter": true, "map": true, "count": true,
	"len": true, "abs": true, "ceil": true, "floor": true, "round": true, "min": true, "max": true, "sum": true,
}

// looping are those that call their second argument for each element.
var looping = map[string]bool{
	"all": true, "none": true, "any": true, "one": true, "filter": true, "map": true, "count": true, "sum": true,
}

// expression is a compiled expression.
type expression struct {
	reads   []string     // fields of the source
	inputs  []input      // what of them the engine is given
	needs   []string     // what else it depends on
	typ     reflect.Type // nil is null
	operand *operand     // nil, or what does without the engine
	program *vm.Program
}

// input is a name that the engine looks up: a field, or the state of one.
type input struct {
	name  string
	value func(r *run) any
}

// run evaluates by the engine.
func (e *expression) run(r *run) (any, error) {
	if e.operand != nil {
		return e.operand.boxed(r)
	}
	for _, in := range e.inputs {
		if _, ok := r.env[in.name]; !ok {
			r.env[in.name] = in.value(r)
		}
	}
	r.vm.MemoryBudget = maxMemory
	r.env[runName] = r
	value, err := r.vm.Run(e.program, r.env)
	if own, ok := errors.AsType[*callError](err); ok {
		return nil, own.err
	}
	if failed, ok := errors.AsType[*file.Error](err); ok {
		return nil, errors.New(friendly(failed.Message)) // without its excerpt
	}
	return value, err
}

// callError is the error of a called function, which the engine wraps in its own.
type callError struct{ err error }

func (e *callError) Error() string { return e.err.Error() }

// configure prepares the checker of expressions for a source and functions.
func configure(source map[string]*field, functions map[string]Function) *conf.Config {
	env := types.Map{runName: types.Any, "unset": types.Any}
	for name, f := range source {
		if t := native(f.inner); t == anyType {
			env[name] = types.Any
		} else {
			env[name] = types.TypeOf(reflect.Zero(t).Interface())
		}
		env[nullPrefix+name], env[setPrefix+name] = types.Bool, types.Bool
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	expr.Env(env)(config)
	for name := range config.Builtins {
		if !builtins[name] {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	for name, f := range functions {
		expr.Function(callPrefix+name, func(args ...any) (any, error) {
			r, ok := args[0].(*run)
			if !ok {
				return nil, errors.New("the function has no record")
			}
			value, err := f.call(r, args[1:])
			if err != nil {
				return nil, &callError{err}
			}
			return value, nil
		}, f.signature())(config)
	}
	return config
}

// problem is a mistake at a place of an expression's text, in characters.
type problem struct {
	at   int
	text string
}

// compile reads and checks an expression.
func (c *compiler) compile(text string) (*expression, *problem) {
	if len(text) > maxExpression {
		return nil, &problem{0, fmt.Sprintf("the expression is longer than %d bytes: put texts into tables, and parts into functions", maxExpression)}
	}
	if strings.HasPrefix(text, "{{") {
		return nil, &problem{0, noBraces}
	}
	tree, err := exprp.ParseWithConfig(text, c.config)
	if err != nil {
		return nil, c.problem(err)
	}
	w := &walker{c: c, e: &expression{}}
	_, w.alone = tree.Node.(*ast.IdentifierNode)
	w.node(&tree.Node, 0)
	if w.found != nil {
		return nil, w.found
	}
	if _, err := checker.Check(tree, c.config); err != nil {
		return nil, c.problem(err)
	}
	bounds := &bounder{}
	ast.Walk(&tree.Node, bounds)
	if bounds.changed {
		if _, err := checker.Check(tree, c.config); err != nil {
			return nil, c.problem(err)
		}
	}
	e := w.e
	slices.Sort(e.reads)
	e.reads = slices.Compact(e.reads)
	slices.Sort(e.needs)
	e.needs = slices.Compact(e.needs)
	if _, null := tree.Node.(*ast.NilNode); !null {
		e.typ = tree.Node.Type()
	}
	lists := &listChecker{c: c}
	ast.Walk(&tree.Node, lists)
	if lists.found != nil {
		return nil, lists.found
	}
	if o, ok := c.direct(tree.Node); ok && e.typ != nil {
		e.operand = &o
		if o.typ != nil {
			e.typ = o.typ
		}
		return e, nil
	}
	if w.whole != "" {
		return nil, &problem{0, w.whole + " works on whole fields: the rule is one call of it, with fields as its arguments"}
	}
	e.program, err = exprc.Compile(tree, c.config)
	if err != nil {
		return nil, c.problem(err)
	}
	return e, nil
}

// listChecker checks arguments that are lists, which the checker of expressions
// takes for anything.
type listChecker struct {
	c     *compiler
	found *problem
}

func (l *listChecker) Visit(at *ast.Node) {
	call, ok := (*at).(*ast.CallNode)
	if !ok || l.found != nil {
		return
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	name := strings.TrimPrefix(callee.Value, callPrefix)
	f, ok := l.c.functions[name]
	if !ok {
		return
	}
	for i, want := range f.params {
		arg := call.Arguments[i+1]
		if t := arg.Type(); want == listType && t.Kind() != reflect.Slice && t.Kind() != reflect.Interface {
			l.found = &problem{arg.Location().From, fmt.Sprintf("%s takes a list of texts here, not %s: write [%s]", name, human(t), arg.String())}
		}
	}
}

// direct turns an expression into what does without the engine, if it is made of
// fields, constants, lists and calls of the spec's own functions.
func (c *compiler) direct(n ast.Node) (operand, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if f := c.source[n.Value]; f != nil {
			return operand{typ: f.inner, field: f, boxed: func(r *run) (any, error) { return f.seen(r), nil }}, true
		}
	case *ast.StringNode:
		return fixed(n.Value), true
	case *ast.IntegerNode:
		return fixed(n.Value), true
	case *ast.FloatNode:
		return fixed(n.Value), true
	case *ast.BoolNode:
		return fixed(n.Value), true
	case *ast.ArrayNode:
		list := make([]operand, len(n.Nodes))
		for i, element := range n.Nodes {
			o, ok := c.direct(element)
			if !ok {
				return operand{}, false
			}
			list[i] = o
		}
		made, ok := asList[[]string](list)
		return operand{typ: listType, list: list, eval: made, boxed: func(r *run) (any, error) { return made(r) }}, ok && len(list) > 0
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			return operand{}, false
		}
		name := strings.TrimPrefix(callee.Value, callPrefix)
		if name == heldName {
			return c.direct(n.Arguments[1]) // what is made of it without the engine counts it
		}
		f, known := c.functions[name]
		if !known {
			return operand{}, false
		}
		args := make([]operand, len(n.Arguments)-1)
		for i, arg := range n.Arguments[1:] {
			if args[i], ok = c.direct(arg); !ok {
				return operand{}, false
			}
		}
		return f.direct(args)
	}
	return operand{}, false
}

func fixed(value any) operand {
	return operand{typ: reflect.TypeOf(value), constant: value, boxed: func(*run) (any, error) { return value, nil }}
}

// problem is an error of the expression language in our words.
func (c *compiler) problem(err error) *problem {
	failed, ok := errors.AsType[*file.Error](err)
	if !ok {
		return &problem{0, friendly(strings.SplitN(err.Error(), "\n", 2)[0])}
	}
	text := friendly(failed.Message)
	return &problem{failed.From, text}
}

var goNames = []struct {
	pattern *regexp.Regexp
	human   string
}{
	{regexp.MustCompile(`\[\](string|interface \{\})`), "list"},
	{regexp.MustCompile(`map\[string\](interface \{\}|any)`), "object"},
	{regexp.MustCompile(`interface \{\}|<nil>|\bnil\b`), "null"},
	{regexp.MustCompile(`\btime\.Time\b`), "time"},
	{regexp.MustCompile(`\bstring\b`), "text"},
	{regexp.MustCompile(`\b(int|int64)\b`), "whole number"},
	{regexp.MustCompile(`\bfloat64\b`), "number"},
	{regexp.MustCompile(`\b(bool|boolean)\b`), "true or false"},
	{regexp.MustCompile(`token EOF`), "end"},
	{regexp.MustCompile(`unexpected token Operator\("="\)`), "unexpected =: two of them (==) compare"},
	{regexp.MustCompile(`unexpected token Operator\("&+"\)`), "unexpected &: write and"},
	{regexp.MustCompile(`unexpected token \w+\("(.*)"\)`), "unexpected $1"},
	{
		regexp.MustCompile(`(invalid operation: (?:\|\||or|&&|and) \(mismatched types .*\))`),
		`$1: only true and false go with it: compare, as in email != "", or use coalesce(a, b)`,
	},
	{regexp.MustCompile(`literal not terminated`), "a text in quotes doesn't end"},
	{regexp.MustCompile(`cannot use (.+) as argument \(type (.+)\) to call (\S+)\s*`), "$3 takes $2 here, not $1"},
	{regexp.MustCompile(`compilation failed: expression exceeds maximum allowed nodes`), "the expression has more parts than allowed"},
	{regexp.MustCompile(`invalid integer literal: .*`), "the whole number is too large"},
	{regexp.MustCompile(`runtime error: integer divide by zero`), "a number is divided by 0"},
	{regexp.MustCompile(`(runtime error: )?index out of range.*`), "the list or text has nothing at this place"},
}

// friendly says the names of Go's types as people do.
func friendly(message string) string {
	message = strings.ReplaceAll(message, callPrefix, "")
	for _, name := range goNames {
		message = name.pattern.ReplaceAllString(message, name.human)
	}
	return message
}

// locate turns a problem into an error of the file.
func (p *problem) locate(e *entry, n *yaml.Node) *Error {
	text := []rune(n.Value)
	at := min(p.at, len(text))
	end := at
	for end < len(text) && (text[end] == '_' || unicode.IsLetter(text[end]) || unicode.IsDigit(text[end])) {
		end++
	}
	if end == at && at < len(text) {
		end++
		if quote := text[at]; quote == '"' || quote == '\'' { // all of a text, if it ends in this line
			if length := slices.Index(text[end:], quote); length > 0 && !slices.Contains(text[end:end+length], '\n') {
				end += length + 1
			}
		}
	}
	token := string(text[at:end])
	line, column := e.file.within(n, at, token)
	return e.file.at(line, column, max(1, end-at), e.path, p.text)
}
