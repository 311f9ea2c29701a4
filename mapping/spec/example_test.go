package spec_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/contactlink/contactlink/mapping"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/mapping/spec"
)

type lead struct {
	Name         string        `json:"name"`
	Email        string        `json:"email,omitzero"`
	Stage        string        `json:"stage,omitzero"`
	CustomFields []customField `json:"customFields,omitzero"`
}

type entry struct {
	Title        opt.Opt[string]                     `json:"title,omitzero"`
	Email        opt.Opt[string]                     `json:"email,omitzero"`
	Status       opt.Opt[string]                     `json:"status,omitzero"`
	CustomFields opt.Opt[map[string]json.RawMessage] `json:"customFields,omitzero"`
}

// compileLeads is what the examples share.
func compileLeads(text string, opts ...spec.Option) *spec.Mapper[lead, entry] {
	file, err := spec.Parse("mapping.yaml", []byte(text))
	if err != nil {
		panic(err)
	}
	mapper, err := spec.Compile[lead, entry](file, "leads", opts...)
	if err != nil {
		panic(err)
	}
	return mapper
}

func show(mapper mapping.Mapper[lead, entry], record lead) {
	made, err := mapper.Map(context.Background(), record)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := json.Marshal(made)
	fmt.Println(string(data), err)
}

func ExampleCompile() {
	file, err := spec.Parse("mapping.yaml", []byte(`
leads:
  fields:
    title: title(name)
    email: lower(trim(email))
    status: {from: stage, table: {won: customer}, otherwise: lead}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	mapper, err := spec.Compile[lead, entry](file, "leads")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := mapper.Map(context.Background(), lead{Name: "ada LOVELACE", Email: " Ada@Example.com", Stage: "won"})
	fmt.Println(made.Title, made.Email, made.Status, err)
	// Output: Ada Lovelace ada@example.com customer <nil>
}

func ExampleErrors() {
	file, err := spec.Parse("mapping.yaml", []byte("leads:\n  when: stage != ''\n  fields:\n    titel: name\n    email: lower(emial)\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = spec.Compile[lead, entry](file, "leads")
	fmt.Println(err)
	// Output:
	// mapping.yaml:4:5: leads.fields.titel: the target has no field titel: did you mean title?
	//     4 |     titel: name
	//       |     ^^^^^
	// mapping.yaml:5:18: leads.fields.email: unknown name emial: did you mean email?
	//     5 |     email: lower(emial)
	//       |                  ^^^^^
}

// A filter, and a field that depends on a condition.
func Example_filter() {
	mapper := compileLeads(`
leads:
  when: email != "" and not (email endsWith "@example.org")
  fields:
    title: "stage == 'won' ? name + ' (customer)' : unset"
`)
	show(mapper, lead{Name: "Ada", Email: "ada@example.com", Stage: "won"})
	show(mapper, lead{Name: "Bob", Email: "bob@example.com"})
	show(mapper, lead{Name: "Eve", Email: "eve@example.org"})
	// Output:
	// {"title":"Ada (customer)"} <nil>
	// {} <nil>
	// mapping: the record is left out
}

func ExampleWithCustomFields() {
	mapper := compileLeads(`
leads:
  customFields:
    level: {from: Loyalty level, table: {Gold: 3, Silver: 2}, otherwise: 1}
    budget: {from: contact.budget, type: number}
`, spec.WithCustomFields(
		spec.CustomField{ID: "x1", Key: "contact.loyalty", Name: "Loyalty level"},
		spec.CustomField{ID: "x2", Key: "contact.budget", Name: "Budget"},
	))
	show(mapper, lead{CustomFields: []customField{{"x1", json.RawMessage(`"Gold"`)}, {"x2", json.RawMessage(`"1200.50"`)}}})
	// Output: {"customFields":{"budget":1200.50,"level":3}} <nil>
}

// One field in Go, on top of a spec.
func Example_override() {
	declared := compileLeads("leads: {fields: {title: name, email: email}}")
	mapper := mapping.WithVersion(mapping.Override(declared, func(_ context.Context, l lead, made *entry) error {
		made.Status = opt.Set(fmt.Sprintf("%d letters", len(l.Name)))
		return nil
	}), "1")
	show(mapper, lead{Name: "Ada"})
	// Output: {"title":"Ada","email":null,"status":"3 letters"} <nil>
}

func ExampleFunc1() {
	initial := spec.Func1("initial", "1", func(_ context.Context, name string) (string, error) {
		for _, r := range name {
			return string(r) + ".", nil
		}
		return "", nil
	})
	show(compileLeads("leads: {fields: {title: initial(upper(name))}}", spec.WithFunctions(initial)), lead{Name: "ada"})
	// Output: {"title":"A."} <nil>
}

func ExampleMapper_Explain() {
	mapper := compileLeads("leads: {fields: {email: lower(email), status: {from: stage, table: {won: customer}}}}")
	fmt.Println(mapper.Explain(context.Background(), lead{Email: "Ada@Example.com"}))
	// Output:
	// email = "ada@example.com"
	//     rule:  lower(email) (mapping.yaml:1)
	//     input: email = "Ada@Example.com"
	// status = null
	//     rule:  {from: stage, table: {won: customer}} (mapping.yaml:1)
	//     input: stage = ""
}

func ExampleFunctions() {
	for _, line := range spec.Functions()[:3] {
		fmt.Println(line)
	}
	// Output:
	// coalesce(text, ...): the first that isn't empty
	// concat(text, text): one after the other
	// country(text): an ISO 3166-1 alpha-2 code in upper case; what is none is empty, with a warning
}

func ExampleSchema() {
	schema, err := spec.Schema(spec.SchemaOf[lead, entry]("leads"))
	fmt.Println(json.Valid(schema), err)
	// Output: true <nil>
}
