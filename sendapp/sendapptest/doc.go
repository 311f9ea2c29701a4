// Package sendapptest is a server of this project's SendApp contract in memory,
// to test against without an account: contacts, tasks and notes, with external
// ids, idempotency keys, versions, pages, tombstones and problem documents
// (RFC 9457). The package sendapp says what the contract is, and whose.
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
//   - An idempotency key counts for its path. A refused request leaves no trace
//     under its key.
//   - A path that the contract does not have answers 404 with the code no_route, a
//     missing record with not_found.
package sendapptest
