// Package house holds the whole repository to its rules: what its packages may
// import, what its modules may require, and that the Go in its documents
// compiles. It is made of tests.
package house
