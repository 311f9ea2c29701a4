// Package webhook is what the receivers of both clients share: the limits of a
// request, the order of its checks, what is answered, and what is remembered. How
// a delivery is verified and what an event is, each client says in a Kind.
package webhook
