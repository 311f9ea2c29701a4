// Package sendapp is a client for contacts, tasks, notes, appointments, tags and
// an activity feed in SendApp, by a contract that is this project's own: it is not
// an API that SendApp publishes. SendApp publishes messaging endpoints, which the
// package [messaging] speaks; it says that contacts can be managed too, without a
// public description, and says nothing of the rest. So this project defines the contract, versions it as an OpenAPI
// document (see [OpenAPI]), and speaks it with any server that implements it: the
// in-memory one in [sendapptest], an adapter that you run in front of your account,
// or SendApp itself where a deployment offers it. For that reason there is no
// default host: a client needs [WithBaseURL].
//
// # Use
//
//	client, err := sendapp.NewClient(
//		sendapp.WithBaseURL("https://crm.example.com/v1"),
//		sendapp.WithAPIKey(os.Getenv("SENDAPP_API_KEY")),
//	)
//	contact, err := client.Contacts.Create(ctx, sendapp.ContactCreate{
//		ExternalID: opt.Set("ve9EPM428h8vShlRW1KT"),
//		FirstName:  opt.Set("Anna"),
//		Phone:      opt.Set("+15551234567"),
//	})
//	for contact, err := range client.Contacts.List(ctx, sendapp.ContactQuery{Tag: "vip"}) { … }
//	_, err = client.Tasks.Complete(ctx, contact.ContactID, taskID, true)
//
// [Client.Check] says in words whether the address and the credentials are right
// and what the server lacks of the contract.
//
// A field of a request is unset, null or set: see the package mapping/opt. An
// update changes what is set, clears what is null, and leaves the rest alone.
// The two fields that are objects, customFields and doNotDisturb, are merged
// key by key as RFC 7396 (JSON merge patch) says: a missing key stays, and null
// removes one.
//
// # Credentials
//
// A client sends an API key ([WithAPIKey]) or an OAuth access token ([WithToken]).
// [WithAPIKeySource], [WithTokenFunc] and [WithTokenSource] read them for each
// attempt, so that what rotates needs no new client.
//
// # Answers
//
// Decoding never fails on a field of a wrong type or one that is unknown. The
// former is left at its zero value, the latter is kept: see [Contact.Extra].
//
// # Safe repetition
//
// Every record may carry an externalId, which is unique among the records of
// its kind in the account. It is how a caller finds again what it created
// before a crash. In addition each Create sends an Idempotency-Key, made once
// for the call and used again when the request is repeated, so that it is
// repeated safely; [WithIdempotencyKey] sets one that outlives the process.
//
// Each record has a version. [WithIfMatch] makes a change depend on it.
//
// # Webhooks
//
// [Webhooks.Create] has events sent to a URL, signed by the Standard Webhooks
// specification with the secret that it answers; it is answered once. On the other
// side, [NewWebhookHandler] verifies them by a [Verifier], which has several secrets
// while they rotate, and hands each [Event] to a function that stores it. An event is
// a hint that comes late, twice or in another order: read the record by its id.
//
// # Errors
//
// An error of the server is an [*Error] with the fields of its problem document
// (RFC 9457). Use errors.Is with [ErrNotFound], [ErrDuplicate], [ErrConflict] and
// the others, which the package contacts has too; [ErrContactLimit] and
// [ErrUnsupported] are of this one. A 404 without such a document
// is not [ErrNotFound]: it comes from a wrong base URL, and must not be taken for
// a record that was deleted.
//
// [messaging]: https://pkg.go.dev/github.com/contactlink/contactlink/sendapp/messaging
// [sendapptest]: https://pkg.go.dev/github.com/contactlink/contactlink/sendapp/sendapptest
package sendapp
