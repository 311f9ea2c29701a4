package spec

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func listed(words []string) string {
	return strings.Join(slices.Sorted(slices.Values(words)), ", ")
}

func listedOr(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func (p *parser) root(n *yaml.Node) {
	p.members(n, "", "a spec", func(key, value *yaml.Node) {
		switch name := key.Value; name {
		case "$schema": // for editors
			p.text(value, name, "$schema")
		case "region":
			if n := p.text(value, name, "region"); n != nil {
				p.region(n)
			}
		case "tables":
			p.members(value, name, "tables", func(key, value *yaml.Node) {
				p.file.tables[key.Value] = p.table(value, name+"."+key.Value)
			})
		default:
			p.file.resources[name] = p.resource(key, value)
		}
	})
}

func (p *parser) region(n *yaml.Node) {
	code := strings.ToUpper(n.Value)
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		p.fault(n, "region", "a region is two letters, as in US (ISO 3166-1 alpha-2)")
		return
	}
	p.file.region = code
}

func (p *parser) resource(key, n *yaml.Node) *resource {
	r := &resource{name: key.Value, node: key, file: p.file}
	path := key.Value
	p.object(n, path, "a resource", map[string]func(key, value *yaml.Node){
		"extends": func(_, v *yaml.Node) {
			if before := len(p.errs); p.choice(v, path+".extends", "extends", "default") != "" && len(p.errs) == before {
				r.extends = v
			}
		},
		"when": func(k, v *yaml.Node) {
			if v.ShortTag() == "!!bool" {
				p.fault(v, path+".when", "when is an expression over the record, as in: email != \"\"")
				return
			}
			if n := p.text(v, path+".when", "when"); n != nil {
				r.when = &entry{file: p.file, key: k, node: v, expr: n, path: path + ".when"}
			}
		},
		"fields": func(_, v *yaml.Node) {
			p.members(v, path+".fields", "fields", func(key, value *yaml.Node) {
				r.fields = append(r.fields, p.entry(key, value, path+".fields."+key.Value, false))
			})
		},
		"customFields": func(k, v *yaml.Node) {
			r.bridge = k
			p.members(v, path+".customFields", "customFields", func(key, value *yaml.Node) {
				r.custom = append(r.custom, p.entry(key, value, path+".customFields."+key.Value, true))
			})
		},
		"unmapped": func(k, v *yaml.Node) {
			if r.bridge == nil {
				r.bridge = k
			}
			r.unmapped = p.choice(v, path+".unmapped", "unmapped", "keep", "leave", "warn", "fail")
		},
	})
	return r
}

const noBraces = "an expression has no braces around it: write {{ email }} as email"

// entry reads a rule: an expression, a constant, or a mapping that says more.
func (p *parser) entry(key, n *yaml.Node, path string, custom bool) *entry {
	e := &entry{file: p.file, name: key.Value, key: key, node: n, path: path}
	before := len(p.errs)
	p.rule(e, n, path, custom)
	e.broken = len(p.errs) > before || len(p.errs) >= maxErrors // those are not told
	return e
}

func (p *parser) rule(e *entry, n *yaml.Node, path string, custom bool) {
	switch {
	case n.Kind == yaml.SequenceNode:
		p.fault(n, path, "a rule is an expression, a constant or a mapping, not a list: a list in an expression is written in quotes, \"['a', 'b']\"")
	case n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode:
		p.fault(n, path, noBraces)
	case n.Kind == yaml.MappingNode:
		p.long(e, custom)
	case constant(n):
		e.form, e.value = formValue, p.scalar(n, path)
	case custom:
		e.form, e.from = formFrom, p.text(n, path, "a custom field's rule")
	default:
		e.expr = p.text(n, path, "a rule")
	}
}

// constant tells a value from an expression, which is a text.
func constant(n *yaml.Node) bool {
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		return true
	default:
		return false
	}
}

func (p *parser) long(e *entry, custom bool) {
	forms := 0
	is := func(f form) {
		e.form = f
		forms++
	}
	readers := map[string]func(key, value *yaml.Node){
		"expr": func(_, v *yaml.Node) {
			is(formExpression)
			e.expr = p.text(v, e.path+".expr", "expr")
		},
		"value": func(_, v *yaml.Node) {
			is(formValue)
			e.value = p.scalar(v, e.path+".value")
		},
		"from": func(_, v *yaml.Node) {
			is(formFrom)
			e.from = p.text(v, e.path+".from", "from")
		},
		"table": func(_, v *yaml.Node) {
			if v.Kind == yaml.ScalarNode {
				e.tableRef = p.text(v, e.path+".table", "table")
				return
			}
			e.table = p.table(v, e.path+".table")
		},
		"otherwise": func(_, v *yaml.Node) {
			e.otherwise = v
			p.scalar(v, e.path+".otherwise")
		},
		"empty": func(_, v *yaml.Node) {
			e.empty = p.choice(v, e.path+".empty", "empty", "clear", "leave", "keep")
		},
	}
	if custom {
		readers["type"] = func(_, v *yaml.Node) {
			p.choice(v, e.path+".type", "type", "text", "number", "bool", "date", "list")
			e.kind = v
		}
	}
	before := len(p.errs)
	p.object(e.node, e.path, "a rule", readers)
	switch {
	case len(p.errs) > before:
	case forms != 1:
		p.fault(e.node, e.path, "a rule has one of expr, value and from")
	case e.form != formFrom && (e.table != nil || e.tableRef != nil || e.otherwise != nil || e.kind != nil):
		p.fault(e.node, e.path, "table, otherwise and type go with from; in an expression, use lookup()")
	case e.otherwise != nil && e.table == nil && e.tableRef == nil:
		p.fault(e.otherwise, e.path, "otherwise goes with table")
	}
}

func (p *parser) table(n *yaml.Node, path string) table {
	t := table{}
	p.members(n, path, "a table", func(key, value *yaml.Node) { t[key.Value] = p.scalar(value, path+"."+key.Value) })
	return t
}

// scalar reads a constant: a text, a number, true, false or null.
func (p *parser) scalar(n *yaml.Node, path string) any {
	if n.Kind != yaml.ScalarNode {
		p.fault(n, path, "a constant is a text, a number, true, false or null, not %s", kindOf(n))
		return nil
	}
	return scalarOf(n)
}

func scalarOf(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if i, err := strconv.Atoi(n.Value); err == nil {
			return i
		}
		return n.Value // octal, hexadecimal or too large: the text says what was meant
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return n.Value
	default:
		return n.Value
	}
}
