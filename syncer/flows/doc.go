// Package flows has the ready-made flows between the Contacts API and SendApp:
// contacts with their tags, tasks, notes and appointments, with their default
// mappers.
//
//	standard := flows.Standard(crm, app, // a *contacts.Client and a *sendapp.Client
//		flows.WithRegion("US"), flows.WithExisting(syncer.ExistingMatch))
//	engine, err := syncer.New(syncer.Config{Tenants: syncer.One(locationID, standard...), Store: store})
//	…
//	http.Handle("/webhooks", contacts.NewWebhookHandler(verifier, flows.Notify(engine)))
//	err = engine.Run(ctx)
//
// A mapping of one's own is declared, see [ReadSpec], or written in Go: see
// [WithContactMapper] and the package mapping.
package flows
