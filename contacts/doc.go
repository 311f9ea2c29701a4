// Package contacts is a client for the Contacts API of HighLevel (also called
// GoHighLevel, GHL or LeadConnector): contacts with their tasks, notes,
// appointments, tags, followers, campaigns, workflows and businesses, the
// location's tags and custom fields, and webhooks.
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
// Each group of operations is a field of [Client]. [Operations] lists all of
// them, [RequiredScopes] says what a token needs for some, and [Client.Check] what
// the token at hand can do.
//
// # What an answer is
//
// Values are plain; what is empty at the service is zero here. A field that is not
// known, or has another type than it should, fails nothing: it is in Extra. An
// answer that lacks the record or the list that it is about is an error, so that
// nobody takes it for an empty one.
//
// A list has a method that returns an iterator, which can be ranged over again, and
// one that returns a page with a cursor, a string that can be stored.
//
// # What is repeated
//
// A request is sent again, at most three times by default, if it was refused
// with 429, if it provably never left, or if the operation is idempotent and
// the answer was a 5xx or the connection broke. A create is never repeated when
// it may have happened: its error is an [UnknownOutcomeError] then, which says what
// to look for. (A create that answered 422 is known to have created the contact;
// look before you repeat.) [Contacts.CreateOnce] looks before and after. These
// rules may change in a minor version.
//
// # Errors
//
// A request that failed is an [*Error]: the operation, the HTTP status, the
// service's words and its trace id. errors.Is tells what it means by one of the
// Err values, such as [ErrNotFound], [ErrScopeMissing] and [ErrRateLimited]. What
// is wrong before anything is sent, as an empty id or a page that is too large,
// is [ErrInvalid]. An iterator yields its error last. When the context ends, the
// error is also the context's.
//
// No error and no log line shows a token, or what was sent; [WithCurl] shows all but
// the token. The service's words are shown without control characters, e-mail
// addresses and phones.
//
// # The rate limit
//
// The API allows 100 requests per 10 seconds for each app and location. A
// client keeps to it by itself; clients made with With share the count.
package contacts
