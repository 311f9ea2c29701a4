// Package contactstest is the Contacts API in memory, to test against without
// an account: contacts, tasks, notes, tags, followers, campaigns, workflows,
// appointments, custom fields and the location, in the versions 2021-07-28 and
// v3 of the API, and OAuth.
//
// [Start] gives a test a server and a client that is ready to use it, without
// sockets, so that it also works in a bubble of testing/synctest. [NewServer] is
// the same for programs.
//
// It behaves like the service as far as that is known, quirks included: a comment
// with the word quirk marks each in the code. Among them: search answers names in
// lower case and says address for address1; an unknown contact is a 400; unknown
// properties are a 422 with several messages; flags of success are spelt
// "succeded", "succeeded" or "success"; tags are kept in lower case; a second
// contact with the same e-mail or phone is refused with the first one's id; a
// scope that a token lacks is a 401; an event for a new task lacks its contact.
//
// # What is assumed
//
// What is not known of the service is an option, or assumed as follows. An unknown
// task, note, tag, custom field or appointment answers 404. Null and "" clear any
// field. Custom fields and channels that an update does not name stay. Changes of
// tags, followers and the business change the contact's dateUpdated, those of
// tasks, notes and appointments don't. Phone numbers without a plus sign are kept
// as they are. E-mails are compared without regard to case. A page behind the
// 10,000th contact is refused with 400. The tags of contacts and those of the
// location know nothing of each other. Slots of a calendar are never taken.
//
// # Going wrong
//
// [Server.Fail] makes requests go wrong in every way that networks and services
// know; [WithRateLimits], [WithIndexLag], [Server.AddToken],
// [Server.SetLocationActive], [WithRedelivery] and [Server.DisturbWebhooks] do
// what the service itself does to its clients. It all repeats: ids come from a
// seed, and time from [WithClock].
package contactstest
