package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/contactlink/contactlink/contacts"
	"github.com/contactlink/contactlink/mapping/opt"
)

// lostWebhook: the CRM does not send again what the proxy before the program answered
// with an error. Sweeps find it: what was changed within 5 minutes (Config.Changes),
// what was deleted within the hour (Config.Sweep). Which deliveries were not captured,
// MissingEvents says of the ids that the developer portal shows.
func lostWebhook(ctx context.Context, d *day) error {
	sent := len(d.crmServer.Deliveries())
	d.proxy.set(true)
	names := []string{"Ann Evans", "Bob Evans", "Cleo Evans"}
	if err := d.change(ctx, names[:2], contacts.ContactUpdate{City: opt.Set("Cypress Creek")}); err != nil {
		return err
	}
	if err := d.crm.Contacts.Delete(ctx, d.ids[names[2]]); err != nil {
		return err
	}
	if err := d.crmServer.Flush(ctx); err != nil {
		return err
	}
	d.proxy.set(false)
	d.wrong("The proxy before the program restarts. %s and %s are changed meanwhile, and %s is deleted.", names[0], names[1], names[2])
	var ids []string
	for _, delivery := range d.crmServer.Deliveries()[sent:] {
		var event struct {
			WebhookID string `json:"webhookId"`
		}
		if err := json.Unmarshal(delivery.Body, &event); err != nil {
			return err
		}
		ids = append(ids, event.WebhookID)
	}
	missing, err := d.engine.MissingEvents(ctx, ids)
	if err != nil {
		return err
	}
	d.you("The portal shows %d deliveries. You ask which of them were not captured: %d.", len(ids), len(missing))
	if err := later(ctx, time.Hour); err != nil {
		return err
	}
	d.say(" engine", "At %s its sweeps have found all of it.", clock())
	return d.end(ctx)
}
