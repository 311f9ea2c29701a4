// Package contactstest is the Contacts API in memory, to test against without
// an account.
//
// It behaves like the service as far as that is known, quirks included: search
// answers names in lower case and says address for address1; an unknown contact
// is a 400; unknown properties are a 422 with several messages; flags of
// success are spelt "succeded"; tags are kept in lower case; a second contact
// with the same e-mail or phone is refused with the first one's id; a version
// header is required; an event for a new task lacks its contact.
//
// What is not known of the service, and assumed here: an unknown task or note
// answers 404; custom fields that an update does not name stay; changes of tasks
// and notes leave the contact's dateUpdated alone; phone numbers without a plus
// sign are kept as they are.
package contactstest
