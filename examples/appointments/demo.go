package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/contacts/contactstest"
	"github.com/contactlink/contactlink/mapping/opt"
	"github.com/contactlink/contactlink/sendapp"
	"github.com/contactlink/contactlink/sendapp/sendapptest"
	"github.com/contactlink/contactlink/syncer"
	"github.com/contactlink/contactlink/syncer/flows"
)

// demo is bridge with both services in memory, and books an appointment in the CRM. A
// program of yours does without this file.
func demo(ctx context.Context) error {
	crmServer, err := contactstest.NewServer()
	if err != nil {
		return err
	}
	defer func() { _ = crmServer.Close() }()
	appServer, err := sendapptest.NewServer()
	if err != nil {
		return err
	}
	defer func() { _ = appServer.Close() }()
	crm, err := crmServer.Client()
	if err != nil {
		return err
	}
	app, err := appServer.Client()
	if err != nil {
		return err
	}
	engine, err := newEngine(contactstest.DefaultLocation, crm, app, syncer.NewMemoryStore())
	if err != nil {
		return err
	}
	verifier, err := contacts.NewVerifier(crmServer.PublicKey())
	if err != nil {
		return err
	}
	crmServer.SendWebhooks(contacts.NewWebhookHandler(verifier, flows.Notify(engine)))

	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	err = edit(ctx, crm, func(what string) error {
		fmt.Println(what)
		if err := errors.Join(crmServer.Flush(ctx), engine.Wait(ctx)); err != nil {
			return err
		}
		return show(ctx, app)
	})
	stop()
	return errors.Join(err, <-ended)
}

// edit does what people do at the CRM.
func edit(ctx context.Context, crm *contacts.Client, then func(what string) error) error {
	ann, err := crm.Contacts.Create(ctx, contacts.ContactCreate{FirstName: opt.Set("Ann"), Phone: opt.Set("+12025550143")})
	if err != nil {
		return err
	}
	start := time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC)
	visit, err := crm.Appointments.Create(ctx, contacts.AppointmentCreate{
		CalendarID: contactstest.DefaultCalendar, ContactID: ann.ID, Title: opt.Set("Visit"),
		StartTime: contacts.At(start), EndTime: opt.Set(contacts.At(start.Add(time.Hour))),
	})
	if err != nil {
		return err
	}
	if err := then("An appointment is booked."); err != nil {
		return err
	}
	_, err = crm.Appointments.Update(ctx, visit.ID, contacts.AppointmentUpdate{
		StartTime: opt.Set(contacts.At(start.Add(3 * time.Hour))), EndTime: opt.Set(contacts.At(start.Add(4 * time.Hour))),
	})
	if err != nil {
		return err
	}
	if err := then("It is moved."); err != nil {
		return err
	}
	_, err = crm.Appointments.Update(ctx, visit.ID, contacts.AppointmentUpdate{AppointmentStatus: opt.Set(contacts.AppointmentCancelled)})
	if err != nil {
		return err
	}
	return then("It is cancelled.")
}

// show prints SendApp's appointments.
func show(ctx context.Context, app *sendapp.Client) error {
	for a, err := range app.Appointments.List(ctx, sendapp.AppointmentQuery{}) {
		if err != nil {
			return err
		}
		fmt.Printf("  SendApp: %q, %s to %s, %s\n", a.Title, a.StartTime.Format("2006-01-02 15:04"), a.EndTime.Format("15:04 MST"), a.Status)
	}
	return nil
}
