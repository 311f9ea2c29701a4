// Package testserver is what the in-memory servers of both APIs share: a journal
// of changes, a rate window, faults, listening, and a transport without sockets.
package testserver
