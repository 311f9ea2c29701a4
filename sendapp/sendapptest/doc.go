// Package sendapptest is a server of this project's SendApp contract in memory,
// to test against without an account: contacts, tasks and notes, with external
// ids, idempotency keys, versions, pages, tombstones and problem documents.
//
// Where the contract is silent: a child is found under its own contact only; a
// change that changes nothing keeps the version; objects (customFields,
// doNotDisturb) are merged key by key, null removes a key; tags are in lower
// case, sorted, each once; a listing refuses parameters that it does not know.
package sendapptest
