// Bad-day is the first month of a bridge between the CRM and SendApp, in one day:
// twelve things that go wrong, what the engine does, what you do, and the proof
// that both sides agree again.
//
//	go run ./examples/bad-day
//	go run ./examples/bad-day merge crash
//
// Both services run in memory, and time is virtual: a day takes a second. All that
// it prints was asked of the engine, its log, or the services. Each chapter is a file
// of that name, to be read as a recipe.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// chapter is one thing that goes wrong.
type chapter struct {
	name, title string
	tell        func(context.Context, *day) error
}

var chapters = []chapter{
	{"expired-token", "A token expires", expiredToken},
	{"missing-scope", "A scope is missing", missingScope},
	{"shared-limit", "Another program uses the rate limit up", sharedLimit},
	{"target-down", "SendApp is down for an hour", targetDown},
	{"mass-delete", "A mass delete", massDelete},
	{"mapping-mistake", "A mistake in the mapping", mappingMistake},
	{"dead-letters", "Dead letters", deadLetters},
	{"edit-in-target", "Somebody edits in SendApp", editInTarget},
	{"merge", "Two contacts are merged", merge},
	{"recreated-contact", "A contact is deleted and made anew", recreatedContact},
	{"lost-webhook", "Webhooks are lost", lostWebhook},
	{"crash", "A crash", crash},
}

func main() {
	if dir := os.Getenv(crashVariable); dir != "" {
		virtually(func(ctx context.Context) error { return die(ctx, dir) })
	}
	if err := known(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bad-day:", err)
		os.Exit(2)
	}
	out := os.Stdout
	virtually(func(ctx context.Context) error { return story(ctx, out, os.Args[1:]) })
}

// known refuses chapters that there are not.
func known(names []string) error {
	var all []string
	for _, c := range chapters {
		all = append(all, c.name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no chapter %q: say some of %s, or nothing for all of them", name, strings.Join(all, ", "))
		}
	}
	return nil
}

// story tells some chapters, or all of them.
func story(ctx context.Context, out io.Writer, names []string) (err error) {
	d, err := newDay(out, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.begin(ctx); err != nil {
		return err
	}
	for i, c := range chapters {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		if err := d.chapter(ctx, i+1, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if c.name == "mapping-mistake" && len(names) == 0 { // the guard counts the removals of 24 hours
			if err := d.night(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
