// Package load runs the engine under loads that the other tests have no time for.
//
// It sends signed webhooks, many in a second, to a process that is what users run:
// the webhook handler and the engine with the SQLite store. It shows that at least
// 99 % of them are answered 200 and the rest 429, that none is dropped silently,
// that memory is bounded, and that both sides are equal two minutes later.
//
// And it runs a tenant of a great size beside a small one that must not notice.
package load
