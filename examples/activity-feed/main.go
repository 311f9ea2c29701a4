// Activity-feed fetches the tasks and notes of a contact and prints them as one
// feed, newest first.
//
//	go run ./examples/activity-feed
//
// As it is, it shows itself on the Contacts API in memory. With the variables of
// the README, and a contact's id behind its name, it reads your account.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/contactlink/contactlink/contacts"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "activity-feed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if os.Getenv("CONTACTS_TOKEN") == "" {
		return demo(ctx)
	}
	if len(os.Args) != 2 {
		return errors.New("say whose feed: activity-feed CONTACT_ID")
	}
	crm, err := contacts.NewClient(
		contacts.WithBaseURL(cmp.Or(os.Getenv("CONTACTS_URL"), contacts.DefaultBaseURL)),
		contacts.WithToken(os.Getenv("CONTACTS_TOKEN")),
		contacts.WithLocation(os.Getenv("CONTACTS_LOCATION")),
	)
	if err != nil {
		return err
	}
	return show(ctx, crm, os.Args[1])
}

// entry is a line of the feed.
type entry struct {
	at   time.Time // when a note was added, when a task is due
	kind string
	text string
}

// feed returns a contact's tasks and notes, newest first.
func feed(ctx context.Context, crm *contacts.Client, contactID string) ([]entry, error) {
	tasks, err := crm.Tasks.List(ctx, contactID)
	if err != nil {
		return nil, err
	}
	notes, err := crm.Notes.List(ctx, contactID)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, task := range tasks {
		kind := "to do"
		if task.Completed {
			kind = "done"
		}
		entries = append(entries, entry{task.DueDate.Time, kind, task.Title})
	}
	for _, note := range notes {
		entries = append(entries, entry{note.DateAdded.Time, "note", note.Body})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return b.at.Compare(a.at) })
	return entries, nil
}

// show prints a contact's feed.
func show(ctx context.Context, crm *contacts.Client, contactID string) error {
	entries, err := feed(ctx, crm, contactID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		text := strings.Join(strings.Fields(e.text), " ") // on one line
		fmt.Printf("%s  %-5s  %s\n", e.at.UTC().Format("2006-01-02 15:04"), e.kind, text)
	}
	return nil
}
