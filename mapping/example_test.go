package mapping_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/contactlink/contactlink/mapping"
)

type person struct {
	First, Last, City string
}

type card struct {
	Name, City string
}

// toCard is a mapper in Go, as a program that uses this package has it.
var toCard = mapping.Func(func(_ context.Context, p person) (card, error) {
	if p.Last == "" {
		return card{}, errors.New("a card needs a last name")
	}
	return card{Name: strings.TrimSpace(p.First + " " + p.Last), City: p.City}, nil
})

func show[S, T any](mapper mapping.Mapper[S, T], src S) {
	made, err := mapper.Map(context.Background(), src)
	switch {
	case errors.Is(err, mapping.Skip):
		fmt.Println("left out")
	case err != nil:
		fmt.Println("failed:", err)
	default:
		fmt.Printf("%+v\n", made)
	}
}

func ExampleFunc() {
	show(toCard, person{First: "Ada", Last: "Lovelace", City: "London"})
	show(toCard, person{First: "Ada"})
	// Output:
	// {Name:Ada Lovelace City:London}
	// failed: a card needs a last name
}

func ExampleChain() {
	label := mapping.Func(func(_ context.Context, c card) (string, error) {
		return c.Name + ", " + c.City, nil
	})
	show(mapping.Chain(toCard, label), person{First: "Ada", Last: "Lovelace", City: "London"})
	// Output: Ada Lovelace, London
}

func ExampleOverride() {
	shouting := mapping.Override(toCard, func(_ context.Context, p person, made *card) error {
		made.City = strings.ToUpper(p.City)
		return nil
	})
	show(shouting, person{First: "Ada", Last: "Lovelace", City: "London"})
	// Output: {Name:Ada Lovelace City:LONDON}
}

func ExampleWhen() {
	londoners := mapping.When(func(p person) bool { return p.City == "London" }, toCard)
	show(londoners, person{First: "Ada", Last: "Lovelace", City: "London"})
	show(londoners, person{First: "Marie", Last: "Curie", City: "Paris"})
	// Output:
	// {Name:Ada Lovelace City:London}
	// left out
}

func ExampleWithVersion() {
	mapper := mapping.WithVersion(toCard, "2")
	fmt.Println(mapping.VersionOf(mapper))
	// Output: 2
}

func ExampleWarn() {
	mapper := mapping.Override(toCard, func(ctx context.Context, p person, _ *card) error {
		if p.City == "" {
			mapping.Warn(ctx, "city", "is not known")
		}
		return nil
	})
	ctx, collected := mapping.CollectWarnings(context.Background())
	made, err := mapper.Map(ctx, person{Last: "Lovelace"})
	fmt.Println(made, err, collected())
	// Output: {Lovelace } <nil> [{city is not known}]
}

func ExampleExplain() {
	fmt.Println(mapping.Explain(context.Background(), toCard, person{First: "Ada", Last: "Lovelace", City: "London"}))
	// Output:
	// City = "London"
	//     rule:  a function in Go
	// Name = "Ada Lovelace"
	//     rule:  a function in Go
}
