package spec

import (
	"reflect"
	"slices"
	"strings"
)

// Functions describes the functions that a spec may call, a line for each:
// "lower(text): in lower case".
func Functions() []string {
	var lines []string
	for _, f := range functions() {
		var params []string
		for _, t := range f.params {
			params = append(params, parameter(t))
		}
		if f.many {
			params = append(params, "...")
		}
		lines = append(lines, f.name+"("+strings.Join(params, ", ")+"): "+f.doc)
	}
	slices.Sort(lines)
	return lines
}

func parameter(t reflect.Type) string {
	name := human(t)
	for _, article := range []string{"a whole ", "an ", "a ", "any "} {
		if short, ok := strings.CutPrefix(name, article); ok {
			return short
		}
	}
	return name
}

// functions are all that a spec may call without further ado.
func functions() map[string]Function {
	all := map[string]Function{}
	for _, list := range [][]Function{textFunctions(), timeFunctions(), phoneFunctions(), valueFunctions()} {
		for _, f := range list {
			all[f.name] = f
		}
	}
	return all
}
