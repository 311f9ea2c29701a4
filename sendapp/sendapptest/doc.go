// Package sendapptest is a server of this project's SendApp contract in memory,
// to test against without an account: contacts with their tasks, notes,
// appointments, tags and activity feed, with external ids, idempotency keys,
// versions, pages, tombstones, problem documents (RFC 9457), and events that are
// signed as the Standard Webhooks specification says. The package sendapp says what
// the contract is, and whose.
//
// [Start] gives a test a server and a client, without sockets, so that it works in
// a bubble of testing/synctest. [Server.Fail] makes requests fail in every way that
// a network knows; [WithRateLimit], [WithContactLimit], [WithUniquePhone],
// [WithAltering] and [Without] make the server as unkind as real ones are.
//
// Where the contract is silent, this server decides as follows.
//
//   - A child is found under its own contact only. A change of a child leaves the
//     version of its contact alone.
//   - A change that changes nothing keeps version and updatedAt. In a new record
//     null means unset.
//   - Objects (customFields, doNotDisturb) are merged key by key; null removes a
//     key. Tags are in lower case, sorted, each once; none may be empty.
//   - If-Match takes the version bare, as an entity tag in quotes, or as "*".
//   - Unknown and repeated query parameters are refused with 422. A cursor belongs
//     to its query, but for the limit. The last page has no nextCursor.
//   - deletedSince lists in "deleted", of the whole account, and goes with no
//     filter. updatedSince and deletedSince include their time.
//   - A country is any two upper-case letters. Times are cut to milliseconds.
//   - completedAt is when this server saw a task become completed.
//   - An activity of a new record occurred when the record did, one of a later
//     change when it was made. A feed ends with its contact, and keeps what it tells
//     of records that were deleted or moved.
//   - A task that becomes completed is one event, task.completed. A deleted contact's
//     children are events of their own, before it. Events that wait are delivered
//     after a restart where [WithDir] keeps them. A receiver that answers 410 ends
//     its subscription.
//   - An idempotency key counts for its path. A refused request leaves no trace
//     under its key.
//   - A path that the contract does not have answers 404 with the code no_route, a
//     missing record with not_found.
package sendapptest
