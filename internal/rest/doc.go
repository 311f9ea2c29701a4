// Package rest is what the clients of this project share: the way of a request,
// one concern a file. newChain shows their order.
package rest
