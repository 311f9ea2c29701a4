// Package wire breaks the connections to both services at each byte of a short
// exchange, of the request and of the answer: resets, ends, silence, a byte at a
// time, ends that are noticed late, answers in chunks that are cut. It shows that a
// client never says that something happened that did not, or the reverse; and that
// the engine loses nothing, makes no duplicates, and has both sides equal in the
// end.
package wire
