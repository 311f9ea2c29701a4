// Package contacts is a client for the Contacts API of HighLevel (also called
// GoHighLevel, GHL or LeadConnector): contacts, tasks, notes, and webhooks.
//
//	client, err := contacts.NewClient(
//		contacts.WithToken(os.Getenv("CONTACTS_TOKEN")), // private integration token or access token
//		contacts.WithLocation("ve9EPM428h8vShlRW1KT"),
//	)
//	if err != nil { … }
//	for contact, err := range client.Contacts.Search(ctx, contacts.SearchQuery{UpdatedSince: yesterday}) {
//		…
//	}
//
// # What is repeated
//
// A request is sent again, at most three times by default, if it was refused
// with 429, if it provably never left, or if the operation is idempotent and
// the answer was a 5xx or the connection broke. A create is never repeated when
// it may have happened: its error is ErrUnknownOutcome then. (A create that
// answered 422 is known to have created the contact; look before you repeat.)
// These rules may change in a minor version.
//
// # The rate limit
//
// The API allows 100 requests per 10 seconds for each app and location. A
// client keeps to it by itself; clients made with With share the count.
package contacts
