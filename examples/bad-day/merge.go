package main

import (
	"context"
	"time"

	"github.com/contactlink/contactlink/sendapp"
)

// merge: two contacts become one in the CRM. One of them is gone, and its tasks belong
// to the other, of which no webhook tells. At SendApp they go with their contact, and
// the next sweep of the tasks (Config.Sweep) finds them where they are now. Whoever
// does not want to wait calls Backfill for the flow of the tasks.
func merge(ctx context.Context, d *day) error {
	stays, goes := "Ann Fox", "Gus Fox"
	before, err := d.tasks(ctx, stays)
	if err != nil {
		return err
	}
	d.wrong("Gus Fox is merged into Ann Fox in the CRM. At SendApp Ann has these tasks: %q.", before)
	if err := d.crmServer.MergeContacts(d.ids[stays], d.ids[goes]); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	gone, err := d.held(ctx, goes)
	if err != nil {
		return err
	}
	d.say(" engine", "Is Gus at SendApp? %t. There are %d contacts and %d tasks.",
		gone.ContactID != "", d.appServer.Counts().Contacts, d.appServer.Counts().Tasks)
	if err := d.log(ctx); err != nil {
		return err
	}
	if err := later(ctx, time.Hour); err != nil { // a sweep
		return err
	}
	after, err := d.tasks(ctx, stays)
	if err != nil {
		return err
	}
	d.say(" engine", "At %s SendApp has these tasks of Ann: %q.", clock(), after)
	delete(d.ids, goes)
	return d.end(ctx)
}

// tasks are the titles of a contact's tasks at SendApp.
func (d *day) tasks(ctx context.Context, name string) (titles []string, err error) {
	held, err := d.held(ctx, name)
	if err != nil {
		return nil, err
	}
	for task, err := range d.app.Tasks.List(ctx, sendapp.TaskQuery{ContactID: held.ContactID}) {
		if err != nil {
			return nil, err
		}
		titles = append(titles, task.TaskTitle)
	}
	return titles, nil
}
