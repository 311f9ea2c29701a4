package spec

import (
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

// Names of functions that no spec can call. Expressions are rewritten to call
// them: they bound what takes time or memory.
const (
	addName   = "+"
	matchName = "~"
	tickName  = "'"
	heldName  = "["
)

func hidden(name string) bool { return strings.Contains(addName+matchName+tickName+heldName, name) }

// bounder rewrites an expression whose types are known:
//   - + between texts counts what it builds,
//   - what is put into a list or an object is counted as if it were copied, so
//     that a value which holds another many times over can't be made,
//   - matches and each step of a loop look at the time.
type bounder struct{ changed bool }

func (b *bounder) Visit(at *ast.Node) {
	switch n := (*at).(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "+":
			b.plus(at, n)
		case "matches":
			b.call(at, matchName, n.Left, n.Right)
		}
	case *ast.ArrayNode:
		for i := range n.Nodes {
			b.held(&n.Nodes[i])
		}
	case *ast.PairNode:
		b.held(&n.Value)
	case *ast.BuiltinNode:
		if looping[n.Name] && len(n.Arguments) > 1 {
			b.step(n)
		}
	}
}

// call makes a node the call of a function.
func (b *bounder) call(at *ast.Node, name string, args ...ast.Node) {
	t := (*at).Type()
	ast.Patch(at, &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: callPrefix + name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: runName}}, args...),
	})
	(*at).SetType(t)
	b.changed = true
}

func (b *bounder) plus(at *ast.Node, n *ast.BinaryNode) {
	text := func(n ast.Node) bool { return n.Type().Kind() == reflect.String }
	unknown := func(n ast.Node) bool { return n.Type().Kind() == reflect.Interface }
	switch {
	case unknown(n.Left) && unknown(n.Right):
		b.call(at, addName, n.Left, n.Right)
	case (text(n.Left) || unknown(n.Left)) && (text(n.Right) || unknown(n.Right)):
		b.call(at, "concat", n.Left, n.Right)
		(*at).SetType(stringType)
	}
}

// held counts a value, if it can be large.
func (b *bounder) held(at *ast.Node) {
	switch (*at).Type().Kind() {
	case reflect.Bool, reflect.Int, reflect.Float64:
	default:
		b.call(at, heldName, *at)
	}
}

// step makes what is done for each element of a list look at the time.
func (b *bounder) step(n *ast.BuiltinNode) {
	body, ok := n.Arguments[1].(*ast.PredicateNode)
	switch {
	case !ok:
	case n.Name == "map" || n.Name == "sum":
		b.call(&body.Node, heldName, body.Node)
	default:
		and := &ast.BinaryNode{Operator: "and", Left: &ast.BoolNode{Value: true}, Right: body.Node}
		b.call(&and.Left, tickName)
		body.Node = and
	}
}

// hiddenFunctions are those that no spec can call.
func hiddenFunctions() []Function {
	return []Function{
		addition(),
		fn2(matchName, "", matches),
		{
			name: tickName, result: boolType,
			call:   func(r *run, _ []any) (any, error) { return true, r.tick() },
			direct: func([]operand) (operand, bool) { return operand{}, false },
		},
		{
			name: heldName, params: []reflect.Type{anyType}, result: anyType,
			call: func(r *run, args []any) (any, error) {
				if err := r.tick(); err != nil {
					return nil, err
				}
				return args[0], r.hold(args[0])
			},
			direct: func([]operand) (operand, bool) { return operand{}, false },
		},
	}
}

// hold spends the size of a value, with all that it holds.
func (r *run) hold(value any) error {
	const header = 16
	switch v := value.(type) {
	case bool, int, float64, time.Time, nil:
		return nil
	case string:
		return r.spend(header + len(v))
	case []string:
		for _, s := range v {
			if err := r.spend(header + len(s)); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := r.spend(header); err != nil {
				return err
			}
			if err := r.hold(element); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, element := range v {
			if err := r.spend(header + len(name)); err != nil {
				return err
			}
			if err := r.hold(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// addition is + of values whose types are only known when the record is.
func addition() Function {
	return Function{
		name: addName, params: []reflect.Type{anyType, anyType}, result: anyType,
		call: func(r *run, args []any) (any, error) {
			switch a := args[0].(type) {
			case int:
				switch b := args[1].(type) {
				case int:
					return a + b, nil
				case float64:
					return float64(a) + b, nil
				}
			case float64:
				switch b := args[1].(type) {
				case int:
					return a + float64(b), nil
				case float64:
					return a + b, nil
				}
			}
			a, b := textOf(args[0]), textOf(args[1])
			return a + b, r.spend(len(a) + len(b))
		},
		direct: func([]operand) (operand, bool) { return operand{}, false },
	}
}
