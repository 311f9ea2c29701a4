// Package conformance checks the clients and the servers in memory against the
// specifications of the services.
package conformance
