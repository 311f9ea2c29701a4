// Package soak lets the engine run for a month of virtual time, with the SQLite
// store in a file: a day's budget, tokens that end, sweeps, a trickle of changes by
// webhook, some of them lost, and faults now and then. It shows that both sides are
// equal at the end of each day, that no day's budget is exceeded and no limit ever
// tripped, and that nothing grows: goroutines, file descriptors, memory, and the
// store beyond what is retained.
package soak
