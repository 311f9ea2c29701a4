// Package rest is what the clients of this project share: the way of a request
// and of its answer, one concern a file. Client.chain shows their order.
package rest
