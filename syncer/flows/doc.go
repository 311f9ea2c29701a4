// Package flows has the ready-made flows between the Contacts API and SendApp:
// contacts with their tags, tasks, notes and appointments, with their default mappers.
//
//	engine, err := syncer.New(syncer.Config{
//		Tenants: syncer.One(locationID, flows.Standard(contactsClient, sendappClient, flows.WithRegion("US"))...),
//		Store:   store,
//	})
//	http.Handle("/webhooks", contacts.NewWebhookHandler(verifier, flows.Notify(engine)))
package flows
